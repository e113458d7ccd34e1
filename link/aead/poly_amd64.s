//go:build !xcrypto

#include "textflag.h"

// Poly1305, eight blocks a step: h = (h + m) r^8 + n r^4, where h, m and n are four
// sums, four blocks and the next four, one in each 64 bits of a register, in limbs of
// 26 bits. The last step multiplies by r^8 … r^5 and r^4 … r instead, and the four
// sums become one. The powers, and blocks that fill no step, are done with one sum in
// limbs of 64 bits, as a poly has it.

#define M    SI
#define END  DI
#define LEFT CX // bytes, in steps
#define h0   R8
#define h1   R9
#define h2   R10
#define r0   R11
#define r1   R12
#define s1   R13 // r1 + r1/4: r1 is a multiple of 4, and 2^130 is 5
#define d0   BX
#define d1   R14
#define d2   R15
#define c    CX

// REDUCE folds h, of which h2 is in d2: what is above 2^130 comes back five times.
#define REDUCE \
	MOVQ d2, AX; MOVQ d2, h2; SHRQ $2, d2; ANDQ $-4, AX; ANDQ $3, h2; \
	ADDQ d2, AX; ADDQ AX, h0; ADCQ $0, h1; ADCQ $0, h2

// TIMES_R is h *= r.
#define TIMES_R \
	MOVQ r0, AX; MULQ h0; MOVQ AX, d0; MOVQ DX, c;         \
	MOVQ r1, AX; MULQ h0; MOVQ AX, d1; MOVQ DX, d2;        \
	MOVQ s1, AX; MULQ h1; ADDQ AX, d0; ADCQ DX, c;         \
	MOVQ r0, AX; MULQ h1; ADDQ AX, d1; ADCQ DX, d2;        \
	MOVQ s1, AX; IMULQ h2, AX; ADDQ AX, d1; ADCQ $0, d2;   \
	IMULQ r0, h2; ADDQ c, d1; ADCQ h2, d2;                 \
	MOVQ d0, h0; MOVQ d1, h1; REDUCE

// SPLIT stores the five limbs of 26 bits of h, one each step bytes.
#define SPLIT(at, step) \
	MOVQ h0, AX; ANDL $0x3ffffff, AX; MOVQ AX, (at)(SP);                     \
	MOVQ h0, AX; SHRQ $26, AX; ANDL $0x3ffffff, AX; MOVQ AX, (at+step)(SP);  \
	MOVQ h0, AX; SHRQ $52, AX; MOVQ h1, DX; SHLQ $12, DX; ORQ DX, AX;        \
	ANDL $0x3ffffff, AX; MOVQ AX, (at+2*step)(SP);                           \
	MOVQ h1, AX; SHRQ $14, AX; ANDL $0x3ffffff, AX; MOVQ AX, (at+3*step)(SP); \
	MOVQ h1, AX; SHRQ $40, AX; MOVQ h2, DX; SHLQ $24, DX; ADDQ DX, AX; MOVQ AX, (at+4*step)(SP)

#define T    Y10
#define U    Y11
#define LO   Y12
#define HI   Y13
#define MASK Y14 // 2^26 - 1
#define TOP  Y15 // 2^128, in the last limb

// A table of a power r is 5 r1 … 5 r4, r0 … r4, so that the factors of a limb stand
// side by side. Lower halves of 64 bits are for all steps but the last, upper halves
// for the last.
#define FIVE(table, i) (table+32*(i-1))(SP)
#define POWER(table, i) (table+32*(i+4))(SP)
#define R8_R5 0
#define R4_R1 288
#define SUM   576 // h, split

// PACK takes limb i of four powers; the first of them is for all steps but the last.
#define PACK(x, table, i) \
	VPERMQ $0, x, T; VPSLLQ $32, x, U; VPOR T, U, U; VMOVDQU U, POWER(table, i)
#define PACK5(x, table, i) \
	PACK(x, table, i); VPSLLD $2, U, T; VPADDD U, T, T; VMOVDQU T, FIVE(table, i)

// FOUR loads four blocks, in the order 0, 2, 1, 3; LIMB0 … LIMB4 take their limbs.
#define FOUR(at) \
	VMOVDQU at(M), T; VMOVDQU (at+32)(M), U; VPUNPCKLQDQ U, T, LO; VPUNPCKHQDQ U, T, HI
#define LIMB0(x) VPAND MASK, LO, x
#define LIMB1(x) VPSRLQ $26, LO, x; VPAND MASK, x, x
#define LIMB2(x) VPSRLQ $52, LO, LO; VPSLLQ $12, HI, x; VPOR LO, x, x; VPAND MASK, x, x
#define LIMB3(x) VPSRLQ $14, HI, x; VPAND MASK, x, x
#define LIMB4(x) VPSRLQ $40, HI, x; VPOR TOP, x, x

// TIMES puts limb i, in x, times a power in Y5 … Y9, ADDTIMES adds it to them.
#define TIMES(x, table, i) \
	VPMULUDQ POWER(table, -i), x, Y5; VPMULUDQ POWER(table, 1-i), x, Y6; \
	VPMULUDQ POWER(table, 2-i), x, Y7; VPMULUDQ POWER(table, 3-i), x, Y8; VPMULUDQ POWER(table, 4-i), x, Y9
#define ADDTIMES(x, table, i) \
	VPMULUDQ POWER(table, -i), x, T; VPADDQ T, Y5, Y5; VPMULUDQ POWER(table, 1-i), x, T; VPADDQ T, Y6, Y6;  \
	VPMULUDQ POWER(table, 2-i), x, T; VPADDQ T, Y7, Y7; VPMULUDQ POWER(table, 3-i), x, T; VPADDQ T, Y8, Y8; \
	VPMULUDQ POWER(table, 4-i), x, T; VPADDQ T, Y9, Y9

// CARRY leaves what is in Y5 … Y9, below 2^60, in Y0 … Y4, below 2^26 + 2^13.
#define CARRY \
	VPSRLQ $26, Y5, T; VPADDQ T, Y6, Y6; VPAND MASK, Y5, Y5; \
	VPSRLQ $26, Y8, U; VPADDQ U, Y9, Y9; VPAND MASK, Y8, Y8; \
	VPSRLQ $26, Y6, T; VPADDQ T, Y7, Y7; VPAND MASK, Y6, Y1; \
	VPSRLQ $26, Y9, U; VPADDQ U, Y5, Y5; VPAND MASK, Y9, Y9; VPSLLQ $2, U, U; VPADDQ U, Y5, Y5; \
	VPSRLQ $26, Y7, T; VPADDQ T, Y8, Y8; VPAND MASK, Y7, Y2; \
	VPSRLQ $26, Y5, U; VPADDQ U, Y1, Y1; VPAND MASK, Y5, Y0; \
	VPSRLQ $26, Y8, T; VPADDQ T, Y9, Y4; VPAND MASK, Y8, Y3

// TOTAL is the sum of the four numbers in y, of which x is the lower half.
#define TOTAL(y, x, r) \
	VEXTRACTI128 $1, y, X10; VPADDQ X10, x, x; VPSHUFD $0xee, x, X10; VPADDQ X10, x, x; VMOVQ x, r

DATA mask26<>+0(SB)/8, $0x3ffffff
GLOBL mask26<>(SB), RODATA|NOPTR, $8
DATA top<>+0(SB)/8, $0x1000000
GLOBL top<>(SB), RODATA|NOPTR, $8

// func polyBlocksAVX2(p *poly, m []byte, last *[128]byte)
TEXT ·polyBlocksAVX2(SB), 0, $616-40
	MOVQ p+0(FP), AX
	MOVQ m_base+8(FP), M
	MOVQ m_len+16(FP), DX
	MOVQ 0(AX), h0
	MOVQ 8(AX), h1
	MOVL 16(AX), h2
	MOVQ 20(AX), r0
	MOVQ 28(AX), r1
	MOVQ r1, s1
	SHRQ $2, s1
	ADDQ r1, s1

	// one by one: all of a short message, of a long one what fills no step
	MOVQ DX, END
	CMPQ last+32(FP), $0
	JNE long
	CMPQ DX, $256
	JLT short
long:
	ANDQ $127, END
short:
	ADDQ M, END
	JMP ones
one:
	ADDQ 0(M), h0
	ADCQ 8(M), h1
	ADCQ $1, h2
	TIMES_R
	ADDQ $16, M
ones:
	CMPQ M, END
	JNE one
	MOVQ m_base+8(FP), LEFT
	ADDQ m_len+16(FP), LEFT
	SUBQ M, LEFT
	JZ done

	// the powers, in the order of ADD4
	MOVQ LEFT, END
	SPLIT(SUM, 8)
	MOVQ r0, h0
	MOVQ r1, h1
	MOVQ $0, h2
	SPLIT(R8_R5+32*4+24, 32)
	TIMES_R
	SPLIT(R8_R5+32*4+8, 32)
	TIMES_R
	SPLIT(R8_R5+32*4+16, 32)
	TIMES_R
	SPLIT(R8_R5+32*4+0, 32)
	MOVQ END, LEFT
	VMOVDQU POWER(R8_R5, 0), Y0
	VMOVDQU POWER(R8_R5, 1), Y1
	VMOVDQU POWER(R8_R5, 2), Y2
	VMOVDQU POWER(R8_R5, 3), Y3
	VMOVDQU POWER(R8_R5, 4), Y4
	VPBROADCASTQ mask26<>(SB), MASK
	VPBROADCASTQ top<>(SB), TOP
	PACK(Y0, R4_R1, 0)
	PACK5(Y1, R4_R1, 1)
	PACK5(Y2, R4_R1, 2)
	PACK5(Y3, R4_R1, 3)
	PACK5(Y4, R4_R1, 4)
	TIMES(Y0, R4_R1, 0)
	ADDTIMES(Y1, R4_R1, 1)
	ADDTIMES(Y2, R4_R1, 2)
	ADDTIMES(Y3, R4_R1, 3)
	ADDTIMES(Y4, R4_R1, 4)
	CARRY
	PACK(Y0, R8_R5, 0)
	PACK5(Y1, R8_R5, 1)
	PACK5(Y2, R8_R5, 2)
	PACK5(Y3, R8_R5, 3)
	PACK5(Y4, R8_R5, 4)

	VMOVQ (SUM+0)(SP), X0
	VMOVQ (SUM+8)(SP), X1
	VMOVQ (SUM+16)(SP), X2
	VMOVQ (SUM+24)(SP), X3
	VMOVQ (SUM+32)(SP), X4
	MOVQ last+32(FP), DX
	TESTQ DX, DX
	JZ step
	ADDQ $128, LEFT

step:
	CMPQ LEFT, $128
	JNE eight
	TESTQ DX, DX
	CMOVQNE DX, M
	LEAQ 0(SP), BX
	MOVQ $(SUM-32), AX
upper:
	VMOVDQU (BX)(AX*1), T
	VPSRLQ $32, T, T
	VMOVDQU T, (BX)(AX*1)
	SUBQ $32, AX
	JGE upper

eight: // the second four first: they wait for nothing
	FOUR(64)
	LIMB0(U)
	TIMES(U, R4_R1, 0)
	LIMB1(U)
	ADDTIMES(U, R4_R1, 1)
	LIMB2(U)
	ADDTIMES(U, R4_R1, 2)
	LIMB3(U)
	ADDTIMES(U, R4_R1, 3)
	LIMB4(U)
	ADDTIMES(U, R4_R1, 4)
	FOUR(0)
	LIMB0(U)
	VPADDQ U, Y0, Y0
	ADDTIMES(Y0, R8_R5, 0)
	LIMB1(U)
	VPADDQ U, Y1, Y1
	ADDTIMES(Y1, R8_R5, 1)
	LIMB2(U)
	VPADDQ U, Y2, Y2
	ADDTIMES(Y2, R8_R5, 2)
	LIMB3(U)
	VPADDQ U, Y3, Y3
	ADDTIMES(Y3, R8_R5, 3)
	LIMB4(U)
	VPADDQ U, Y4, Y4
	ADDTIMES(Y4, R8_R5, 4)
	CARRY
	ADDQ $128, M
	SUBQ $128, LEFT
	JNZ step

	// one sum, in limbs of 64 bits
	TOTAL(Y0, X0, h0)
	TOTAL(Y1, X1, AX)
	TOTAL(Y2, X2, BX)
	TOTAL(Y3, X3, CX)
	TOTAL(Y4, X4, DX)
	VZEROUPPER
	MOVQ BX, h1
	MOVQ DX, d2
	SHLQ $26, AX
	SHLQ $52, BX
	SHRQ $12, h1
	SHLQ $14, CX
	SHLQ $40, DX
	SHRQ $24, d2
	ADDQ AX, h0
	ADDQ CX, h1
	ADDQ BX, h0
	ADCQ DX, h1
	ADCQ $0, d2
	REDUCE

done:
	MOVQ p+0(FP), AX
	MOVQ h0, 0(AX)
	MOVQ h1, 8(AX)
	MOVL h2, 16(AX)
	RET

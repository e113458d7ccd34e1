//go:build !xcrypto

#include "textflag.h"

// With AVX-512VL there is a rotation in one instruction, and twice the registers, so
// that nothing waits when eight blocks do not keep the processor busy. Its registers
// of 64 bytes are not used: some processors slow down for a while.

DATA eight<>+0(SB)/4, $8
GLOBL eight<>(SB), RODATA|NOPTR, $4

#define MOVE(x, y)     VMOVDQA32 x, y
#define SIZE           32
#define MOV            VMOVDQU
#define SPREAD(w, x)   VPBROADCASTD w, x
#define ADDTEXT(m, x)  VPADDD m, x, x
#define ADD(y, x)      VPADDD y, x, x
#define XOR(y, x)      VPXORD y, x, x
#define ROTL16(x, t)   VPROLD $16, x, x
#define ROTL8(x, t)    VPROLD $8, x, x
#define ROTL(n, x, t)  VPROLD $n, x, x
#define ZIP32(a, b, t) VPUNPCKLDQ b, a, t; VPUNPCKHDQ b, a, a
#define ZIP64(a, b, t) VPUNPCKLQDQ b, a, t; VPUNPCKHQDQ b, a, a
#define DONE           VZEROUPPER; RET
#define AGAIN          next
#define TWO

// OUT gives half a block: words a and b of block i, and of block i+4.
#define OUT(a, b, i, at) \
	VPERM2I128 $0x20, b, a, Y11; PIECE(64*i+at);     \
	VPERM2I128 $0x31, b, a, Y11; PIECE(64*i+256+at)

// func xorAVX512(s *chacha, dst, src []byte, l *lanes)
TEXT ·xorAVX512(SB), NOSPLIT, $160-64
	XORL R9, R9 // whether eight blocks wait
#include "chacha_amd64.h"

two: // sixteen blocks, the second eight in Y16 to Y31
	SPREAD(0(S), Y0)
	SPREAD(4(S), Y1)
	SPREAD(8(S), Y2)
	SPREAD(12(S), Y3)
	SPREAD(16(S), Y4)
	SPREAD(20(S), Y5)
	SPREAD(24(S), Y6)
	SPREAD(28(S), Y7)
	SPREAD(32(S), Y8)
	SPREAD(36(S), Y9)
	SPREAD(40(S), Y10)
	SPREAD(44(S), Y11)
	SPREAD(48(S), Y12)
	SPREAD(52(S), Y13)
	SPREAD(56(S), Y14)
	SPREAD(60(S), Y15)
	LANES
	MOVE(Y0, Y16)
	MOVE(Y1, Y17)
	MOVE(Y2, Y18)
	MOVE(Y3, Y19)
	MOVE(Y4, Y20)
	MOVE(Y5, Y21)
	MOVE(Y6, Y22)
	MOVE(Y7, Y23)
	MOVE(Y8, Y24)
	MOVE(Y9, Y25)
	MOVE(Y10, Y26)
	MOVE(Y11, Y27)
	MOVE(Y12, Y28)
	MOVE(Y13, Y29)
	MOVE(Y14, Y30)
	MOVE(Y15, Y31)
	VPADDD.BCST eight<>(SB), Y28, Y28
	MOVQ $10, LEFT
	INCQ R9

tworound:
	QUARTERS(Y0, Y4, Y8, Y12, Y1, Y5, Y9, Y13)
	QUARTERS(Y16, Y20, Y24, Y28, Y17, Y21, Y25, Y29)
	QUARTERS(Y2, Y6, Y10, Y14, Y3, Y7, Y11, Y15)
	QUARTERS(Y18, Y22, Y26, Y30, Y19, Y23, Y27, Y31)
	QUARTERS(Y0, Y5, Y10, Y15, Y1, Y6, Y11, Y12)
	QUARTERS(Y16, Y21, Y26, Y31, Y17, Y22, Y27, Y28)
	QUARTERS(Y2, Y7, Y8, Y13, Y3, Y4, Y9, Y14)
	QUARTERS(Y18, Y23, Y24, Y29, Y19, Y20, Y25, Y30)
	DECQ LEFT
	JNZ tworound
	MOV Y10, C(2)
	MOV Y11, C(3)
	JMP finish

next:
	TESTQ R9, R9
	JZ pass
	XORL R9, R9
	MOVE(Y16, Y0)
	MOVE(Y17, Y1)
	MOVE(Y18, Y2)
	MOVE(Y19, Y3)
	MOVE(Y20, Y4)
	MOVE(Y21, Y5)
	MOVE(Y22, Y6)
	MOVE(Y23, Y7)
	MOVE(Y24, Y8)
	MOVE(Y25, Y9)
	MOVE(Y28, Y12)
	MOVE(Y29, Y13)
	MOVE(Y30, Y14)
	MOVE(Y31, Y15)
	VMOVDQU32 Y26, C(2)
	VMOVDQU32 Y27, C(3)
	JMP finish

// ChaCha20 with one word of several blocks in each register: of eight with AVX2, of
// four with SSE2. SIZE, the bytes of a register, and what is done with Y0 to Y15 are
// the includer's. Words 10 and 11 share Y8 and Y9 with words 8 and 9, so that Y10 and
// Y11 are free.

#define S    DI
#define DST  SI
#define SRC  DX
#define N    CX // bytes left
#define LEFT AX // double rounds
#define L    R8

// C(i) is where word 8+i waits, LAST the piece of key stream in which the text ends.
#define C(i) (i*SIZE)(SP)
#define LAST (4*SIZE)(SP)

// QUARTERS is two quarter rounds (RFC 8439, section 2.1) side by side.
#define QUARTERS(a, b, c, d, e, f, g, h) \
	ADD(b, a); XOR(a, d); ROTL16(d, Y10);   ADD(f, e); XOR(e, h); ROTL16(h, Y11);   \
	ADD(d, c); XOR(c, b); ROTL(12, b, Y10); ADD(h, g); XOR(g, f); ROTL(12, f, Y11); \
	ADD(b, a); XOR(a, d); ROTL8(d, Y10);    ADD(f, e); XOR(e, h); ROTL8(h, Y11);    \
	ADD(d, c); XOR(c, b); ROTL(7, b, Y10);  ADD(h, g); XOR(g, f); ROTL(7, f, Y11)

// LANES adds what distinguishes the blocks, to words 12 and 14.
#define LANES ADDTEXT(0(L), Y12); ADDTEXT(32(L), Y14)

// INPUT adds word i of the input to x.
#define INPUT(i, x) SPREAD((4*i)(S), Y11); ADD(Y11, x)

// TRANSPOSE takes words a, b, c, d of all blocks and gives four words of each block:
// of block 0 in d, 1 in t, 2 in b, 3 in a (of blocks 4 to 7 in the upper halves, if
// there are any); c is free then.
#define TRANSPOSE(a, b, c, d, t) \
	ZIP32(a, b, t); ZIP32(c, d, b); ZIP64(t, b, d); ZIP64(a, c, b)

// PIECE is the key stream in Y11 and its place: XORed if the text is as long, kept if
// the text ends within.
#define PIECE(at) \
	CMPQ N, $(at+SIZE); JLT 5(PC); MOV at(SRC), Y6; XOR(Y6, Y11); MOV Y11, at(DST); JMP 4(PC); \
	CMPQ N, $(at); JLE 2(PC); MOV Y11, LAST

	MOVQ s+0(FP), S
	MOVQ dst_base+8(FP), DST
	MOVQ src_base+32(FP), SRC
	MOVQ src_len+40(FP), N
	MOVQ l+56(FP), L

pass:
#ifdef TWO
	CMPQ N, $(16*SIZE)
	JGT two
#endif
	SPREAD(0(S), Y0)
	SPREAD(4(S), Y1)
	SPREAD(8(S), Y2)
	SPREAD(12(S), Y3)
	SPREAD(16(S), Y4)
	SPREAD(20(S), Y5)
	SPREAD(24(S), Y6)
	SPREAD(28(S), Y7)
	SPREAD(40(S), Y8)
	SPREAD(44(S), Y9)
	MOV Y8, C(2)
	MOV Y9, C(3)
	SPREAD(32(S), Y8)
	SPREAD(36(S), Y9)
	SPREAD(48(S), Y12)
	SPREAD(52(S), Y13)
	SPREAD(56(S), Y14)
	SPREAD(60(S), Y15)
	LANES
	MOVQ $10, LEFT

round:
	QUARTERS(Y0, Y4, Y8, Y12, Y1, Y5, Y9, Y13)
	MOV Y8, C(0)
	MOV Y9, C(1)
	MOV C(2), Y8
	MOV C(3), Y9
	QUARTERS(Y2, Y6, Y8, Y14, Y3, Y7, Y9, Y15)
	QUARTERS(Y0, Y5, Y8, Y15, Y1, Y6, Y9, Y12)
	MOV Y8, C(2)
	MOV Y9, C(3)
	MOV C(0), Y8
	MOV C(1), Y9
	QUARTERS(Y2, Y7, Y8, Y13, Y3, Y4, Y9, Y14)
	DECQ LEFT
	JNZ round

finish: // the first 32 bytes of each block, then the others
	INPUT(0, Y0)
	INPUT(1, Y1)
	INPUT(2, Y2)
	INPUT(3, Y3)
	INPUT(4, Y4)
	INPUT(5, Y5)
	INPUT(6, Y6)
	INPUT(7, Y7)
	TRANSPOSE(Y0, Y1, Y2, Y3, Y10)
	TRANSPOSE(Y4, Y5, Y6, Y7, Y2)
	OUT(Y3, Y7, 0, 0)
	OUT(Y10, Y2, 1, 0)
	OUT(Y1, Y5, 2, 0)
	OUT(Y0, Y4, 3, 0)

	MOV C(2), Y0
	MOV C(3), Y1
	INPUT(8, Y8)
	INPUT(9, Y9)
	INPUT(10, Y0)
	INPUT(11, Y1)
	INPUT(12, Y12)
	INPUT(13, Y13)
	INPUT(14, Y14)
	INPUT(15, Y15)
	LANES
	TRANSPOSE(Y8, Y9, Y0, Y1, Y10)
	TRANSPOSE(Y12, Y13, Y14, Y15, Y0)
	OUT(Y1, Y15, 0, 32)
	OUT(Y10, Y0, 1, 32)
	OUT(Y9, Y13, 2, 32)
	OUT(Y8, Y12, 3, 32)

	CMPQ N, $(16*SIZE)
	JLT last
	ADDL $(SIZE/4), 48(S)
	ADDQ $(16*SIZE), DST
	ADDQ $(16*SIZE), SRC
	SUBQ $(16*SIZE), N
	JNZ AGAIN
	JMP done

last: // N & (SIZE-1) bytes of the piece in which the text ends
	LEAQ 63(N), AX
	SHRQ $6, AX
	ADDL AX, 48(S)
	MOVQ N, AX
	ANDQ $(SIZE-1), N
	SUBQ N, AX
	ADDQ AX, DST
	ADDQ AX, SRC
	LEAQ LAST, BX
	JMP words

word:
	MOVQ (BX), AX
	XORQ (SRC), AX
	MOVQ AX, (DST)
	ADDQ $8, BX
	ADDQ $8, SRC
	ADDQ $8, DST
	SUBQ $8, N
words:
	CMPQ N, $8
	JGE word
	TESTQ N, N
	JZ done

byte:
	MOVB (BX), AX
	XORB (SRC), AX
	MOVB AX, (DST)
	INCQ BX
	INCQ SRC
	INCQ DST
	DECQ N
	JNZ byte

done:
	DONE

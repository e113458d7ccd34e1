//go:build !xcrypto

#include "textflag.h"

#define K   AX
#define M   SI
#define N   CX
#define OUT DI

// The key of whole chunks is in X8 … X15 all the time. SSE2 will do: half as many
// instructions with AVX2 would save 1 % of a relay's crypto.

// PAIRS adds the products of four words at at(M) and their key words to X0.
#define PAIRS(at, k) \
	MOVOU at(M), X1; PADDL k, X1; MOVO X1, X2; PSRLQ $32, X2; PMULULQ X2, X1; PADDQ X1, X0

// SUM writes the two halves of X0 as one.
#define SUM PSHUFD $0xee, X0, X1; PADDQ X1, X0; MOVQ X0, (OUT); ADDQ $8, OUT

// func nhSSE2(key *[NHWords]uint32, out, m []byte)
TEXT ·nhSSE2(SB), NOSPLIT, $0-56
	MOVQ key+0(FP), K
	MOVQ out_base+8(FP), OUT
	MOVQ m_base+32(FP), M
	MOVQ m_len+40(FP), N
	MOVOU 0(K), X8
	MOVOU 16(K), X9
	MOVOU 32(K), X10
	MOVOU 48(K), X11
	MOVOU 64(K), X12
	MOVOU 80(K), X13
	MOVOU 96(K), X14
	MOVOU 112(K), X15
	SUBQ $128, N
	JLT rest

chunk:
	PXOR X0, X0
	PAIRS(0, X8)
	PAIRS(16, X9)
	PAIRS(32, X10)
	PAIRS(48, X11)
	PAIRS(64, X12)
	PAIRS(80, X13)
	PAIRS(96, X14)
	PAIRS(112, X15)
	SUM
	ADDQ $128, M
	SUBQ $128, N
	JGE chunk

rest:
	ADDQ $128, N
	JZ done
	PXOR X0, X0
	SUBQ $16, N
	JLT pair

pairs:
	MOVOU (K), X3
	PAIRS(0, X3)
	ADDQ $16, K
	ADDQ $16, M
	SUBQ $16, N
	JGE pairs

pair: // eight bytes are left, or none
	CMPQ N, $-8
	JNE sum
	MOVQ (M), X1
	MOVQ (K), X3
	PADDL X3, X1
	MOVO X1, X2
	PSRLQ $32, X2
	PMULULQ X2, X1
	PADDQ X1, X0
sum:
	SUM
done:
	RET

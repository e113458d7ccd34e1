//go:build (mips || mipsle) && !xcrypto

#include "textflag.h"
#include "word_mipsx.h"

// Poly1305 as polyBlocksGo has it, with the running sum in HI:LO. The assembler has
// no MADDU, HI:LO += x*y, so the limbs are register numbers, for R(x).
#define MADDU(x, y) WORD $(0x70000001 | x<<21 | y<<16)
#define SEED(c)     MOVW c, LO; MOVW R0, HI // HI:LO = c
#define h0 1
#define h1 2
#define h2 3
#define h3 4
#define h4 5
#define r0 6
#define r1 7
#define r2 8
#define r3 9
#define s1 10
#define s2 11
#define s3 12

#define P     R13
#define M     R14
#define N     R15
#define D0    R16 // a word of the block, then of the product
#define D1    R17
#define D2    R18
#define D3    R19
#define C     R20 // carry
#define T     R21
#define BYTES R22

// ADD adds w and the carry to h and leaves the carry in C.
#define ADD(w, h) \
	ADDU C, R(h); SGTU C, R(h), C; \
	ADDU w, R(h); SGTU w, R(h), T; \
	ADDU T, C

// CARRY adds the carry to w, gives it to h and leaves the carry in C.
#define CARRY(w, h) ADDU C, w, R(h); SGTU C, R(h), C

// func polyBlocksR1(p *poly, m []byte)
TEXT ·polyBlocksR1(SB), NOSPLIT|NOFRAME, $0-16
#define SWAP SWAP_R1
#include "poly_mipsx.h"
#undef SWAP

// func polyBlocksR2(p *poly, m []byte)
TEXT ·polyBlocksR2(SB), NOSPLIT|NOFRAME, $0-16
#define SWAP SWAP_R2
#include "poly_mipsx.h"

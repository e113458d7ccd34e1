//go:build (mips || mipsle) && !xcrypto

#include "textflag.h"
#include "word_mipsx.h"

// The whole state is in registers, so a block touches memory only at its ends. The
// two functions are one text: release 2 of MIPS32 rotates in one instruction, release
// 1 needs three.

#define T    R17
#define U    R18
#define S    R19
#define DST  R20
#define SRC  R21
#define N    R22
#define LEFT R24 // double rounds
#define M    R25

// QUARTER is the quarter round (RFC 8439, section 2.1).
#define QUARTER(a, b, c, d) \
	ADDU b, a; XOR a, d; ROTL(16, d); \
	ADDU d, c; XOR c, b; ROTL(12, b); \
	ADDU b, a; XOR a, d; ROTL(8, d);  \
	ADDU d, c; XOR c, b; ROTL(7, b)

// OUT adds word i of the input to x and writes it XOR the word of the source.
#define OUT(i, x) \
	MOVW (4*i)(S), T; LOAD(4*i, SRC, U); \
	ADDU T, x; SWAP(x, T, M); XOR U, x;  \
	STORE(x, 4*i, DST)

// func xorBlocksR1(s *chacha, dst, src []byte)
TEXT ·xorBlocksR1(SB), NOSPLIT|NOFRAME, $0-28
#define ROTL(n, x) SLL $n, x, T; SRL $(32-n), x; OR T, x
#define SWAP       SWAP_R1
#include "chacha_mipsx.h"
#undef ROTL
#undef SWAP

// func xorBlocksR2(s *chacha, dst, src []byte)
TEXT ·xorBlocksR2(SB), NOSPLIT|NOFRAME, $0-28
#define ROTL(n, x) ROTR $(32-n), x
#define SWAP       SWAP_R2
#include "chacha_mipsx.h"

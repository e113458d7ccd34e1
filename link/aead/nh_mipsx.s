//go:build (mips || mipsle) && !xcrypto

#include "textflag.h"
#include "word_mipsx.h"

#define K     R1
#define M     R2
#define END   R3
#define A     R4
#define B     R5
#define T     R6
#define BYTES R7

// HI:LO += A*B, for which the assembler has no word; the sum stays there all the time.
#define MADDU_A_B WORD $(0x70000001 | 4<<21 | 5<<16)

#ifdef GOARCH_mips
#define RETURN(hi, lo) MOVW hi, ret_hi+16(FP); MOVW lo, ret_lo+20(FP); RET
#else
#define RETURN(hi, lo) MOVW lo, ret_lo+16(FP); MOVW hi, ret_hi+20(FP); RET
#endif

// func nhR1(key *[NHWords]uint32, m []byte) uint64
TEXT ·nhR1(SB), NOSPLIT|NOFRAME, $0-24
#define SWAP SWAP_R1
#include "nh_mipsx.h"
#undef SWAP

// func nhR2(key *[NHWords]uint32, m []byte) uint64
TEXT ·nhR2(SB), NOSPLIT|NOFRAME, $0-24
#define SWAP SWAP_R2
#include "nh_mipsx.h"

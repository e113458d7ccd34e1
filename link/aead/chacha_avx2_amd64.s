//go:build !xcrypto

#include "textflag.h"

DATA rotl16<>+0(SB)/8, $0x0504070601000302
DATA rotl16<>+8(SB)/8, $0x0d0c0f0e09080b0a
DATA rotl16<>+16(SB)/8, $0x0504070601000302
DATA rotl16<>+24(SB)/8, $0x0d0c0f0e09080b0a
GLOBL rotl16<>(SB), RODATA|NOPTR, $32
DATA rotl8<>+0(SB)/8, $0x0605040702010003
DATA rotl8<>+8(SB)/8, $0x0e0d0c0f0a09080b
DATA rotl8<>+16(SB)/8, $0x0605040702010003
DATA rotl8<>+24(SB)/8, $0x0e0d0c0f0a09080b
GLOBL rotl8<>(SB), RODATA|NOPTR, $32

#define SIZE           32
#define MOV            VMOVDQU
#define SPREAD(w, x)   VPBROADCASTD w, x
#define ADDTEXT(m, x)  VPADDD m, x, x
#define ADD(y, x)      VPADDD y, x, x
#define XOR(y, x)      VPXOR y, x, x
#define ROTL16(x, t)   VPSHUFB rotl16<>(SB), x, x
#define ROTL8(x, t)    VPSHUFB rotl8<>(SB), x, x
#define ROTL(n, x, t)  VPSLLD $n, x, t; VPSRLD $(32-n), x, x; VPOR t, x, x
#define ZIP32(a, b, t) VPUNPCKLDQ b, a, t; VPUNPCKHDQ b, a, a
#define ZIP64(a, b, t) VPUNPCKLQDQ b, a, t; VPUNPCKHQDQ b, a, a
#define DONE           VZEROUPPER; RET
#define AGAIN          pass

// OUT gives half a block: words a and b of block i, and of block i+4.
#define OUT(a, b, i, at) \
	VPERM2I128 $0x20, b, a, Y11; PIECE(64*i+at);     \
	VPERM2I128 $0x31, b, a, Y11; PIECE(64*i+256+at)

// func xorAVX2(s *chacha, dst, src []byte, l *lanes)
TEXT ·xorAVX2(SB), NOSPLIT, $160-64
#include "chacha_amd64.h"

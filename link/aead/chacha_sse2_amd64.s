//go:build !xcrypto

#include "textflag.h"

#define Y0  X0
#define Y1  X1
#define Y2  X2
#define Y3  X3
#define Y4  X4
#define Y5  X5
#define Y6  X6
#define Y7  X7
#define Y8  X8
#define Y9  X9
#define Y10 X10
#define Y11 X11
#define Y12 X12
#define Y13 X13
#define Y14 X14
#define Y15 X15

#define SIZE           16
#define MOV            MOVOU
#define SPREAD(w, x)   MOVL w, x; PSHUFL $0, x, x
#define ADDTEXT(m, x)  MOVOU m, Y11; PADDL Y11, x
#define ADD(y, x)      PADDL y, x
#define XOR(y, x)      PXOR y, x
#define ROTL16(x, t)   PSHUFLW $0xb1, x, x; PSHUFHW $0xb1, x, x
#define ROTL8(x, t)    ROTL(8, x, t)
#define ROTL(n, x, t)  MOVO x, t; PSLLL $n, t; PSRLL $(32-n), x; POR t, x
#define ZIP32(a, b, t) MOVO a, t; PUNPCKLLQ b, t; PUNPCKHLQ b, a
#define ZIP64(a, b, t) MOVO a, t; PUNPCKLQDQ b, t; PUNPCKHQDQ b, a
#define DONE           RET
#define AGAIN          pass

// OUT gives half a block: words a and b of block i.
#define OUT(a, b, i, at) \
	MOVO a, Y11; PIECE(64*i+at);   \
	MOVO b, Y11; PIECE(64*i+at+16)

// func xorSSE2(s *chacha, dst, src []byte, l *lanes)
TEXT ·xorSSE2(SB), NOSPLIT, $80-64
#include "chacha_amd64.h"

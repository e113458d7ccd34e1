// The body of xorBlocks: ROTL and SWAP are the caller's.
	MOVW s+0(FP), S
	MOVW dst_base+4(FP), DST
	MOVW src_base+16(FP), SRC
	MOVW src_len+20(FP), N
	MASK(M)

block:
	MOVW (4*0)(S), R1
	MOVW (4*1)(S), R2
	MOVW (4*2)(S), R3
	MOVW (4*3)(S), R4
	MOVW (4*4)(S), R5
	MOVW (4*5)(S), R6
	MOVW (4*6)(S), R7
	MOVW (4*7)(S), R8
	MOVW (4*8)(S), R9
	MOVW (4*9)(S), R10
	MOVW (4*10)(S), R11
	MOVW (4*11)(S), R12
	MOVW (4*12)(S), R13
	MOVW (4*13)(S), R14
	MOVW (4*14)(S), R15
	MOVW (4*15)(S), R16
	MOVW $10, LEFT

round:
	QUARTER(R1, R5, R9, R13)
	QUARTER(R2, R6, R10, R14)
	QUARTER(R3, R7, R11, R15)
	QUARTER(R4, R8, R12, R16)
	QUARTER(R1, R6, R11, R16)
	QUARTER(R2, R7, R12, R13)
	QUARTER(R3, R8, R9, R14)
	QUARTER(R4, R5, R10, R15)
	ADDU $-1, LEFT
	BNE  LEFT, round

	OUT(0, R1)
	OUT(1, R2)
	OUT(2, R3)
	OUT(3, R4)
	OUT(4, R5)
	OUT(5, R6)
	OUT(6, R7)
	OUT(7, R8)
	OUT(8, R9)
	OUT(9, R10)
	OUT(10, R11)
	OUT(11, R12)
	OUT(12, R13)
	OUT(13, R14)
	OUT(14, R15)
	OUT(15, R16)

	MOVW (4*12)(S), T
	ADDU $1, T
	MOVW T, (4*12)(S)
	ADDU $64, DST
	ADDU $64, SRC
	ADDU $-64, N
	BNE  N, block
	RET

// The body of polyBlocks: SWAP is the caller's.
	MOVW p+0(FP), P
	MOVW m_base+4(FP), M
	MOVW m_len+8(FP), N
	MOVW (4*0)(P), R(h0)
	MOVW (4*1)(P), R(h1)
	MOVW (4*2)(P), R(h2)
	MOVW (4*3)(P), R(h3)
	MOVW (4*4)(P), R(h4)
	MOVW (4*5)(P), R(r0)
	MOVW (4*6)(P), R(r1)
	MOVW (4*7)(P), R(r2)
	MOVW (4*8)(P), R(r3)
	SRL  $2, R(r1), T
	ADDU T, R(r1), R(s1)
	SRL  $2, R(r2), T
	ADDU T, R(r2), R(s2)
	SRL  $2, R(r3), T
	ADDU T, R(r3), R(s3)
	MASK(BYTES)

block:
	LOAD(0, M, D0)
	LOAD(4, M, D1)
	LOAD(8, M, D2)
	LOAD(12, M, D3)
	SWAP(D0, T, BYTES)
	SWAP(D1, T, BYTES)
	SWAP(D2, T, BYTES)
	SWAP(D3, T, BYTES)

	// h += block + 2^128
	ADDU D0, R(h0)
	SGTU D0, R(h0), C
	ADD(D1, h1)
	ADD(D2, h2)
	ADD(D3, h3)
	ADDU C, R(h4)
	ADDU $1, R(h4)

	// h *= r
	MULU R(h0), R(r0)
	MADDU(h1, s3)
	MADDU(h2, s2)
	MADDU(h3, s1)
	MOVW LO, D0
	MOVW HI, C
	SEED(C)
	MADDU(h0, r1)
	MADDU(h1, r0)
	MADDU(h2, s3)
	MADDU(h3, s2)
	MADDU(h4, s1)
	MOVW LO, D1
	MOVW HI, C
	SEED(C)
	MADDU(h0, r2)
	MADDU(h1, r1)
	MADDU(h2, r0)
	MADDU(h3, s3)
	MADDU(h4, s2)
	MOVW LO, D2
	MOVW HI, C
	SEED(C)
	MADDU(h0, r3)
	MADDU(h1, r2)
	MADDU(h2, r1)
	MADDU(h3, r0)
	MADDU(h4, s3)
	MOVW LO, D3
	MOVW HI, C
	SEED(C)
	MADDU(h4, r0)
	MOVW LO, R(h4)

	// 2^130 is 5: what h4 has above two bits comes back at the bottom.
	SRL  $2, R(h4), C
	AND  $3, R(h4), T
	SUBU T, R(h4)
	ADDU R(h4), C
	CARRY(D0, h0)
	CARRY(D1, h1)
	CARRY(D2, h2)
	CARRY(D3, h3)
	ADDU C, T, R(h4)

	ADDU $16, M
	ADDU $-16, N
	BNE  N, block

	MOVW R(h0), (4*0)(P)
	MOVW R(h1), (4*1)(P)
	MOVW R(h2), (4*2)(P)
	MOVW R(h3), (4*3)(P)
	MOVW R(h4), (4*4)(P)
	RET

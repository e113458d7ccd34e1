// The body of NH: SWAP is the caller's.
	MOVW key+0(FP), K
	MOVW m_base+4(FP), M
	MOVW m_len+8(FP), END
	ADDU M, END
	MASK(BYTES)
	MOVW R0, LO
	MOVW R0, HI

pair:
	LOAD(0, M, A)
	LOAD(4, M, B)
	SWAP(A, T, BYTES)
	SWAP(B, T, BYTES)
	MOVW 0(K), T
	ADDU T, A
	MOVW 4(K), T
	ADDU T, B
	MADDU_A_B
	ADDU $8, K
	ADDU $8, M
	BNE  M, END, pair

	MOVW HI, A
	MOVW LO, B
	RETURN(A, B)

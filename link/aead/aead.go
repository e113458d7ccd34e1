package aead

const (
	KeySize   = 32
	NonceSize = 12
	Overhead  = 16 // the tag

	NHWords = 32          // words of an NH key
	NHChunk = 4 * NHWords // bytes that one NH is of
)

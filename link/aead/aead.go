// Package aead is ChaCha20 and Poly1305 (RFC 8439), and NH, the hash of the circuit
// layer, as fast as each target allows.
// Where x/crypto is good these are thin calls to it. On 32-bit machines, where its
// Poly1305 works in 64-bit limbs and its quarter round is not inlined, they are our
// own, with assembly for MIPS; 'make insns' prints what that gives. On amd64 they are
// our own since x/crypto has vector code for the whole AEAD only and Poly1305 block by
// block; without AVX2 the AEAD is x/crypto's. 'make bench' measures it.
package aead

const (
	KeySize   = 32
	NonceSize = 12
	Overhead  = 16 // the tag

	NHWords = 32          // words of an NH key
	NHChunk = 4 * NHWords // bytes that one NH is of
)

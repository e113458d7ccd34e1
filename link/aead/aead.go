// Package aead is ChaCha20 and Poly1305 (RFC 8439), and NH, the hash of the circuit
// layer, as fast as each target allows.
// Where x/crypto is good these are thin calls to it. On 32-bit machines, where its
// Poly1305 works in 64-bit limbs and its quarter round is not inlined, they are our
// own, with assembly for MIPS; 'make insns' prints what that gives.
package aead

const (
	KeySize   = 32
	NonceSize = 12
	Overhead  = 16 // the tag
)

// Package aead is ChaCha20 and Poly1305 (RFC 8439), and NH, the hash of the circuit
// layer, as fast as each target allows.
//
//	a := aead.New(&key)                             // crypto/cipher's AEAD
//	sealed := a.Seal(b[:0], nonce, b, data)         // in place
//	c := aead.NewCounted(&key)                      // for nonces that count up, as a link's do
//	aead.Wipe(c)                                    // when the key is over
//	aead.XOR(&key, &nonce, 1, body)                 // the key stream alone, from block 1 on
//	aead.NH(&words, out, body)
//
// Where x/crypto is good these are thin calls to it. On 32-bit machines its Poly1305
// works in 64-bit limbs and its quarter round is not inlined, so they are our own, with
// assembly for MIPS ('make insns' prints what that gives). On amd64 they are our own
// since x/crypto has vector code for the whole AEAD only, and takes Poly1305 block by
// block ('make bench'); without AVX2 the AEAD is x/crypto's. The build tag xcrypto
// takes x/crypto's everywhere, to measure against.
//
// It allocates nothing per call, never leaves plaintext behind after a failed Open, and
// imports nothing of ours.
package aead

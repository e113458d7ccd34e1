package aead

// A Stream is the key stream of a key from block 1 on. The zero Stream has a key of
// zeros.
type Stream struct{ key [KeySize]byte }

// Init sets the key.
func (s *Stream) Init(key *[KeySize]byte) { s.key = *key }

// XOR applies the key stream to body, in place.
func (s *Stream) XOR(nonce *[NonceSize]byte, body []byte) { XOR(&s.key, nonce, 1, body) }

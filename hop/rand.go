package hop

import (
	"io"
	mrand "math/rand/v2"
)

// draw fills b with key material; a failing source of randomness is fatal.
func (cs *Circuits) draw(b []byte) {
	if _, err := io.ReadFull(cs.c.Rand, b); err != nil {
		panic("hop: internal error: no randomness: " + err.Error())
	}
}

// stream returns a generator of its own for a job of public-key work.
func (cs *Circuits) stream() io.Reader {
	var seed [32]byte
	cs.draw(seed[:])
	return mrand.NewChaCha8(seed)
}

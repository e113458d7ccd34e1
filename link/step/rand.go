package step

import (
	"io"
	mrand "math/rand/v2"
	"time"
)

// Draw fills b with key material from r. It panics when r fails: a node whose keys
// can be guessed is worse than one that has stopped.
func Draw(r io.Reader, b []byte) {
	if _, err := io.ReadFull(r, b); err != nil {
		panic("step: internal error: no randomness: " + err.Error())
	}
}

// Stream returns a generator of key material (ChaCha8) that is seeded with 32 bytes
// of r. A job that a worker does gets one of its own: r belongs to the core, and how
// much a job draws changes nothing for the next.
func Stream(r io.Reader) io.Reader {
	var seed [32]byte
	Draw(r, seed[:])
	return mrand.NewChaCha8(seed)
}

// Jitter returns d changed by up to percent either way, so that nodes that began
// together do not stay in step. It is for timing only, never for key material.
func Jitter(r *mrand.Rand, d time.Duration, percent int64) time.Duration {
	span := int64(d) * percent / 100
	if span <= 0 {
		return d
	}
	return d + time.Duration(r.Int64N(2*span+1)-span)
}

package onion

import (
	"io"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

const (
	onionHour  = time.Hour
	onionLate  = 10 * time.Minute // a key is accepted for this long after its hour
	onionEarly = 2 * time.Minute  // and the next one before its hour
)

// Keys are a node's X25519 onion keys: one for each hour from boot, made an
// hour ahead so that it can be announced, erased ten minutes after its hour. They
// live in memory only. Not safe for concurrent use.
type Keys struct {
	_                   [0]func() // not compared: saves the code
	rand                io.Reader
	start               time.Time // of the current hour
	epoch               uint32
	before, now, future Key
}

// A Key is one onion key. Its public half is kept beside the private one, since
// the keys of a set-up are derived from it too.
type Key struct {
	private, public [32]byte
	valid           bool
}

// NewKeys draws the first two keys.
func NewKeys(rand io.Reader, now time.Time) *Keys {
	o := &Keys{rand: rand, start: now}
	o.draw(&o.now)
	o.draw(&o.future)
	return o
}

func (o *Keys) draw(k *Key) {
	step.Draw(o.rand, k.private[:])
	k.public, k.valid = identity.X25519Public(&k.private), true
}

// Advance moves on to the next hour and erases what is too old. It returns when
// to come back, and must be called then: a node that nobody asks for a key would keep
// the old one.
func (o *Keys) Advance(now time.Time) (next time.Time) {
	for now.Sub(o.start) >= onionHour {
		o.start = o.start.Add(onionHour)
		o.epoch++
		o.before, o.now = o.now, o.future
		o.draw(&o.future)
	}
	if erase := o.start.Add(onionLate); o.before.valid && now.Before(erase) {
		return erase
	}
	o.before = Key{}
	return o.start.Add(onionHour)
}

// Public returns what is announced: the epoch and what is left of it, its key and
// the next one.
func (o *Keys) Public(now time.Time) (epoch uint32, left time.Duration, current, next [32]byte) {
	o.Advance(now)
	return o.epoch, o.start.Add(onionHour).Sub(now), o.now.public, o.future.public
}

// Private returns the key for a set-up of the given parity, if one is accepted now.
func (o *Keys) Private(now time.Time, parity byte) (*Key, bool) {
	o.Advance(now)
	switch {
	case parity == byte(o.epoch&1):
		return &o.now, true
	case o.before.valid && now.Sub(o.start) < onionLate:
		return &o.before, true
	case o.start.Add(onionHour).Sub(now) <= onionEarly:
		return &o.future, true
	}
	return nil, false
}

package hop

import (
	"time"

	"hopwire/hop/onion"
)

// The memory that a set-up needs on its way through a node is used again for the next.
// Made anew for each, it would double the heap when a thousand circuits come at once.

// A setupMessage is a set-up as it is posted.
type setupMessage [offSetup + onion.SetupSize]byte

func (m *setupMessage) packet() *[onion.SetupSize]byte { return (*[onion.SetupSize]byte)(m[offSetup:]) }

// newMessage returns one with the packet; the label is set when it is posted.
func (cs *Circuits) newMessage(extension byte, packet *[onion.SetupSize]byte) (m *setupMessage) {
	if n := len(cs.spare); n > 0 {
		m, cs.spare = cs.spare[n-1], cs.spare[:n-1]
	} else {
		m = new(setupMessage)
	}
	m[offExtension], *m.packet() = extension, *packet
	return m
}

// discard takes back a message that nobody has any more; nil: none. (Inlined, it would
// be 2 kB of program.)
//
//go:noinline
func (cs *Circuits) discard(m *setupMessage) {
	if m != nil && len(cs.spare) < setupSpare {
		cs.spare = append(cs.spare, m)
	}
}

// A setupJob opens one set-up after the other; there are setupJobs at most.
type setupJob struct {
	cs          *Circuits
	p           *pending
	onion       onion.Key // a copy: the node's own may be erased meanwhile
	fingerprint uint64
	info        onion.Info
	keys        onion.HopKeys
	err         error

	open func() func(time.Time) // made once: a closure per call would be garbage
	done func(now time.Time)
}

// job returns a job that is not in use.
func (cs *Circuits) job() (j *setupJob) {
	if n := len(cs.idle); n > 0 {
		j, cs.idle = cs.idle[n-1], cs.idle[:n-1]
		return j
	}
	j = &setupJob{cs: cs}
	j.done = j.opened
	j.open = func() func(time.Time) {
		j.info, j.err = onion.OpenSetup(&j.onion, j.p.message.packet(), &j.keys)
		return j.done
	}
	return j
}

// recycle takes a job back; its secrets are erased.
func (cs *Circuits) recycle(j *setupJob) {
	j.p, j.onion, j.keys = nil, onion.Key{}, onion.HopKeys{}
	cs.idle = append(cs.idle, j)
}

// opened goes on with a set-up whose Diffie-Hellman is done.
func (j *setupJob) opened(now time.Time) {
	cs, p := j.cs, j.p
	cs.jobs--
	cs.finish(p)
	if !p.side.down && !p.gone {
		cs.opened(now, p, j.info, &j.keys, j.fingerprint, j.err)
	}
	cs.discard(p.message)
	cs.recycle(j)
	cs.pump(now)
}

package node

import (
	"encoding/binary"
	"time"

	"hopwire/link/step"
)

// A source is where what ends here came in: a port, and a neighbour on it. Identities
// cost nothing and cables do, so what strangers may take is shared among ports, and what
// a port may among its neighbours. More is not known of who sends by a circuit.
//
// It is the port's id and one in the upper bits, and below them 48 bits of the neighbour's
// address: none of them for the whole port. Two on one port whose bits are the same share.
type source uint64

const ofNeighbour = 1<<48 - 1

func (s source) port() source { return s &^ ofNeighbour }

// source is that of a channel at its last hop; zero: the channel is ours.
//
//go:noinline
func (ch *channel) source() source {
	if ch.t == nil {
		return 0
	}
	from := ch.t.From()
	return source(ch.t.Port()+1)<<48 | source(binary.LittleEndian.Uint64(from[:])&ofNeighbour)
}

// Budgets of first messages, for what comes by one neighbour, by one port, and all. The
// last is of the worker alone: a handshake in it keeps others waiting, whoever sent it.
const (
	sessionRate = 16 // a second, of a port, unless configured;
	doorPart    = 75 // percent of it are one neighbour's
	doorJobs    = 16 // handshakes that the worker has at once, of a neighbour,
	portJobs    = 24 // of a port,
	maxJobs     = 32 // of all

	sessionBurst = 64  // at once, unless configured
	maxFirst     = 2   // handshakes that one circuit may cost before it has a session
	doorSweep    = 128 // doors that are kept before those go that were left alone
)

// A door is the budget of a source.
type door struct {
	bucket step.Bucket
	at     time.Time // of the last try
	jobs   int       // with the worker
}

type doors struct {
	of          map[source]*door
	jobs        int
	rate, burst float64       // of a port
	rest        time.Duration // fills a bucket
}

func newDoors(rate, burst int) doors {
	return doors{of: map[source]*door{}, rate: float64(rate), burst: float64(burst), rest: time.Second * time.Duration(burst) / time.Duration(rate)}
}

// take takes a handshake from the budgets of a source; done gives the worker's part back.
// False: some budget is used up, and nothing was taken from those of others.
func (d *doors) take(now time.Time, s source) (done func(), ok bool) {
	side, port := d.get(now, s), d.get(now, s.port())
	switch {
	case d.jobs >= maxJobs || port.jobs >= portJobs || side.jobs >= doorJobs:
		return nil, false
	case !side.bucket.Take(now, doorPart*d.rate/100, doorPart*d.burst/100) || !port.bucket.Take(now, d.rate, d.burst):
		return nil, false
	}
	d.count(side, port, 1)
	return func() { d.count(side, port, -1) }, true
}

func (d *doors) count(side, port *door, n int) {
	side.jobs, port.jobs, d.jobs = side.jobs+n, port.jobs+n, d.jobs+n
}

// get finds a door. One that has been left alone is as good as a new one.
func (d *doors) get(now time.Time, s source) *door {
	o := d.of[s]
	if o != nil {
		o.at = now
		return o
	}
	if len(d.of) >= doorSweep {
		for k, o := range d.of {
			if o.jobs == 0 && now.Sub(o.at) > d.rest {
				delete(d.of, k)
			}
		}
	}
	o = &door{at: now}
	d.of[s] = o
	return o
}

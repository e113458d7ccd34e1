package ask

import "time"

// A Pace knows the round trip to a server over one way, and is kept as long as the way;
// the zero Pace has measured nothing. By it the frames of errands are held, so that each
// reaches the server a multiple of Quantum after what it answers had left there.
//
// Whoever rounds each round trip by itself can be measured: the server answers later and
// later until one more Quantum is waited for, and so knows it to the millisecond. So the
// first round trip over a way says how many are waited for, and the others are compared
// with the first alone. That shows the server by how much it answers later than it did,
// which it knew.
type Pace struct {
	first time.Duration // round trip when the way was new; 0: not yet measured
}

const (
	// Quantum is what round trips are rounded up to, as the server sees them.
	Quantum = 100 * time.Millisecond
	// Noise is by how much a round trip may exceed the first one before one more Quantum
	// is waited for.
	Noise = 20 * time.Millisecond
	// Gather is how long after the first frame others may come that are acknowledged with
	// it, and how long a frame is held at least: time for the asker's own work too, which
	// must not show. (The second half of a handshake takes MIPS a half of it.)
	Gather = Quantum - Noise
)

// Gate returns when the frames of an errand leave. rtt is the asker's own measurement in
// this errand: from when message 1 was first sent until message 2 came in, before
// anything was computed from it.
func (p *Pace) Gate(rtt time.Duration) Gate {
	rtt = max(rtt, 1)
	if p.first == 0 {
		p.first = rtt
	}
	steps := up(p.first) + 1 + up(rtt-p.first-Noise)
	return Gate{Hold: steps*Quantum - rtt}
}

// up is how many quanta cover a time; none is needed for what is not above 0.
func up(d time.Duration) time.Duration { return max(0, (d+Quantum-1)/Quantum) }

// A Gate says when the frames of one errand leave: all of them, from the request to the
// last acknowledgement, and whatever answers the session gives by itself.
type Gate struct {
	Hold time.Duration // at least Gather

	first time.Time // when the first frame of the group came
}

// Leave returns when a frame leaves that answers one that came in at a time; times do
// not fall. What comes within Gather of another leaves with it. Else each frame of a burst
// would show how long it had queued before the narrowest link, and so how fast that is;
// and if all that had come by the time of leaving left together, the last of them would
// show how long Hold is, and so the round trip.
//
// A frame that cannot leave then, since the asker is still at work, leaves at Late.
func (g *Gate) Leave(came time.Time) time.Time {
	if g.first.IsZero() || came.Sub(g.first) > Gather {
		g.first = came
	}
	return g.first.Add(g.Hold)
}

// Late returns when a frame leaves that was to leave at due but is ready later: whole
// quanta later.
func Late(due, ready time.Time) time.Time { return due.Add(up(ready.Sub(due)) * Quantum) }

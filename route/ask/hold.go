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
	// LeastHold is how long a frame is held at least that could leave at once: time for the
	// asker's own work, which must not show. (The second half of a handshake takes MIPS a
	// half of it.)
	LeastHold = Quantum - Noise
	// MostHold is how long a frame is held at most: a first round trip that was very long
	// is not waited for in all that follow.
	MostHold = time.Second
)

// Hold returns how long a frame of an errand is held, at most MostHold; at least
// LeastHold, less late. rtt is what the asker has measured in this errand, 0 if nothing;
// late is how long after the server's frame the asker's would leave if it were not held.
// Who is later than LeastHold waits for the next Quantum, and so shows that he is slow.
func (p *Pace) Hold(rtt, late time.Duration) time.Duration {
	if p.first == 0 {
		p.first = rtt
	}
	steps := min(up(p.first)+1+up(rtt-p.first-Noise), (rtt+MostHold)/Quantum)
	hold := steps*Quantum - rtt - late
	return hold + up(-hold)*Quantum
}

// up is how many quanta cover a time; none is needed for what is not above 0.
func up(d time.Duration) time.Duration { return max(0, (d+Quantum-1)/Quantum) }

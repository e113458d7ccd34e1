package hop

import (
	"time"

	"hopwire/link/identity"
)

// CircuitInfo describes one circuit for display. Of a circuit that passes
// through, a node knows the two neighbours and nothing else.
type CircuitInfo struct {
	Kind     string // own, end (of a peer's), relay
	State    string // active, warm, opening, old, open, broken
	Peer     identity.Key
	Hops     []identity.Key // own only
	Up, Down identity.Key   // neighbours: where it comes from, where it goes
	Age      time.Duration
	Version  byte // of the session; 0: only passing through, or not open yet
	RTT      time.Duration
	In, Out  uint64
}

// Each describes every circuit that passes through or ends here; t is its end here,
// nil where it passes through. f must not change a circuit.
func (cs *Circuits) Each(now time.Time, f func(i CircuitInfo, t *Terminal)) {
	for _, r := range cs.relays {
		f(r.describe(now), r.terminal)
	}
}

func (r *relay) describe(now time.Time) CircuitInfo {
	i := CircuitInfo{Kind: "relay", State: "open", Up: r.up.l.Peer(), Age: r.cs.at(now).since(r.born), In: uint64(r.in), Out: uint64(r.backOut)}
	if r.down != nil {
		i.Down = r.down.l.Peer()
	}
	if r.broken != 0 {
		i.State = "broken"
	}
	if r.terminal != nil {
		i.Kind = "end"
	}
	return i
}

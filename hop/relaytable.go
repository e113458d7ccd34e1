package hop

import (
	"hopwire/hop/offheap"
	"hopwire/hop/onion"
)

// A relayTable is all relays that a node will ever have. What has pointers is in the
// Go heap, one piece; the rest is not, and so neither looked at by the garbage
// collector nor counted when it decides how far the heap may grow.
type relayTable struct {
	relays        []relay
	answers       []onion.Answers
	states, other *offheap.Table // what the relays' states and answers are views of
}

func newRelayTable(n int) *relayTable {
	t := &relayTable{relays: make([]relay, n)}
	var states []relayState
	t.states, states = offheap.Of[relayState](n)
	t.other, t.answers = offheap.Of[onion.Answers](n)
	for i := range t.relays {
		t.relays[i].relayState = &states[i]
	}
	return t
}

// clear makes the relay a vacant one; its keys are erased.
func (r *relay) clear() {
	if a := r.answers(); !a.Empty() { // or it would touch the page
		*a = onion.Answers{}
	}
	*r.relayState = relayState{freed: true}
	*r = relay{relayState: r.relayState}
}

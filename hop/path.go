package hop

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"hopwire/hop/onion"
	"hopwire/link/identity"
)

// A Hop is one node of a path as its source knows it.
type Hop struct {
	Key    identity.Key
	Onion  [32]byte // the X25519 onion key to use now
	Other  [32]byte // the other key that the hop has announced, of the other parity; zero: none
	Parity byte     // lowest bit of the epoch of Onion
	Price  byte     // price limit as a power of two
}

// MaxHops is how many hops a path has at most: those of a set-up (onion.MaxHops), and of
// two Extends.
const MaxHops = onion.MaxHops * (1 + extensionsMost)

// A Path is a way to its last hop; the first is a neighbour. 1 to MaxHops hops
// (2 to MaxHops when there is a relay). A path of one hop is the neighbour itself.
type Path struct {
	Hops []Hop
	Cost time.Duration // what the map expects, for ranking and time-outs
}

// Same says whether both paths lead over the same nodes. Their keys of the hour,
// prices and costs may differ.
func (p Path) Same(o Path) bool {
	return slices.EqualFunc(p.Hops, o.Hops, func(a, b Hop) bool { return a.Key == b.Key })
}

// Errors of a path source, and of what is asked for when there is no room.
var (
	ErrUnknown = errors.New("hop: address is not known")
	ErrNoPath  = errors.New("hop: no path")
	ErrTooMany = errors.New("hop: too much under way")
	ErrTooFar  = errors.New("hop: more than 48 hops") // MaxHops
	ErrAsking  = errors.New("hop: the map is asking") // it has no path yet: packets wait for its word
)

// A Reason says what went wrong on a circuit.
type Reason byte

const (
	ReasonLinkDown Reason = iota + 1 // the hop lost its next hop
	ReasonFull                       // its circuit table is full
	ReasonBusy                       // too many set-ups
	ReasonRefused                    // the next hop could not open the set-up
	ReasonNoNext                     // the next short id is no neighbour
	ReasonExpired                    // end of the circuit's life
	ReasonTimeout                    // no answer (seen by the source)
	ReasonLoss                       // unexplained loss (seen by the source)
	ReasonSpoiled                    // frames of the far end fail their tag (seen by the source)
)

// Paths is what hop needs of a map; package route has one.
type Paths interface {
	// Paths returns up to n paths to the address, the cheapest first and the
	// others as disjoint from it as can be had; ErrUnknown, ErrNoPath, ErrTooFar. Or
	// ErrAsking: the map asks others, and says when it has learned something (for
	// package node: Node.Found).
	Paths(now time.Time, to identity.Key, n int) ([]Path, error)
	// Lookup finds the key of a mesh IPv6 address.
	Lookup(ip netip.Addr) (identity.Key, bool)
	// Failed reports trouble with hop i of a path (or the link that leads to it).
	Failed(now time.Time, p Path, i int, why Reason)
	// Load returns the highest load that a hop of a path announces.
	Load(p Path) Load
}

// Load is how full the circuit table of a node is, as it announces it.
type Load byte

const (
	LoadLight Load = iota
	LoadBusy       // was full, and is not yet down to 60 %: no new warm circuits
	LoadFull       // at least 75 %: no warm circuits
)

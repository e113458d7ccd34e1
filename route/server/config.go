package server

import (
	"time"

	"hopwire/link/identity"
	"hopwire/route/query"
)

// A Config says whose server it is and how much it may hold.
type Config struct {
	Identity *identity.Identity
	Servers  []identity.Key // that the operator knows: landmarks, and not limited when copied
	Allowed  []identity.Key // may ask for ways with conditions
	Relays   int            // on the map at most; Fit says how many fit
	Bytes    int            // of their announcements at most
	First    uint32         // random: snapshots are numbered from half of it on

	// Work runs a job elsewhere: it touches nothing of the server, and what it returns is
	// later called in a turn, with the time of then. A kind is a queue of its own, since
	// a job of Mapping takes seconds. False: the queue is full, the job is not run.
	Work func(kind Kind, job func() (done func(now time.Time))) bool
}

// A Kind of work.
type Kind byte

// Kinds of work, the most urgent first.
const (
	Answering Kind = iota // a millisecond each; 200 a second or more
	Checking              // signatures, some ms each; one job at a time
	Mapping               // a snapshot, seconds; one job at a time
)

// A Caller is who asks: by which neighbour of ours the call came in (identities cost
// nothing, so limits go by neighbour), and under which identity.
type Caller struct {
	Neighbour identity.Key
	Key       identity.Key
	Local     bool // the operator himself, over the control socket
}

// Reply takes the response to a request, at once or later, once; the response is its own.
type Reply func(now time.Time, response []byte)

// perRelay is what a relay with ten links takes of a server's memory, all in: its
// announcement, the store, one snapshot in use and the next being made (measured, wire.md,
// "Memory").
const perRelay = 2000

// Fit says how many relays, and bytes of announcements, a server of so much memory holds.
func Fit(memory int) (relays, bytes int) {
	relays = max(64, memory/perRelay)
	return relays, relays * meanBytes
}

// Counters count what became of requests and announcements since the start.
type Counters struct {
	Asked    [query.OpPaths + 1]uint64          // by operation
	Answered [query.StatusNotAllowed + 1]uint64 // by status

	Received, Accepted, Duplicate, Old uint64 // announcements
	BadSignature, Limited              uint64
	TooOften                           uint64 // a relay announces itself more than it may
	Unwanted                           uint64 // somebody else has the short id
	Full                               uint64 // no room for a further relay
	Evicted, Expired                   uint64
	Snapshots                          uint64
}

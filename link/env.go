package link

import "time"

// An Env is what the core needs of the outside. All methods are called by the
// goroutine that owns the core (see Links), and must not call back into it.
type Env interface {
	// Send passes f to the port; f belongs to the callee from then on, who calls
	// f.Seal before it goes out, as Queue does.
	Send(port int, f *Frame)
	// Alloc returns a free frame, or nil when the pool is empty.
	Alloc() *Frame
	// Free gives a frame back.
	Free(f *Frame)
	// Work runs job, which does public-key arithmetic and touches nothing of
	// the core, somewhere else; what job returns is later called by the owner of
	// the core with the time of then. False: the queue is full, job is not run.
	Work(cost Cost, job func() (done func(now time.Time))) bool
}

// Cost says what a job of public-key work consists of, for queues that rank it
// and for the simulator, which charges it in virtual time.
type Cost struct {
	Class Class
	DH    int // X25519 multiplications
	KEM   int // ML-KEM-768 operations
	Sign  int // Ed25519 signatures and verifications
}

// Class ranks jobs: a lower one goes first.
type Class uint8

const (
	ClassHandshake Class = iota // links and sessions
	ClassSetup                  // circuit set-up
	ClassVerify                 // announcements
)

package gateway

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// A Config is what a gateway is made of. Zero values of the last block have defaults.
type Config struct {
	Gateway  identity.Key // the offline key, by which it is named
	Keys     []Key        // that sign, of epochs that were or will be; one must be now
	Terms    body.Terms   // of a new ledger; From is set
	Database string       // a file of SQLite
	Clock    Clock
	Rand     io.Reader        // read by one goroutine at a time
	Chains   map[uint32]Chain // by asset; without one, its deposits and withdrawals are stopped

	Journal  Journal  // nil: none, and what the disk loses is lost
	Recovery [32]byte // X25519 key that entries of the journal are sealed to

	Rate, Burst float64       // requests a second of one neighbour: 200, 400
	Queue       int           // requests that wait at most: 4,096; of one neighbour a quarter
	Workers     int           // that check signatures: 2
	Include     time.Duration // until receipts are in the log; 0: there is none

	wait time.Duration // after a batch's first call, for others: batchWait
}

// A Key signs for a gateway during an epoch.
type Key struct {
	Identity    *identity.Identity
	Certificate []byte // pay.Epoch.Certificate, by the offline key
}

// A Gateway serves clients, from Open to Close.
type Gateway struct {
	c     Config
	store store
	N     Counters

	in    chan *job // to workers
	ready chan *job // to the writer
	stop  chan struct{}
	ended chan struct{}
	tasks sync.WaitGroup

	mu     sync.Mutex // guards these
	limits *limits
	closed bool

	public atomic.Pointer[public]
	health atomic.Pointer[Health]

	// The writer's.
	time      *timekeeper
	state     state
	journaled uint64
	keys      []signer // by rising number
	terms     []stated // by rising From
	late      []*job   // of accounts that are in the batch before
	done      bool     // the batch is in the store
}

// public is what anybody may ask for.
type public struct {
	terms, epochs [][]byte            // answered to who names none
	by            map[[32]byte][]byte // all terms, by hash
	of            map[uint32][]byte   // all certificates, by number
	all           [][]byte            // the same, by rising number
}

// Counters count since the start.
type Counters struct {
	Calls    atomic.Uint64 // done or refused, with a receipt of their own
	Refused  atomic.Uint64 // of these, with another status than OK
	Repeats  atomic.Uint64 // receipts given again
	Others   atomic.Uint64 // Used, Ahead, Forked
	Bad      atomic.Uint64
	Busy     atomic.Uint64 // over the limits
	Halted   atomic.Uint64
	Batches  atomic.Uint64 // committed
	Failures atomic.Uint64 // calls that the store or the rules' own check refused: faults of ours
}

// A Health is how a gateway does.
type Health struct {
	Number    uint64        // of the newest batch
	Time      int64         // gateway time, ms since 1970
	Journaled uint64        // up to this batch all is in the journal
	Skew      time.Duration // of the system clock against gateway time; it is not followed
	Trouble   error         // why nothing is answered
}

// ErrAudit is returned when the books do not balance.
var ErrAudit = errors.New("gateway: the books do not balance")

// errClosed is returned for what comes after Close.
var errClosed = errors.New("gateway: closed")

// Open opens the ledger, or makes it, and audits it. What is committed and not in the
// journal goes there first.
func Open(c Config) (*Gateway, error) {
	c.defaults()
	s, err := openSQLite(c.Database, c.Gateway)
	if err != nil {
		return nil, err
	}
	g, err := start(c, s)
	if err != nil {
		s.close()
	}
	return g, err
}

func (c *Config) defaults() {
	if c.Rate == 0 {
		c.Rate, c.Burst = 200, 400
	}
	if c.Queue == 0 {
		c.Queue = 4096
	}
	if c.wait == 0 {
		c.wait = batchWait
	}
	if c.Workers == 0 {
		c.Workers = 2
	}
}

// start runs a gateway on a store, which it closes at the end.
func start(c Config, s store) (*Gateway, error) {
	g := &Gateway{c: c, store: s, in: make(chan *job, c.Queue), ready: make(chan *job, c.Queue), stop: make(chan struct{}), ended: make(chan struct{}),
		limits: newLimits(c.Rate, c.Burst, max(1, c.Queue/4))}
	if err := g.load(); err != nil {
		return nil, err
	}
	for range c.Workers {
		g.tasks.Go(g.work)
	}
	g.tasks.Go(g.write)
	return g, nil
}

// load reads what the store has, and makes good what a crash left.
func (g *Gateway) load() (err error) {
	if g.state, err = g.store.state(); err != nil {
		return err
	}
	if g.time, err = newTimekeeper(g.c.Clock, g.state.time); err != nil {
		return err
	}
	a, err := g.store.audit()
	if err != nil {
		return err
	}
	if len(a.Wrong) > 0 {
		return fmt.Errorf("%w: %v", ErrAudit, a.Wrong)
	}
	if err := g.openJournal(); err != nil {
		return err
	}
	if err := g.loadStatements(); err != nil {
		return err
	}
	g.say(nil)
	return nil
}

// Handle answers a request of pay/request/wire.md, "Requests". from is the neighbour by which it
// came; what is asked is copied. reply is called once, at once or by another goroutine,
// and owns the answer; it must not wait.
func (g *Gateway) Handle(from identity.Key, asked []byte, reply func(answer []byte)) {
	j := &job{reply: reply}
	if o := g.queue(j, from, asked); o != request.Answered {
		g.answer(j, o)
	}
}

// queue hands a request to the workers, if there is room for it.
func (g *Gateway) queue(j *job, from identity.Key, asked []byte) request.Outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return request.Halted
	}
	j.caller = g.limits.take(from, time.Unix(0, 0).Add(g.c.Clock.Elapsed()))
	switch {
	case j.caller == nil || len(g.in) == cap(g.in): // only here it is filled
		return request.Busy
	case len(asked) == 0 || len(asked) > maxRequest:
		return request.Bad
	}
	j.kind, j.raw = request.Ask(asked[0]), append([]byte(nil), asked[1:]...)
	g.in <- j
	return request.Answered
}

// maxRequest is more than the longest call.
const maxRequest = 1 + 182 + 2 + pay.MaxBody + 64

// answer ends a job that came from outside.
func (g *Gateway) answer(j *job, o request.Outcome, items ...[]byte) {
	switch o {
	case request.Used, request.Ahead, request.Forked:
		g.N.Others.Add(1)
	case request.Bad:
		g.N.Bad.Add(1)
	case request.Busy:
		g.N.Busy.Add(1)
	case request.Halted:
		g.N.Halted.Add(1)
	}
	if j.caller != nil {
		g.mu.Lock()
		j.caller.waiting--
		g.mu.Unlock()
	}
	j.reply(request.AppendAnswer(nil, o, items...))
}

// Name is the gateway's: its offline key.
func (g *Gateway) Name() identity.Key { return g.c.Gateway }

// Audit looks for what may not be, on a snapshot, while calls go on.
func (g *Gateway) Audit() (Audit, error) { return g.store.audit() }

// Health is as of the newest batch.
func (g *Gateway) Health() Health { return *g.health.Load() }

// Close ends it: what is being written is finished, the rest answered with Halted.
func (g *Gateway) Close() error {
	g.mu.Lock()
	was := g.closed
	g.closed = true
	g.mu.Unlock()
	if was {
		return errClosed
	}
	close(g.stop)
	g.tasks.Wait()
	for _, c := range []chan *job{g.in, g.ready} {
		for len(c) > 0 {
			g.end(<-c, errClosed)
		}
	}
	close(g.ended)
	return g.store.close()
}

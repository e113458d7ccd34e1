package gateway

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// Bounds of a batch.
const (
	maxBatch  = 128
	batchWait = 3 * time.Millisecond // after its first call, for others
)

// write makes batches of what is ready, until the end.
func (g *Gateway) write() {
	for {
		jobs := g.collect()
		if jobs == nil {
			for _, j := range g.late {
				g.end(j, errClosed)
			}
			return
		}
		g.commit(jobs)
	}
}

// collect waits for a job, and a little for more. Of an account it takes one: the next
// may name or show the receipt of this one, which is not signed yet. nil: the end.
func (g *Gateway) collect() (jobs []*job) {
	seen := map[account.Account]bool{}
	take := func(j *job) {
		if j.do == nil && seen[j.of] {
			g.late = append(g.late, j)
			return
		}
		seen[j.of] = true
		jobs = append(jobs, j)
	}
	before := g.late
	g.late = nil
	for i, j := range before {
		if len(jobs) == maxBatch {
			g.late = append(g.late, before[i:]...)
			break
		}
		take(j)
	}
	if len(jobs) == 0 {
		select {
		case <-g.stop:
			return nil
		case j := <-g.ready:
			take(j)
		}
	}
	g.more(func() bool { return len(jobs)+len(g.late) < maxBatch }, take)
	return jobs
}

// more takes what is ready, and what comes while it may wait.
func (g *Gateway) more(room func() bool, take func(*job)) {
	timer := time.NewTimer(g.c.wait)
	defer timer.Stop()
	for room() {
		select {
		case j := <-g.ready:
			take(j)
			continue
		default:
		}
		select {
		case j := <-g.ready:
			take(j)
		case <-timer.C:
			return
		case <-g.stop:
			return
		}
	}
}

// commit does a batch, and lets its answers go once it is durable, here and in the
// journal. One that the store refuses for what is in it is done again call by call, so
// that a fault of ours costs the call that it is in, and no other.
func (g *Gateway) commit(jobs []*job) {
	err := g.batch(jobs)
	if len(jobs) > 1 && isConstraint(err) {
		for _, j := range jobs {
			g.commit([]*job{j})
		}
		return
	}
	if err != nil {
		g.N.Failures.Add(1)
	}
	g.say(err)
	for _, j := range jobs {
		g.end(j, err)
	}
}

// isConstraint says whether the store refused what was to be written.
func isConstraint(err error) bool {
	var c interface{ Code() int }
	return errors.As(err, &c) && c.Code()&0xff == 19 // SQLITE_CONSTRAINT
}

// batch does jobs in one transaction.
func (g *Gateway) batch(jobs []*job) error {
	g.done = false
	if err := g.catchUp(); err != nil {
		return err
	}
	r, key, err := g.rules()
	if err != nil {
		return err
	}
	t, err := g.store.begin()
	if err != nil {
		return err
	}
	defer t.rollback() // nothing, after a commit
	rows, err := t.rows(g.addresses(jobs))
	if err != nil {
		return err
	}
	l := newLedger(r, t, g.state.number+1, rows)
	for _, j := range jobs {
		j.reset()
		j.run(l)
	}
	if err := g.sign(jobs, l, key); err != nil {
		return err
	}
	b := l.close()
	if b.empty() && r.now <= g.state.time {
		g.done = true
		return nil
	}
	if b.empty() {
		b.time += timeAhead.Milliseconds() // statements are signed at times that the store knows
	}
	return g.put(t, b)
}

// addresses are all that jobs name, in the store's order.
func (g *Gateway) addresses(jobs []*job) (all []account.Address) {
	for _, j := range jobs {
		all = append(all, j.addresses(g.c.Gateway)...)
	}
	slices.SortFunc(all, func(a, b account.Address) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// reset forgets what an attempt left.
func (j *job) reset() {
	j.outcome, j.shown, j.repeat, j.receipt, j.address, j.stored, j.signed, j.err = 0, nil, false, nil, nil, false, nil, nil
}

// put commits a batch, then writes it to the journal.
func (g *Gateway) put(t tx, b *batch) error {
	var record []byte
	if g.c.Journal != nil {
		record = b.append(nil)
	}
	if err := t.commit(b, record, g.journaled); err != nil {
		return err
	}
	g.state.number, g.state.time = b.number, max(g.state.time, b.time)
	g.done = true
	g.N.Batches.Add(1)
	return g.enter(b.number, record)
}

// sign signs what a batch says, on all processors, and puts receipts into their rows.
func (g *Gateway) sign(jobs []*job, l *ledger, key *signer) error {
	for _, j := range jobs {
		if j.receipt != nil {
			if _, err := io.ReadFull(g.c.Rand, j.receipt.Salt[:]); err != nil {
				return err
			}
		}
	}
	parallel(len(jobs), g.c.Workers, func(i int) { jobs[i].sign(l, key) })
	for _, j := range jobs {
		if j.stored {
			l.rows[j.receipt.Account.Address()].receipt = j.signed
		}
	}
	return nil
}

func (j *job) sign(l *ledger, key *signer) {
	switch {
	case j.address != nil:
		j.receipt.Body = key.statement(pay.KindDeposit, l, j.address.Append(nil))
		j.signed = j.receipt.Signed(key.id)
	case j.receipt != nil:
		j.signed = j.receipt.Signed(key.id)
	case j.kind == request.AskNewest && j.shown != nil:
		n := body.Newest{Account: j.of, Inbox: j.shown.inbox, Acked: j.shown.acked} // Size: there is no log yet
		if j.shown.seq > 0 {
			n.Receipt = pay.HashOf(j.shown.receipt)
		}
		j.signed = key.statement(pay.KindNewest, l, n.Append(nil))
	}
}

// parallel calls do for 0 to n-1, several at once.
func parallel(n, workers int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	run := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(i)
		}
	}
	for range min(workers, n/4) {
		all.Go(run)
	}
	run()
	all.Wait()
}

// end answers a job. With an error, nobody knows whether it is done: the same bytes
// again find out.
func (g *Gateway) end(j *job, err error) {
	switch {
	case j.do != nil:
		j.done(g.done && j.err == nil, errors.Join(err, j.err))
	case err != nil || j.err != nil:
		if j.err != nil {
			g.N.Failures.Add(1)
		}
		g.answer(j, request.Halted)
	case j.receipt != nil:
		g.count(j)
		g.answer(j, request.Answered, j.signed)
	case j.kind == request.AskNewest && j.shown != nil && j.shown.seq > 0:
		g.answer(j, request.Answered, j.signed, j.shown.call, j.shown.receipt)
	case j.kind == request.AskNewest:
		g.answer(j, request.Answered, j.signed)
	case j.repeat:
		g.N.Repeats.Add(1)
		g.answer(j, request.Answered, j.shown.receipt)
	case j.shown != nil && j.shown.seq > 0:
		g.answer(j, j.outcome, j.shown.call, j.shown.receipt)
	default:
		g.answer(j, j.outcome)
	}
}

func (g *Gateway) count(j *job) {
	g.N.Calls.Add(1)
	if j.receipt.Status != pay.OK {
		g.N.Refused.Add(1)
	}
}

// say publishes how it goes.
func (g *Gateway) say(err error) {
	g.health.Store(&Health{Number: g.state.number, Time: g.time.last, Journaled: g.journaled, Skew: g.time.skew(), Trouble: err})
}

package gateway

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// A job is one request on its way to its answer, or something of our own to be written.
type job struct {
	caller *caller // nil: our own
	kind   request.Ask
	raw    []byte // request, without the byte of what is asked
	reply  func(answer []byte)

	call pay.Call // AskCall
	of   account.Account

	// Of our own: do writes into the batch, or changes nothing and fails; done is called by
	// the writer at the end: kept says whether the store has it, err whether all went well.
	do   func(l *ledger) error
	done func(kept bool, err error)

	// What the writer made of it.
	outcome request.Outcome
	shown   *row          // its call and receipt are shown, or its receipt again
	repeat  bool          // the receipt alone
	receipt *pay.Receipt  // a new one, yet to be signed
	address *body.Deposit // its body, yet to be signed
	stored  bool
	signed  []byte // the receipt, or a statement
	err     error
}

// work checks requests, until the end. Signatures cost more than all else of a call, so
// the writer gets only what has a good one.
func (g *Gateway) work() {
	for {
		select {
		case <-g.stop:
			return
		case j := <-g.in:
			g.check(j)
		}
	}
}

func (g *Gateway) check(j *job) {
	p := g.public.Load()
	switch {
	case j.kind == request.AskTerms && len(j.raw) == 0:
		g.answer(j, request.Answered, p.terms...)
	case j.kind == request.AskEpochs && len(j.raw) == 0:
		g.answer(j, request.Answered, p.epochs...)
	case j.kind == request.AskTerms && len(j.raw) == 32:
		g.show(j, p.by[[32]byte(j.raw)])
	case j.kind == request.AskEpochs && len(j.raw) == 4:
		g.show(j, p.of[binary.LittleEndian.Uint32(j.raw)])
	case j.kind == request.AskCall && g.isCall(j), j.kind == request.AskNewest && g.isNewest(j):
		select {
		case g.ready <- j:
		case <-g.stop:
			g.answer(j, request.Halted)
		}
	default:
		g.answer(j, request.Bad)
	}
}

// show answers with what was asked for by name.
func (g *Gateway) show(j *job, statement []byte) {
	if statement == nil {
		g.answer(j, request.Unknown)
	} else {
		g.answer(j, request.Answered, statement)
	}
}

// maxSeq keeps seqs in the store's integers.
const maxSeq = 1 << 62

func (g *Gateway) isCall(j *job) (ok bool) {
	var err error
	j.call, err = pay.ParseCall(j.raw)
	j.of = j.call.Account()
	return err == nil && j.call.Gateway == g.c.Gateway && j.call.Seq <= maxSeq
}

// isNewest looks whether the owner asks, and when: the answer tells what there is.
func (g *Gateway) isNewest(j *job) bool {
	of, key, expiry, err := request.ParseNewest(j.raw)
	j.of = account.Of(of, key)
	return err == nil && of == g.c.Gateway && expiry >= g.Health().Time
}

// addresses are those that a job names.
func (j *job) addresses(gateway identity.Key) (all []account.Address) {
	if j.do != nil {
		return nil
	}
	if t, ok := body.ParseTransfer(j.call.Body, gateway); ok && j.call.Op == pay.OpTransfer {
		all = append(all, t.Payee.Address)
	}
	return append(all, j.of.Address())
}

// run does a job in the batch.
func (j *job) run(l *ledger) {
	switch {
	case j.do != nil:
		j.err = j.do(l)
	case j.kind == request.AskNewest:
		if j.shown, _ = l.find(j.of); j.shown == nil {
			j.shown = &row{name: j.of} // and nothing is known of it
		}
	default:
		j.runCall(l)
	}
}

func (j *job) runCall(l *ledger) {
	j.outcome, j.repeat = l.place(&j.call, j.raw)
	if j.outcome == request.Answered && !j.repeat {
		j.receipt, j.address, j.stored, j.err = l.do(&j.call, j.raw)
		return
	}
	j.shown, _ = l.find(j.of)
}

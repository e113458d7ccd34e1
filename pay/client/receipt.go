package client

import (
	"bytes"
	"time"

	"hopwire/pay"
)

// Answer takes the answer to what Next gave, or to something before: it is told by its
// signature. It returns what became of the call; the receipt that is known already gives
// the same again. Errors: those of what is dropped; errUsed, errLater, ErrAdopted; of the
// store, when the receipt is taken but not on flash; and a Reason, when it contradicts what
// the gateway signed before: then the account stops, and Export has both.
func (a *Account) Answer(now time.Time, b []byte) (pay.Status, error) {
	items, err := a.c.items(b)
	if err == errUsed && len(a.underWay) > 0 {
		a.unsure, a.due = true, time.Time{}
	}
	if err != nil {
		return 0, err
	}
	if len(items) == 0 {
		return 0, a.c.drop(errForm)
	}
	if a.unsure && len(items[0]) == newestSize {
		return a.stands(now, items)
	}
	return a.take(now, items[0])
}

// take takes a receipt.
func (a *Account) take(now time.Time, b []byte) (pay.Status, error) {
	c := a.c
	if a.against != 0 {
		return 0, a.against
	}
	r, cert, err := c.receiptBy(b)
	if err != nil {
		return 0, err
	}
	if r.Account != a.name {
		return 0, c.drop(errForeign)
	}
	c.saw(now, r.Time)
	if bytes.Equal(b, a.receipt) {
		return r.Status, nil
	}
	if a.last.Seq != 0 && r.Seq == a.last.Seq && r.Call == a.last.Call && !(empty(&r) && empty(&a.last)) {
		return 0, a.contradict(Twice, cert, b)
	}
	if len(a.underWay) == 0 || r.Seq < a.asked.Seq {
		return 0, c.drop(errLate)
	}
	if r.Seq != a.asked.Seq || r.Call != pay.HashOf(a.underWay) {
		return 0, c.drop(errForeign)
	}
	t, err := a.needs(&r)
	if err != nil {
		return 0, c.drop(err)
	}
	if why := a.judge(&r, t); why != 0 {
		return 0, a.contradict(why, cert, b)
	}
	return r.Status, a.accept(r, bytes.Clone(b), cert)
}

// needs returns the terms that a receipt names. What it cannot be judged without is
// wanted; the call stays under way, and is answered again.
func (a *Account) needs(r *pay.Receipt) (*terms, error) {
	t, ok := a.c.known(r.Terms)
	if !ok {
		a.c.want.terms = r.Terms
		return nil, errTerms
	}
	if a.asked.Op == pay.OpDeposit && r.Status == pay.OK {
		number, _ := pay.StatementEpoch(r.Body)
		if a.c.epoch(number) == nil && number != 0 {
			a.c.want.epoch = number
			return nil, errEpoch
		}
	}
	return t, nil
}

// empty says that nothing is at stake: of an account that was never credited the gateway
// keeps nothing, and may answer the same call otherwise.
func empty(r *pay.Receipt) bool {
	return r.Balance == 0 && r.Held == 0 && r.Inbox == pay.Inbox{} && r.Seq != 0
}

// accept makes a receipt that was judged the newest.
func (a *Account) accept(r pay.Receipt, b, cert []byte) error {
	if err := a.keepDeposit(&r); err != nil {
		return err // the call stays under way, and is answered again
	}
	next := a.record
	next.call, next.receipt, next.cert, next.underWay = a.underWay, b, cert, nil
	if r.Status == pay.OK {
		next.acked = a.asked.Ack
		next.closed = a.asked.Op == pay.OpClose
	}
	if r.Inbox.Count > 0 {
		a.c.sure = a.c.sure || a.confirms
		a.c.Paid(a.index)
	}
	// A look at the account is not worth a write: until the next call, flash has the call
	// as under way, and after a power cut it gets the same receipt.
	lazy := r.Status != pay.OK || a.asked.Op == pay.OpBalance || a.asked.Op == pay.OpClaim && len(r.Body) == 0
	r.Body = b[len(b)-64-len(r.Body) : len(b)-64]
	a.record, a.last, a.asked, a.dirty = next, r, pay.Call{}, true
	if lazy {
		return nil
	}
	return a.write(a.record)
}

// keepDeposit writes the statement of a deposit address, before the call is done.
func (a *Account) keepDeposit(r *pay.Receipt) error {
	if a.asked.Op != pay.OpDeposit || r.Status != pay.OK {
		return nil
	}
	number, _ := pay.StatementEpoch(r.Body)
	e := a.c.epoch(number) // it was judged by that
	b := fileOf(0, appendStatement(appendStatement(nil, e.cert), r.Body), a.c.gateway)
	if old, err := a.c.store.Read(a.slot(slotDeposit)); err == nil && bytes.Equal(old, b) {
		return nil
	}
	return a.c.store.Write(a.slot(slotDeposit), b)
}

// contradict stops the account, and keeps what convinces others: what is known, the
// receipt that cannot be true beside it, and the terms that it names.
func (a *Account) contradict(why Reason, cert, receipt []byte) error {
	b := a.papers(nil)
	if !bytes.Equal(cert, a.cert) {
		b = appendStatement(b, cert)
	}
	b = pay.AppendPaper(b, pay.PaperReceipt, receipt)
	return a.stop(why, b)
}

func (a *Account) stop(why Reason, papers []byte) error {
	if a.c.old != nil {
		papers = appendStatement(appendStatement(papers, a.c.old.cert), a.c.old.signed)
	}
	for _, t := range a.c.terms {
		papers = appendStatement(appendStatement(papers, t.cert), t.signed)
	}
	a.against = why
	if err := a.c.store.Write(a.slot(slotEvidence), fileOf(why, papers, a.c.gateway)); err != nil {
		return err // it stays stopped until the next start
	}
	return why
}

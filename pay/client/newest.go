package client

import (
	"bytes"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
	"hopwire/pay/request"
)

// never is the latest time that there is, and the expiry of a request for the newest
// receipt: it changes nothing, so it may be answered whenever, and it tells no time.
const never = 1 << 62

// newestSize is the size of a statement KindNewest: a receipt is longer.
const newestSize = 46 + 2 + 168 + 64

func (c *Client) askNewest(key *identity.Identity) []byte {
	return request.NewestRequest(c.gateway, key, never)
}

// Look has Next ask how the account stands at the gateway: whether it is newer there than
// its record, as when the seed is used elsewhere, or the record is an old one.
func (a *Account) Look() { a.unsure = true }

// A standing is how an account stands, as the gateway signs it.
type standing struct {
	body.Newest
	at            int64
	r             pay.Receipt // Seq 0: there is none
	call          pay.Call
	statement     []byte
	by            []byte // certificate of who signed that
	receipt, cert []byte
	signed        []byte // the call
}

// standing reads the answer to a request for the newest receipt. A receipt counts only
// with its call, which only the holder of the account's key could sign: nobody else makes
// an account older or newer.
func (c *Client) standing(now time.Time, of account.Account, items [][]byte) (s *standing, err error) {
	if len(items) != 1 && len(items) != 3 {
		return nil, c.drop(errForm)
	}
	s = &standing{}
	if s.statement = items[0]; len(items) == 3 {
		s.signed, s.receipt = items[1], items[2]
	}
	return s, c.check(now, of, s)
}

// check says whether the papers of a standing belong together.
func (c *Client) check(now time.Time, of account.Account, s *standing) error {
	st, cert, err := c.signed(s.statement)
	if err != nil {
		return err
	}
	n, ok := body.ParseNewest(st.Body)
	if st.Kind != pay.KindNewest || !ok {
		return c.drop(errForm)
	}
	if n.Account != of {
		return c.drop(errForeign)
	}
	s.Newest, s.at, s.by = n, st.Time, cert
	if st.Epoch != 0 {
		c.saw(now, st.Time)
	}
	if n.Receipt == [32]byte{} {
		s.receipt, s.signed = nil, nil
		if n.Acked != (pay.Inbox{}) {
			return c.drop(errForm)
		}
		return nil
	}
	if s.r, s.cert, err = c.receiptBy(s.receipt); err != nil {
		return err
	}
	s.call, err = pay.ParseCall(s.signed)
	if err != nil || pay.HashOf(s.receipt) != n.Receipt || pay.HashOf(s.signed) != s.r.Call {
		return c.drop(errForm)
	}
	if s.r.Account != of || s.call.Account() != of || s.call.Seq != s.r.Seq {
		return c.drop(errForeign)
	}
	if !grown(n.Acked, s.r.Inbox) || !grown(s.r.Inbox, n.Inbox) || s.r.Status == pay.OK && n.Acked != s.call.Ack {
		return c.drop(errForm) // it does not agree with itself: another answer will have to
	}
	return nil
}

// stands takes the answer to a request for the newest receipt. ErrAdopted: the account is
// newer there, by calls that its own key signed, and has become that.
func (a *Account) stands(now time.Time, items [][]byte) (pay.Status, error) {
	if a.against != 0 {
		return 0, a.against
	}
	s, err := a.c.standing(now, a.name, items)
	if err != nil {
		return 0, err
	}
	a.unsure = false
	switch {
	case s.r.Seq < a.last.Seq:
		if empty(&a.last) {
			return 0, nil
		}
		if s.at < a.last.Time {
			return 0, a.c.drop(errLate)
		}
		return 0, a.c.drop(ErrBehind)
	case s.r.Seq == 0 || bytes.Equal(s.receipt, a.receipt):
		return a.last.Status, nil
	case s.r.Call == pay.HashOf(a.underWay) || s.r.Seq == a.last.Seq && s.r.Call == a.last.Call:
		return a.take(now, s.receipt)
	case s.r.Seq == a.last.Seq && !empty(&a.last):
		return 0, a.stop(Twice, a.alsoSigned(s))
	case s.r.Time < a.last.Time:
		return 0, a.stop(TimeFell, a.alsoSigned(s))
	case !grown(a.last.Inbox, s.r.Inbox):
		return 0, a.stop(WrongInbox, a.alsoSigned(s))
	}
	return 0, a.adopt(s)
}

// alsoSigned are the papers of the record and those of a standing that contradicts them.
func (a *Account) alsoSigned(s *standing) []byte {
	b := appendStatement(appendStatement(a.papers(nil), s.by), s.statement)
	b = appendStatement(b, s.cert)
	b = pay.AppendPaper(b, pay.PaperCall, s.signed)
	return pay.AppendPaper(b, pay.PaperReceipt, s.receipt)
}

// adopt takes a newer standing. That records were behind is on flash first: until Recover,
// no index is given out.
func (a *Account) adopt(s *standing) error {
	if !a.c.head.stale {
		h := a.c.head
		h.stale = true
		if err := a.c.writeHead(h); err != nil {
			return err
		}
	}
	if err := a.become(s); err != nil {
		return err
	}
	return ErrAdopted
}

// become makes a standing the record.
func (a *Account) become(s *standing) error {
	next := a.record
	next.acked, next.underWay = s.Acked, nil
	next.call, next.receipt, next.cert = bytes.Clone(s.signed), bytes.Clone(s.receipt), s.cert
	next.closed = s.r.Status == pay.OK && s.call.Op == pay.OpClose && s.r.Seq > 0
	if !next.fits() {
		return a.c.drop(errForm) // no call of ours has such a receipt
	}
	if err := a.write(next); err != nil {
		return err
	}
	a.asked, a.last = pay.Call{}, pay.Receipt{}
	return a.read()
}

// fits says whether a record has room for its papers and a call.
func (r *record) fits() bool {
	return len(r.call)+len(r.receipt)+len(r.cert)+maxCall <= offRecordChecksum-offRecordPapers
}

package client

import (
	"bytes"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// never is the expiry of a question: it changes nothing, so it may be answered whenever,
// and it tells no time.
const never = 1 << 62

// question asks, under an account's key, how the account stands.
func (c *Client) question(key *identity.Identity) []byte {
	q := pay.Call{Op: pay.OpNewest, Gateway: c.gateway, Key: key.Key(), Seq: pay.QuestionSeq, Expiry: never}
	return q.Signed(key)
}

// Question asks how the account stands at the gateway; Newest takes the answer.
func (a *Account) Question() []byte { return a.c.question(a.key) }

// A standing is how an account stands, as the gateway signs it.
type standing struct {
	body.Newest
	at            int64
	r             pay.Receipt // Seq 0: there is none
	call          pay.Call
	statement     []byte
	receipt, cert []byte
	signed        []byte // the call
}

// standing reads the answer to a question. A receipt counts only with its call, which only
// the holder of the account's key could sign: nobody else makes an account older or newer.
func (c *Client) standing(now time.Time, of account.Account, papers []byte) (s standing, err error) {
	for n := 0; len(papers) > 0; n++ {
		kind, paper, rest, ok := pay.NextPaper(papers)
		if !ok || n == maxPapers {
			return s, c.drop(ErrForm)
		}
		papers = rest
		if err := c.sort(&s, kind, paper); err != nil {
			return s, err
		}
	}
	return s, c.check(now, of, &s)
}

// sort puts a paper of a standing where it belongs: one of each, and certificates.
func (c *Client) sort(s *standing, kind pay.Paper, paper []byte) error {
	at := &s.statement
	switch kind {
	case pay.PaperCall:
		at = &s.signed
	case pay.PaperReceipt:
		at = &s.receipt
	default:
		if e, err := pay.ParseCertificate(paper, c.gateway); err == nil {
			return c.certificate(epoch{e, bytes.Clone(paper)}, true)
		}
	}
	if *at != nil {
		return c.drop(ErrForm)
	}
	*at = paper
	return nil
}

// check says whether the papers of a standing belong together.
func (c *Client) check(now time.Time, of account.Account, s *standing) error {
	st, _, err := c.signed(s.statement)
	if err != nil {
		return err
	}
	n, ok := body.ParseNewest(st.Body)
	if st.Kind != pay.KindNewest || !ok {
		return c.drop(ErrForm)
	}
	if n.Account != of {
		return c.drop(ErrForeign)
	}
	s.Newest, s.at = n, st.Time
	if st.Epoch != 0 {
		c.saw(now, st.Time)
	}
	if n.Receipt == [32]byte{} {
		s.receipt, s.signed = nil, nil
		if n.Acked != (pay.Inbox{}) {
			return c.drop(ErrForm)
		}
		return nil
	}
	if s.r, s.cert, err = c.receiptBy(s.receipt); err != nil {
		return err
	}
	s.call, err = pay.ParseCall(s.signed)
	if err != nil || pay.HashOf(s.receipt) != n.Receipt || pay.HashOf(s.signed) != s.r.Call {
		return c.drop(ErrForm)
	}
	if s.r.Account != of || s.call.Account() != of || s.call.Seq != s.r.Seq {
		return c.drop(ErrForeign)
	}
	if !grown(n.Acked, s.r.Inbox) || !grown(s.r.Inbox, n.Inbox) || s.r.Status == pay.OK && n.Acked != s.call.Ack {
		return c.drop(ErrForm) // it does not agree with itself: another answer will have to
	}
	return nil
}

// Newest takes the answer to Question, or that to a call whose seq is used. adopted: the
// account is newer there, by calls that its own key signed, and has become that: its seed
// is used elsewhere, or its record was an old one; the call under way was never done.
// Errors: as of Receipt.
func (a *Account) Newest(now time.Time, papers []byte) (adopted bool, err error) {
	if a.against != 0 {
		return false, a.against
	}
	s, err := a.c.standing(now, a.name, papers)
	if err != nil {
		return false, err
	}
	switch {
	case s.r.Seq < a.last.Seq:
		if empty(&a.last) {
			return false, nil
		}
		if s.at < a.last.Time {
			return false, a.c.drop(ErrLate)
		}
		return false, a.c.drop(ErrBehind)
	case s.r.Seq == 0 || bytes.Equal(s.receipt, a.receipt):
		return false, nil
	case s.r.Call == pay.HashOf(a.underWay) || s.r.Seq == a.last.Seq && s.r.Call == a.last.Call:
		_, err = a.Receipt(now, s.receipt)
		return false, err
	case s.r.Seq == a.last.Seq && !empty(&a.last):
		return false, a.stop(Twice, a.alsoSigned(&s))
	case s.r.Time < a.last.Time:
		return false, a.stop(TimeFell, a.alsoSigned(&s))
	case !grown(a.last.Inbox, s.r.Inbox):
		return false, a.stop(WrongInbox, a.alsoSigned(&s))
	}
	return true, a.adopt(&s)
}

// alsoSigned are the papers of the record and those of a standing that contradicts them.
func (a *Account) alsoSigned(s *standing) []byte {
	b := appendStatement(appendStatement(a.papers(nil), s.cert), s.statement)
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
	return a.take(s)
}

// take makes a standing the record.
func (a *Account) take(s *standing) error {
	next := a.record
	next.acked, next.underWay = s.Acked, nil
	next.call, next.receipt, next.cert = bytes.Clone(s.signed), bytes.Clone(s.receipt), s.cert
	next.closed = s.r.Status == pay.OK && s.call.Op == pay.OpClose && s.r.Seq > 0
	if !next.fits() {
		return a.c.drop(ErrForm) // no call of ours has such a receipt
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

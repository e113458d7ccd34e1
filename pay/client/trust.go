package client

import (
	"bytes"
	"time"

	"hopwire/pay"
	"hopwire/pay/body"
)

// Bounds of what is remembered of a gateway.
const (
	maxEpochs = 8
	maxTerms  = 4
	maxBack   = 8
)

// An epoch is one whose certificate was seen.
type epoch struct {
	pay.Epoch
	cert []byte
}

// terms are some that the gateway stated.
type terms struct {
	body.Terms
	hash   [32]byte
	stated int64
	signed []byte
	cert   []byte // of the epoch that signed it; none: the offline key
}

// A Want says what is to be asked for, since something that came cannot be judged without.
type Want struct {
	Epoch  uint32   // its certificate; 0: none
	Terms  [32]byte // the terms whose statement has this hash; zero: none
	Newest bool     // the certificate and terms of now: nothing is known yet
}

// Wants returns it. Whoever asks gives the answer to Papers.
func (c *Client) Wants() (w Want, any bool) { return c.want, c.want != Want{} }

// Terms returns those that hold at a gateway time; false: none are known.
func (c *Client) Terms(at int64) (body.Terms, bool) {
	for i := len(c.terms) - 1; i >= 0; i-- {
		if t := c.terms[i]; t.From <= at {
			return t.Terms, true
		}
	}
	return body.Terms{}, false
}

// Against says by what the gateway as a whole contradicts itself; 0: by nothing. Its
// papers are those of Export.
func (c *Client) Against() Reason { return c.against }

// Export returns the papers that speak against the gateway as a whole; none: nil.
func (c *Client) Export() []byte {
	b, err := c.store.Read(slotAgainst)
	if _, papers, ok := parseFile(b, c.gateway); ok && err == nil {
		return papers
	}
	return nil
}

// maxPapers bounds what one answer has.
const maxPapers = 16

// Papers takes certificates and terms that a gateway answers with; other papers in between
// are left to those whom they concern. The first error is returned, the rest is taken.
func (c *Client) Papers(now time.Time, b []byte) (err error) {
	for n := 0; len(b) > 0; n++ {
		kind, paper, rest, ok := pay.NextPaper(b)
		if !ok || n == maxPapers {
			return c.drop(ErrForm)
		}
		if b = rest; kind == pay.PaperStatement {
			if e := c.statement(now, paper, true); err == nil {
				err = e
			}
		}
	}
	return err
}

// statement takes a certificate or terms. keep: flash is to have it.
func (c *Client) statement(now time.Time, b []byte, keep bool) error {
	number, ok := pay.StatementEpoch(b)
	if !ok {
		return c.drop(ErrForm)
	}
	if number == 0 {
		if e, err := pay.ParseCertificate(b, c.gateway); err == nil {
			return c.certificate(epoch{e, bytes.Clone(b)}, keep)
		}
	}
	s, cert, err := c.signed(b)
	if err != nil || s.Kind != pay.KindTerms {
		return err
	}
	t, ok := body.ParseTerms(s.Body)
	if !ok {
		return c.drop(ErrForm)
	}
	if number != 0 {
		c.saw(now, s.Time)
	}
	return c.stated(terms{t, pay.HashOf(b), s.Time, bytes.Clone(b), cert}, keep)
}

// signed checks a statement's signature: by an epoch within its time, or the offline key.
func (c *Client) signed(b []byte) (s pay.Statement, cert []byte, err error) {
	number, ok := pay.StatementEpoch(b)
	if !ok {
		return s, nil, c.drop(ErrForm)
	}
	key := c.gateway
	e, ok := c.epoch(number)
	if key = e.Key; number == 0 {
		key, ok = c.gateway, true
	}
	if !ok {
		c.want.Epoch = number
		return s, nil, c.drop(ErrEpoch)
	}
	s, err = pay.ParseStatement(b, key)
	if err != nil || s.Epoch != number || number != 0 && !e.covers(s.Time) {
		return pay.Statement{}, nil, c.drop(ErrForm)
	}
	if s.Gateway != c.gateway {
		return pay.Statement{}, nil, c.drop(ErrForeign)
	}
	return s, e.cert, nil
}

// covers: what an epoch's key signs outside its time counts for nothing, so an old key
// that was stolen is worth nothing.
func (e *epoch) covers(at int64) bool { return e.From <= at && at < e.Until }

func (c *Client) epoch(number uint32) (epoch, bool) {
	for _, e := range c.epochs {
		if e.Number == number {
			return e, true
		}
	}
	return epoch{}, false
}

// latest is the epoch of the highest number.
func (c *Client) latest() (l epoch) {
	for _, e := range c.epochs {
		if e.Number > l.Number {
			l = e
		}
	}
	return l
}

// certificate takes one; two keys of an epoch would be two gateways in one.
func (c *Client) certificate(e epoch, keep bool) error {
	if c.want.Epoch == e.Number {
		c.want.Epoch = 0
	}
	if old, ok := c.epoch(e.Number); ok {
		if old.Epoch != e.Epoch {
			return c.accuse(Twice, old.cert, e.cert)
		}
		return nil
	}
	newer := e.Number > c.latest().Number
	if len(c.epochs) == maxEpochs {
		c.epochs = append(c.epochs[:0], c.epochs[1:]...)
	}
	c.epochs = append(c.epochs, e)
	if keep && newer {
		return c.writeHead(c.head)
	}
	return nil
}

// known returns terms by their hash.
func (c *Client) known(hash [32]byte) (*terms, bool) {
	for i := range c.terms {
		if c.terms[i].hash == hash {
			return &c.terms[i], true
		}
	}
	if c.old != nil && c.old.hash == hash {
		return c.old, true
	}
	return nil, false
}

// stated takes terms, which must follow from those that are known: what is in between is
// asked for, backwards.
func (c *Client) stated(t terms, keep bool) error {
	if _, ok := c.known(t.hash); ok {
		return nil
	}
	if c.want.Terms == t.hash {
		c.want.Terms = [32]byte{}
	}
	c.want.Newest = false
	n := len(c.terms)
	if n > 0 && t.Previous != c.terms[n-1].hash {
		return c.backwards(t)
	}
	before := len(c.terms)
	err := c.follow(t)
	for i := len(c.back) - 1; i >= 0 && err == nil && c.back[i].Previous == c.terms[len(c.terms)-1].hash; i-- {
		err, c.back = c.follow(c.back[i]), c.back[:i]
	}
	c.back = c.back[:0]
	if _, ok := c.known(c.want.Terms); ok {
		c.want.Terms = [32]byte{}
	}
	if keep && (len(c.terms) != before || before == maxTerms) {
		if e := c.writeHead(c.head); err == nil {
			err = e
		}
	}
	return err
}

// backwards keeps terms that others must come before; what is older than the newest known
// is late, or another that follows the same.
func (c *Client) backwards(t terms) error {
	if old, ok := c.known(t.Previous); ok {
		for i := range c.terms {
			if c.terms[i].Previous == old.hash {
				return c.accuse(Twice, c.terms[i].cert, c.terms[i].signed, t.cert, t.signed)
			}
		}
	}
	if t.stated <= c.terms[0].stated { // receipts from before are judged by them
		c.old = &t
		return nil
	}
	if t.Previous == [32]byte{} {
		return c.drop(ErrLate)
	}
	if n := len(c.back); n == maxBack || n > 0 && c.back[n-1].Previous != t.hash {
		c.back = c.back[:0]
	}
	c.back = append(c.back, t)
	c.want.Terms = t.Previous
	return c.drop(ErrTerms)
}

// follow appends terms to the chain, and says when they got worse too early. They are
// taken all the same: receipts are judged by them.
func (c *Client) follow(t terms) (err error) {
	if n := len(c.terms); n > 0 {
		old := &c.terms[n-1]
		if t.From < old.From || t.stated < old.stated || t.Worse(&old.Terms) && t.From < t.stated+body.WorseAfter {
			err = c.accuse(WrongTerms, old.cert, old.signed, t.cert, t.signed)
		}
		if n == maxTerms {
			c.terms = append(c.terms[:0], c.terms[1:]...)
		}
	}
	c.terms = append(c.terms, t)
	return err
}

// accuse keeps statements that contradict each other. From then on no coins are deposited
// here; what is here can still be taken away.
func (c *Client) accuse(why Reason, statements ...[]byte) error {
	if c.against != 0 {
		return why
	}
	var papers []byte
	for _, s := range statements {
		papers = appendStatement(papers, s)
	}
	c.against = why
	if err := c.store.Write(slotAgainst, fileOf(why, papers, c.gateway)); err != nil {
		return err
	}
	return why
}

func appendStatement(b, s []byte) []byte {
	if len(s) == 0 {
		return b
	}
	return pay.AppendPaper(b, pay.PaperStatement, s)
}

// receiptBy checks a receipt's signature, by an epoch within its time.
func (c *Client) receiptBy(b []byte) (r pay.Receipt, cert []byte, err error) {
	number, ok := pay.ReceiptEpoch(b)
	if !ok {
		return r, nil, c.drop(ErrForm)
	}
	e, ok := c.epoch(number)
	if !ok {
		if number != 0 {
			c.want.Epoch = number
		}
		return r, nil, c.drop(ErrEpoch)
	}
	r, err = pay.ParseReceipt(b, e.Key)
	if err != nil || !e.covers(r.Time) {
		return pay.Receipt{}, nil, c.drop(ErrForm)
	}
	if r.Gateway != c.gateway {
		return pay.Receipt{}, nil, c.drop(ErrForeign)
	}
	return r, e.cert, nil
}

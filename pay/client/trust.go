package client

import (
	"bytes"
	"encoding/binary"
	"time"

	"hopwire/pay"
	"hopwire/pay/body"
	"hopwire/pay/request"
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

// wants is what is to be asked for, since something that came cannot be judged without.
type wants struct {
	epoch  uint32   // its certificate; 0: none
	terms  [32]byte // those whose statement has this hash; zero: none
	newest bool     // the terms of now: none are known yet
	asked  int      // so often, for what is still wanted
}

// Ask returns a request to the gateway for what is wanted of it: certificates and terms,
// by which answers are judged. nil: nothing. Its answer is for Answer; until then it is
// asked anew, in turn for one and for all that are shown.
func (c *Client) Ask() []byte {
	w := &c.want
	one := w.asked%2 == 0
	switch {
	case len(c.epochs) == 0 || w.epoch != 0 && !one:
		return []byte{byte(request.AskEpochs)}
	case w.epoch != 0:
		return binary.LittleEndian.AppendUint32([]byte{byte(request.AskEpochs)}, w.epoch)
	case w.terms != [32]byte{} && one:
		return append([]byte{byte(request.AskTerms)}, w.terms[:]...)
	case w.terms != [32]byte{} || w.newest:
		return []byte{byte(request.AskTerms)}
	}
	return nil
}

// Answer takes the answer to Ask. Errors: those of what is dropped, errLater, those of the
// store, and a Reason.
func (c *Client) Answer(now time.Time, b []byte) (err error) {
	c.want.asked++
	items, err := c.items(b)
	for _, i := range items {
		if e := c.statement(now, i, true); err == nil && e != errTerms && e != errEpoch { // those are asked for
			err = e
		}
	}
	return err
}

// items are those of an answer that answers.
func (c *Client) items(b []byte) ([][]byte, error) {
	o, items, err := request.ParseAnswer(b)
	switch {
	case err != nil:
		return nil, c.drop(errForm)
	case o == request.Answered:
		return items, nil
	case o == request.Used || o == request.Ahead || o == request.Forked:
		return nil, errUsed
	case o == request.Busy || o == request.Halted || o == request.Unknown:
		return nil, errLater
	}
	return nil, c.drop(errForm)
}

// Terms returns those that hold at a gateway time; false: none are known.
func (c *Client) Terms(at int64) (body.Terms, bool) {
	for i := len(c.terms) - 1; i >= 0; i-- {
		if t := c.terms[i]; t.From <= at {
			return t.Terms, true
		}
	}
	return body.Terms{}, false
}

// Against says by what the gateway as a whole contradicts itself, and has the papers that
// show it; 0: by nothing.
func (c *Client) Against() (Reason, []byte) {
	if c.against == 0 {
		return 0, nil
	}
	b, _ := c.store.Read(slotAgainst)
	_, papers, _ := parseFile(b, c.gateway)
	return c.against, papers
}

// statement takes a certificate or terms. keep: flash is to have it.
func (c *Client) statement(now time.Time, b []byte, keep bool) error {
	number, ok := pay.StatementEpoch(b)
	if !ok {
		return c.drop(errForm)
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
		return c.drop(errForm)
	}
	if number != 0 {
		c.saw(now, s.Time)
	}
	return c.stated(&terms{t, pay.HashOf(b), s.Time, bytes.Clone(b), cert}, keep)
}

// signed checks a statement's signature: by an epoch within its time, or the offline key.
func (c *Client) signed(b []byte) (s pay.Statement, cert []byte, err error) {
	number, ok := pay.StatementEpoch(b)
	if !ok {
		return s, nil, c.drop(errForm)
	}
	e := c.epoch(number)
	if number == 0 { // the offline key, for as long as there is one
		e = &epoch{Epoch: pay.Epoch{Key: c.gateway, Until: never + 1}}
	}
	if e == nil {
		c.want.epoch = number
		return s, nil, c.drop(errEpoch)
	}
	s, err = pay.ParseStatement(b, e.Key)
	if err != nil || s.Epoch != number || !e.covers(s.Time) {
		return pay.Statement{}, nil, c.drop(errForm)
	}
	if s.Gateway != c.gateway {
		return pay.Statement{}, nil, c.drop(errForeign)
	}
	return s, e.cert, nil
}

// covers: what an epoch's key signs outside its time counts for nothing, so an old key
// that was stolen is worth nothing.
func (e *epoch) covers(at int64) bool { return e.From <= at && at < e.Until }

// epoch returns that of a number; nil: it is not known. It is not kept: another may take
// its place.
func (c *Client) epoch(number uint32) *epoch {
	for i := range c.epochs {
		if c.epochs[i].Number == number {
			return &c.epochs[i]
		}
	}
	return nil
}

// oldest is that of the lowest.
func (c *Client) oldest() *epoch {
	o := &c.epochs[0]
	for i := range c.epochs {
		if c.epochs[i].Number < o.Number {
			o = &c.epochs[i]
		}
	}
	return o
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
	wanted := c.want.epoch == e.Number
	if wanted {
		c.want.epoch, c.want.asked = 0, 0
	}
	if old := c.epoch(e.Number); old != nil {
		if old.Epoch != e.Epoch {
			return c.accuse(Twice, old.cert, e.cert)
		}
		return nil
	}
	newer := e.Number > c.latest().Number
	if keep && !newer && !wanted {
		return nil // of long ago: it may not push out another
	}
	if len(c.epochs) < maxEpochs {
		c.epochs = append(c.epochs, e)
	} else {
		*c.oldest() = e
	}
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
func (c *Client) stated(t *terms, keep bool) error {
	if _, ok := c.known(t.hash); ok {
		return nil
	}
	if c.want.terms == t.hash {
		c.want.terms, c.want.asked = [32]byte{}, 0
	}
	c.want.newest = false
	n := len(c.terms)
	if n > 0 && t.Previous != c.terms[n-1].hash {
		return c.backwards(t)
	}
	before := len(c.terms)
	err := c.follow(t)
	for i := len(c.back) - 1; i >= 0 && err == nil && c.back[i].Previous == c.terms[len(c.terms)-1].hash; i-- {
		err, c.back = c.follow(&c.back[i]), c.back[:i]
	}
	c.back = c.back[:0]
	if _, ok := c.known(c.want.terms); ok {
		c.want.terms = [32]byte{}
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
func (c *Client) backwards(t *terms) error {
	if old, ok := c.known(t.Previous); ok {
		for i := range c.terms {
			if c.terms[i].Previous == old.hash {
				return c.accuse(Twice, c.terms[i].cert, c.terms[i].signed, t.cert, t.signed)
			}
		}
	}
	if t.stated <= c.terms[0].stated { // receipts from before are judged by them
		c.old = t
		return nil
	}
	if t.Previous == [32]byte{} {
		return c.drop(errLate)
	}
	if n := len(c.back); n == maxBack || n > 0 && c.back[n-1].Previous != t.hash {
		c.back = c.back[:0]
	}
	c.back = append(c.back, *t)
	c.want.terms = t.Previous
	return c.drop(errTerms)
}

// follow appends terms to the chain, and says when they got worse too early. They are
// taken all the same: receipts are judged by them.
func (c *Client) follow(t *terms) (err error) {
	if n := len(c.terms); n > 0 {
		old := &c.terms[n-1]
		if t.From < old.From || t.stated < old.stated || t.Worse(&old.Terms) && t.From < t.stated+body.WorseAfter {
			err = c.accuse(WrongTerms, old.cert, old.signed, t.cert, t.signed)
		}
		if n == maxTerms {
			c.terms = append(c.terms[:0], c.terms[1:]...)
		}
	}
	c.terms = append(c.terms, *t)
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
		return r, nil, c.drop(errForm)
	}
	e := c.epoch(number)
	if e == nil {
		if number != 0 {
			c.want.epoch = number
		}
		return r, nil, c.drop(errEpoch)
	}
	r, err = pay.ParseReceipt(b, e.Key)
	if err != nil || !e.covers(r.Time) {
		return pay.Receipt{}, nil, c.drop(errForm)
	}
	if r.Gateway != c.gateway {
		return pay.Receipt{}, nil, c.drop(errForeign)
	}
	return r, e.cert, nil
}

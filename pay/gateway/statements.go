package gateway

import (
	"errors"
	"fmt"
	"slices"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/body"
)

// stated are terms with the statement that makes them so.
type stated struct {
	body.Terms
	raw []byte
}

// A signer is the key of an epoch.
type signer struct {
	pay.Epoch
	id *identity.Identity
}

// statement signs one at the time of the batch.
func (s *signer) statement(kind pay.Kind, l *ledger, b []byte) []byte {
	v := pay.Statement{Kind: kind, Gateway: l.gateway, Time: l.now, Epoch: s.Number, Body: b}
	return v.Signed(s.id)
}

// Errors of statements.
var (
	ErrKey   = errors.New("gateway: no key signs at this time")
	ErrTerms = errors.New("gateway: these terms cannot hold then")
)

// termsOf reads what a statement of ours says; its signature was checked, or is ours.
func termsOf(raw []byte) (t body.Terms, err error) {
	const head, tail = 46 + 2, 64
	if len(raw) < head+tail {
		return t, errRecord
	}
	t, ok := body.ParseTerms(raw[head : len(raw)-tail])
	if !ok {
		return t, errRecord
	}
	return t, nil
}

// loadStatements takes the terms that were stated before, and makes the first ones.
func (g *Gateway) loadStatements() error {
	terms, epochs, err := g.store.statements()
	if err != nil {
		return err
	}
	for _, raw := range terms {
		t, err := termsOf(raw)
		if err != nil {
			return err
		}
		g.terms = append(g.terms, stated{t, raw})
	}
	known := map[uint32]bool{}
	for _, raw := range epochs {
		e, err := pay.ParseCertificate(raw, g.c.Gateway)
		if err != nil {
			return err
		}
		known[e.Number] = true
	}
	var fresh [][]byte
	for _, k := range g.c.Keys {
		e, err := g.addKey(k)
		if err != nil {
			return err
		}
		if !known[e.Number] {
			fresh = append(fresh, k.Certificate)
		}
	}
	return g.firstBatch(fresh, append(epochs, fresh...))
}

// firstBatch writes what is stated for the first time.
func (g *Gateway) firstBatch(fresh, epochs [][]byte) error {
	now := g.time.now()
	key := g.key(now)
	if key == nil {
		return ErrKey
	}
	b := &batch{gateway: g.c.Gateway, number: g.state.number + 1, time: now, epochs: fresh}
	if len(g.terms) == 0 {
		t := g.c.Terms
		t.From, t.Previous = now, [32]byte{}
		raw, err := g.stateTerms(&t, key, now)
		if err != nil {
			return err
		}
		b.terms, g.terms = [][]byte{raw}, []stated{{t, raw}}
	}
	g.publish(epochs)
	if b.empty() {
		return nil
	}
	t, err := g.store.begin()
	if err != nil {
		return err
	}
	defer t.rollback()
	return g.put(t, b)
}

func (g *Gateway) stateTerms(t *body.Terms, key *signer, now int64) ([]byte, error) {
	b := t.Append(nil)
	if _, ok := body.ParseTerms(b); !ok || len(b) > pay.MaxBody {
		return nil, fmt.Errorf("%w: they have no form", ErrTerms)
	}
	v := pay.Statement{Kind: pay.KindTerms, Gateway: g.c.Gateway, Time: now, Epoch: key.Number, Body: b}
	return v.Signed(key.id), nil
}

// addKey takes a key that its certificate names.
func (g *Gateway) addKey(k Key) (e pay.Epoch, err error) {
	e, err = pay.ParseCertificate(k.Certificate, g.c.Gateway)
	if err != nil || e.Key != k.Identity.Key() {
		return e, fmt.Errorf("%w: a certificate is not of its key, or not by this gateway's: %v", ErrKey, err)
	}
	g.keys = append(g.keys, signer{e, k.Identity})
	slices.SortFunc(g.keys, func(a, b signer) int { return int(int64(a.Number) - int64(b.Number)) })
	return e, nil
}

// key is the newest whose epoch a time is in; nil: none.
func (g *Gateway) key(now int64) *signer {
	for i := len(g.keys) - 1; i >= 0; i-- {
		if k := &g.keys[i]; k.From <= now && now < k.Until {
			return k
		}
	}
	return nil
}

// rules are what holds now.
func (g *Gateway) rules() (r rules, key *signer, err error) {
	now := g.time.now()
	if key = g.key(now); key == nil {
		return r, nil, ErrKey
	}
	r = rules{gateway: g.c.Gateway, now: now, epoch: key.Number, chains: g.c.Chains}
	if g.c.Include > 0 {
		r.include = now + g.c.Include.Milliseconds()
	}
	if len(g.terms) == 0 {
		return r, nil, ErrTerms
	}
	holds := &g.terms[0]
	for i := range g.terms {
		if g.terms[i].From <= now {
			holds = &g.terms[i]
		}
	}
	r.terms, r.termsHash = &holds.Terms, pay.HashOf(holds.raw)
	return r, key, nil
}

// shownEpochs is how many certificates are answered, with the newest.
const shownEpochs = 16

// publish makes statements what everybody may ask for: the terms that hold and will, the
// newest certificates.
func (g *Gateway) publish(epochs [][]byte) {
	p := &public{by: map[[32]byte][]byte{}, of: map[uint32][]byte{}}
	for i, t := range g.terms {
		if i+1 == len(g.terms) || g.terms[i+1].From > g.time.last {
			p.terms = append(p.terms, t.raw)
		}
	}
	p.terms = p.terms[:min(len(p.terms), maxTerms)]
	for _, t := range g.terms {
		p.by[pay.HashOf(t.raw)] = t.raw
	}
	for _, c := range epochs {
		if e, err := pay.ParseCertificate(c, g.c.Gateway); err == nil {
			p.of[e.Number] = c
		}
	}
	p.all = epochs
	for i := len(epochs) - 1; i >= 0 && len(p.epochs) < shownEpochs; i-- {
		p.epochs = append(p.epochs, epochs[i])
	}
	g.public.Store(p)
}

// maxTerms is how many terms may be stated at once: those that hold, and ahead of time.
const maxTerms = 4

// SetTerms states terms that hold from t.From on, after all that were stated before; it
// sets t.Previous. Those that are worse for clients than any of before must be stated body.WorseAfter ahead.
func (g *Gateway) SetTerms(t body.Terms) error {
	var raw []byte
	return g.own(func(l *ledger) (err error) {
		last := &g.terms[len(g.terms)-1]
		ahead := 0
		for i := range g.terms {
			if held := i+1 == len(g.terms) || g.terms[i+1].From > l.now; held {
				ahead++
				if t.Worse(&g.terms[i].Terms) && t.From < l.now+body.WorseAfter {
					return fmt.Errorf("%w: they are worse, and hold in less than 7 days", ErrTerms)
				}
			}
		}
		t.Previous = pay.HashOf(last.raw)
		if t.From < l.now || t.From <= last.From || ahead >= maxTerms {
			return fmt.Errorf("%w: others hold then, or too many are stated", ErrTerms)
		}
		if raw, err = g.stateTerms(&t, g.key(l.now), l.now); err == nil {
			l.batch.terms = append(l.batch.terms, raw)
		}
		return err
	}, func() error {
		g.terms = append(g.terms, stated{t, raw})
		g.publish(g.public.Load().all)
		return nil
	})
}

// AddKey adds the key of an epoch to come, or of one that has begun.
func (g *Gateway) AddKey(k Key) error {
	return g.own(func(l *ledger) error {
		e, err := pay.ParseCertificate(k.Certificate, g.c.Gateway)
		if err == nil && slices.ContainsFunc(g.keys, func(s signer) bool { return s.Number == e.Number }) {
			err = fmt.Errorf("%w: epoch %d has one", ErrKey, e.Number)
		}
		if err == nil && e.Key != k.Identity.Key() {
			err = fmt.Errorf("%w: the certificate is of another", ErrKey)
		}
		if err == nil {
			l.batch.epochs = append(l.batch.epochs, k.Certificate)
		}
		return err
	}, func() error {
		_, err := g.addKey(k)
		g.publish(append(slices.Clone(g.public.Load().all), k.Certificate))
		return err
	})
}

// own has the writer do something of our own in its next batch, and after once the store
// has it. It waits for that.
func (g *Gateway) own(do func(l *ledger) error, after func() error) error {
	result := make(chan error, 1)
	j := &job{do: do, done: func(kept bool, err error) {
		if kept && after != nil {
			err = errors.Join(err, after())
		}
		result <- err
	}}
	select {
	case g.ready <- j:
	case <-g.stop:
		return errClosed
	}
	select {
	case err := <-result:
		return err
	case <-g.ended:
		return errClosed
	}
}

package client

import (
	"bytes"
	"testing"

	"hopwire/pay"
	"hopwire/pay/request"
)

// FuzzRecords: what parses is written the same.
func FuzzRecords(f *testing.F) {
	g, fl := newGateway(f), newFlash()
	rich(f, g, fl, pay.Coin)
	for _, b := range fl.slots {
		f.Add(b)
	}
	f.Add(fileOf(Twice, []byte("papers"), g.offline.Key()))
	key := g.offline.Key()
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := len(b) - checksumSize; n > 0 { // else nothing gets past the checksum
			b = append(bytes.Clone(b[:n]), checksum(key, b[:n])...)
		}
		if r, ok := parseRecord(b, key); ok {
			if again, fits := r.append(key); fits && !bytes.Equal(again, b) {
				t.Fatal("another form of a record")
			}
		}
		if h, ok := parseHead(b, key); ok && !bytes.Equal(h.append(key), b) {
			t.Fatal("another form of a head")
		}
		if why, papers, ok := parseFile(b, key); ok && !bytes.Equal(fileOf(why, papers, key), b) {
			t.Fatal("another form of a file")
		}
	})
}

// FuzzOpen: whatever a slot has, the client opens or says why not.
func FuzzOpen(f *testing.F) {
	g, fl := newGateway(f), newFlash()
	rich(f, g, fl, pay.Coin)
	for slot, b := range fl.slots {
		f.Add(slot, b)
	}
	f.Fuzz(func(t *testing.T, slot int, b []byte) {
		cp := fl.copy()
		if n := len(b) - checksumSize; n > 0 {
			b = append(bytes.Clone(b[:n]), checksum(g.offline.Key(), b[:n])...)
		}
		cp.slots[slot] = b
		c, err := Open(Config{Gateway: g.offline.Key(), Seed: &testSeed, Store: cp})
		if err != nil {
			return
		}
		for _, a := range c.Accounts() {
			a.Next(boot)
			a.Export()
			a.DepositAddress()
		}
	})
}

// FuzzAnswers: an answer that nobody signed changes nothing.
func FuzzAnswers(f *testing.F) {
	g, fl := newGateway(f), newFlash()
	c, a := rich(f, g, fl, pay.Coin)
	if err := a.Check(boot); err != nil {
		f.Fatal(err)
	}
	for _, b := range g.certs {
		f.Add(request.AppendAnswer(nil, request.Answered, b))
	}
	f.Add(request.AppendAnswer(nil, request.Answered, g.terms[0]))
	f.Add(request.AppendAnswer(nil, request.Answered, a.receipt))
	f.Add(g.newest(a.Name()))
	f.Add([]byte{byte(request.Used)})
	f.Fuzz(func(t *testing.T, b []byte) {
		before, writes := a.State(), fl.writes
		c.Answer(boot, b)
		a.Look()
		a.Answer(boot, b)
		r := c.Recover()
		r.Answer(boot, b)
		if a.State() != before || fl.writes != writes {
			t.Fatalf("%+v, was %+v; %d writes", a.State(), before, fl.writes-writes)
		}
	})
}

package request

import (
	"bytes"
	"fmt"
	mrand "math/rand/v2"
	"testing"

	"hopwire/link/identity"
	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{"offNewestGateway": offNewestGateway, "offNewestKey": offNewestKey, "offNewestExpiry": offNewestExpiry, "offNewestSignature": offNewestSignature})
	if got := sizes["Newest"][0]; got != newestSize {
		t.Errorf("%d bytes in the document, %d in the code", got, newestSize)
	}
	wiretest.Constants(t, "wire.md", map[string]any{
		"AskCall": AskCall, "AskTerms": AskTerms, "AskEpochs": AskEpochs, "AskNewest": AskNewest,
		"Answered": Answered, "Used": Used, "Ahead": Ahead, "Forked": Forked, "Bad": Bad, "Busy": Busy, "Halted": Halted, "Unknown": Unknown,
	})
}

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestVector(t *testing.T) {
	key := someone(t, 2)
	wiretest.Same(t, "testdata/answer.txt", fmt.Sprintf("seed: %x\nnewest: %x\nused: %x\n", key.Seed(), NewestRequest(someone(t, 1).Key(), key, 1_700_000_000_000),
		AppendAnswer(nil, Used, []byte("call"), []byte("receipt"))))
}

// forged says that nothing like b parses.
func forged(t *testing.T, b []byte, parse func([]byte) error) {
	t.Helper()
	if err := parse(b); err != nil {
		t.Fatal(err)
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 1 << (i % 8)
		if parse(bad) == nil || parse(b[:i]) == nil {
			t.Errorf("byte %d may change, or end it", i)
		}
	}
	if parse(append(bytes.Clone(b), 0)) == nil {
		t.Error("more may follow")
	}
}

// TestAnswers: items come back as they went in, and nothing shorter or longer parses
// as something else.
func TestAnswers(t *testing.T) {
	b := AppendAnswer(nil, Ahead, []byte("call"), nil, []byte("receipt"))
	o, items, err := ParseAnswer(b)
	if err != nil || o != Ahead || len(items) != 3 || string(items[0]) != "call" || len(items[1]) != 0 || string(items[2]) != "receipt" {
		t.Errorf("%v %q: %v", o, items, err)
	}
	for _, bad := range [][]byte{nil, b[:len(b)-1], append(bytes.Clone(b), 1), AppendAnswer(nil, Answered, make([][]byte, maxItems+1)...)} {
		if _, _, err := ParseAnswer(bad); err == nil {
			t.Errorf("%d bytes are an answer", len(bad))
		}
	}
	if o, items, err := ParseAnswer([]byte{byte(Busy)}); o != Busy || len(items) != 0 || err != nil {
		t.Errorf("%v %q: %v", o, items, err)
	}
	g, key := someone(t, 1).Key(), someone(t, 2)
	forged(t, NewestRequest(g, key, 5)[1:], func(b []byte) error {
		gateway, k, expiry, err := ParseNewest(b)
		if err == nil && (gateway != g || k != key.Key() || expiry != 5) {
			t.Errorf("%v %v %v", gateway, k, expiry)
		}
		return err
	})
}

func FuzzParse(f *testing.F) {
	f.Add(AppendAnswer(nil, Used, []byte("call"), []byte("receipt")))
	f.Add(NewestRequest(someone(f, 1).Key(), someone(f, 2), 5)[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, items, err := ParseAnswer(b); err == nil && !bytes.Equal(AppendAnswer(nil, o, items...), b) {
			t.Fatal("another form of an answer")
		}
		if g, key, expiry, err := ParseNewest(b); err == nil && (key != someone(t, 2).Key() || !bytes.Equal(NewestRequest(g, someone(t, 2), expiry)[1:], b)) {
			t.Fatal("another form of a request")
		}
	})
}

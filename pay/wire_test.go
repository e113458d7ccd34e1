package pay

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	mrand "math/rand/v2"
	"os"
	"reflect"
	"testing"

	"hopwire/link/identity"
	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offCallVersion": offCallVersion, "offCallOp": offCallOp, "offCallAsset": offCallAsset, "offCallGateway": offCallGateway, "offCallKey": offCallKey,
		"offCallSeq": offCallSeq, "offCallExpiry": offCallExpiry, "offCallFee": offCallFee, "offCallPrevious": offCallPrevious, "offCallAck": offCallAck,
		"offCallBalance": offCallBalance, "offCallBody": offCallBody,
		"offReceiptVersion": offReceiptVersion, "offReceiptStatus": offReceiptStatus, "offReceiptAsset": offReceiptAsset, "offReceiptGateway": offReceiptGateway,
		"offReceiptAccount": offReceiptAccount, "offReceiptSeq": offReceiptSeq, "offReceiptCall": offReceiptCall, "offReceiptBalance": offReceiptBalance,
		"offReceiptHeld": offReceiptHeld, "offReceiptInbox": offReceiptInbox, "offReceiptTime": offReceiptTime, "offReceiptHeight": offReceiptHeight,
		"offReceiptEpoch": offReceiptEpoch, "offReceiptTerms": offReceiptTerms, "offReceiptSalt": offReceiptSalt, "offReceiptInclude": offReceiptInclude, "offReceiptBody": offReceiptBody,
		"offStatementVersion": offStatementVersion, "offStatementKind": offStatementKind, "offStatementGateway": offStatementGateway, "offStatementTime": offStatementTime,
		"offStatementEpoch": offStatementEpoch, "offStatementBody": offStatementBody,
	})
	wiretest.Constants(t, "wire.md", map[string]any{
		"MaxBody":   MaxBody,
		"PaperCall": PaperCall, "PaperReceipt": PaperReceipt, "PaperStatement": PaperStatement,
		"KindEpoch": KindEpoch, "KindTerms": KindTerms, "KindDeposit": KindDeposit, "KindNewest": KindNewest, "KindNever": KindNever, "KindReserve": KindReserve,
		"OpBalance": OpBalance, "OpTransfer": OpTransfer, "OpDeposit": OpDeposit, "OpClaim": OpClaim, "OpWithdraw": OpWithdraw, "OpClose": OpClose,
		"OpOffer": OpOffer, "OpTake": OpTake, "OpCancel": OpCancel, "OpOwn": OpOwn,
		"OK": OK, "NoPayee": NoPayee, "NoFunds": NoFunds, "BadAmount": BadAmount, "FeeTooHigh": FeeTooHigh, "Expired": Expired, "TooMuch": TooMuch, "NoOp": NoOp,
		"NoAsset": NoAsset, "BadBody": BadBody, "BadAck": BadAck, "BadBalance": BadBalance, "Conflict": Conflict, "Stopped": Stopped, "OwnStatus": OwnStatus,
	})
}

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// vector compares a file of testdata with what the code gives.
func vector(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if os.Getenv("UPDATE") != "" {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile(path, []byte(got), 0o644)
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%v: got\n%s", err, got)
	}
}

func sampleCall(t testing.TB) (Call, *identity.Identity) {
	key := someone(t, 2)
	inbox, _ := Inbox{}.Credit(5*Coin, [32]byte{3})
	return Call{Op: OpTransfer, Gateway: someone(t, 1).Key(), Key: key.Key(), Seq: 7, Expiry: 1_700_000_000_000, Fee: 1000,
		Previous: [32]byte{4}, Ack: inbox, Balance: 3 * Coin, Body: []byte("body")}, key
}

func sampleReceipt(t testing.TB) (Receipt, *identity.Identity) {
	c, key := sampleCall(t)
	return Receipt{Gateway: c.Gateway, Account: c.Account(), Seq: 7, Call: HashOf(c.Signed(key)), Balance: 8*Coin - 1, Held: 2, Inbox: c.Ack,
		Time: 1_700_000_000_001, Height: 99, Epoch: 3, Terms: [32]byte{5}, Salt: [16]byte{6}, Include: 1_700_000_600_000, Body: []byte("done")}, someone(t, 3)
}

func TestVectors(t *testing.T) {
	c, key := sampleCall(t)
	vector(t, "call.txt", fmt.Sprintf("seed: %x\ncall: %x\n", key.Seed(), c.Signed(key)))
	r, epoch := sampleReceipt(t)
	vector(t, "receipt.txt", fmt.Sprintf("seed: %x\nreceipt: %x\n", epoch.Seed(), r.Signed(epoch)))
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
		if parse(bad) == nil {
			t.Errorf("byte %d may change", i)
		}
		if parse(b[:i]) == nil {
			t.Errorf("%d bytes are enough", i)
		}
	}
	if parse(append(bytes.Clone(b), 0)) == nil {
		t.Error("more may follow")
	}
}

func TestSigned(t *testing.T) {
	c, key := sampleCall(t)
	b := c.Signed(key)
	if got, err := ParseCall(b); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%+v, want %+v: %v", got, c, err)
	}
	forged(t, b, func(b []byte) error { _, err := ParseCall(b); return err })
	r, epoch := sampleReceipt(t)
	b = r.Signed(epoch)
	if got, err := ParseReceipt(b, epoch.Key()); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%+v, want %+v: %v", got, r, err)
	}
	forged(t, b, func(b []byte) error { _, err := ParseReceipt(b, epoch.Key()); return err })
	offline := someone(t, 1)
	e := Epoch{Number: 3, Key: epoch.Key(), From: 5, Until: 9}
	b = e.Certificate(offline, 4)
	if got, err := ParseCertificate(b, offline.Key()); err != nil || got != e {
		t.Errorf("%+v, want %+v: %v", got, e, err)
	}
	forged(t, b, func(b []byte) error { _, err := ParseCertificate(b, offline.Key()); return err })
}

// TestBounds: what is above a bound does not parse, though its signature is good.
func TestBounds(t *testing.T) {
	for name, change := range map[string]func(c *Call){
		"seq 0":           func(c *Call) { c.Seq = 0 },
		"a negative fee":  func(c *Call) { c.Fee = -1 },
		"a negative ack":  func(c *Call) { c.Ack.Sum = math.MinInt64 },
		"a late expiry":   func(c *Call) { c.Expiry = 1<<62 + 1 },
		"a long body":     func(c *Call) { c.Body = make([]byte, MaxBody+1) },
		"another version": nil,
	} {
		c, key := sampleCall(t)
		if change != nil {
			change(&c)
		}
		b := c.Signed(key)
		if change == nil {
			b = b[:len(b)-sigSize]
			b[0]++
			b = sign(key, callLabel, b)
		}
		if _, err := ParseCall(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]Amount{"0": 0, "1": Coin, "0.05": Coin / 20, "12.000000001": 12*Coin + 1, "9223372036.854775807": math.MaxInt64, "007": 7 * Coin} {
		got, err := ParseAmount(text)
		if err != nil || got != want {
			t.Errorf("%s: %d, want %d: %v", text, got, want, err)
		}
		if again, err := ParseAmount(got.String()); err != nil || again != got {
			t.Errorf("%s is written %s", text, got)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "1.0000000001", "9223372036.854775808", "99999999999", "0x1", "١", "1..2"} {
		if got, err := ParseAmount(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for a, want := range map[Amount]string{0: "0", 1: "0.000000001", Coin: "1", -Coin / 2: "-0.5", math.MaxInt64: "9223372036.854775807", math.MinInt64: "-9223372036.854775808"} {
		if a.String() != want {
			t.Errorf("%d: %s, want %s", int64(a), a, want)
		}
	}
	if _, ok := Amount(math.MaxInt64).Add(1); ok {
		t.Error("a sum overflows")
	}
	if _, ok := Coin.Sub(Coin + 1); ok {
		t.Error("less than nothing")
	}
	if _, ok := Coin.Add(-1); ok {
		t.Error("a negative amount is added")
	}
}

// TestInbox: the head binds every credit, and a sum that overflows is refused.
func TestInbox(t *testing.T) {
	a, _ := Inbox{}.Credit(1, [32]byte{1})
	b, _ := a.Credit(2, [32]byte{2})
	if b.Count != 2 || b.Sum != 3 {
		t.Errorf("%+v", b)
	}
	c, _ := Inbox{}.Credit(2, [32]byte{2})
	if c, _ = c.Credit(1, [32]byte{1}); c.Head == b.Head {
		t.Error("the order of credits is not bound")
	}
	if _, ok := b.Credit(math.MaxInt64, [32]byte{}); ok {
		t.Error("a sum overflows")
	}
}

func FuzzParse(f *testing.F) {
	c, key := sampleCall(f)
	r, epoch := sampleReceipt(f)
	f.Add(c.Signed(key))
	f.Add(r.Signed(epoch))
	f.Add((&Epoch{Number: 1, Key: epoch.Key(), Until: 1}).Certificate(someone(f, 1), 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseCall(b); err == nil && !bytes.Equal(c.Signed(key), b) {
			t.Fatal("another form of a call")
		}
		if r, err := ParseReceipt(b, epoch.Key()); err == nil && !bytes.Equal(r.Signed(epoch), b) {
			t.Fatal("another form of a receipt")
		}
		ParseCertificate(b, someone(t, 1).Key())
	})
}

// TestPapers: what is put on a list comes off it, and no part of one is taken for a whole.
func TestPapers(t *testing.T) {
	b := AppendPaper(AppendPaper(nil, PaperCall, []byte("call")), PaperStatement, nil)
	kind, paper, rest, ok := NextPaper(b)
	if !ok || kind != PaperCall || string(paper) != "call" {
		t.Errorf("%v %q %v", kind, paper, ok)
	}
	if kind, paper, rest, ok = NextPaper(rest); !ok || kind != PaperStatement || len(paper)+len(rest) != 0 {
		t.Errorf("%v %q %q %v", kind, paper, rest, ok)
	}
	for i := range paperHead + 4 {
		if _, _, _, ok := NextPaper(b[:i]); ok {
			t.Errorf("%d bytes are a paper", i)
		}
	}
	if _, _, _, ok := NextPaper([]byte{9, 0, 0}); ok {
		t.Error("an unknown kind")
	}
}

// TestEpochOf: the epoch is where the whole form has it.
func TestEpochOf(t *testing.T) {
	r, epoch := sampleReceipt(t)
	if n, ok := ReceiptEpoch(r.Signed(epoch)); !ok || n != r.Epoch {
		t.Errorf("%d %v", n, ok)
	}
	s := Statement{Kind: KindNever, Epoch: 77}
	if n, ok := StatementEpoch(s.Signed(epoch)); !ok || n != 77 {
		t.Errorf("%d %v", n, ok)
	}
	if _, ok := StatementEpoch(make([]byte, offStatementBody-1)); ok {
		t.Error("from nowhere")
	}
}

package body

import (
	"bytes"
	mrand "math/rand/v2"
	"reflect"
	"testing"

	"hopwire/link/identity"
	"hopwire/link/wiretest"
	"hopwire/pay"
	"hopwire/pay/account"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{
		"offTransferGateway": offTransferGateway, "offTransferAddress": offTransferAddress, "offTransferKey": offTransferKey, "offTransferAmount": offTransferAmount, "offTransferNote": offTransferNote,
		"offTransferredFee": offTransferredFee, "offTransferredPayee": offTransferredPayee, "offTransferredHead": offTransferredHead,
		"offWithdrawAmount": offWithdrawAmount, "offWithdrawTo": offWithdrawTo, "offWithdrawnFee": offWithdrawnFee, "offWithdrawnPayBy": offWithdrawnPayBy,
		"offDepositAccount": offDepositAccount, "offDepositAsset": offDepositAsset, "offDepositAddress": offDepositAddress,
		"offTermsFrom": offTermsFrom, "offTermsPrevious": offTermsPrevious,
		"offNewestAccount": offNewestAccount, "offNewestSize": offNewestSize, "offNewestReceipt": offNewestReceipt, "offNewestInbox": offNewestInbox, "offNewestAcked": offNewestAcked,
		"offTermsAssets": offTermsAssets,
		"offAssetID":     offAssetID, "offAssetConfirm": offAssetConfirm, "offAssetMaxAccount": offAssetMaxAccount, "offAssetMinTransfer": offAssetMinTransfer,
		"offAssetTransferFee": offAssetTransferFee, "offAssetMinWithdraw": offAssetMinWithdraw, "offAssetWithdrawFee": offAssetWithdrawFee, "offAssetPayWithin": offAssetPayWithin,
	})
	want := map[string][]int{"Transfer": {transferSize, transferredSize}, "Withdrawal": {withdrawSize, withdrawnSize}, "Deposit": {depositSize}, "Newest": {newestSize}, "Terms": {offTermsAssets, assetSize}}
	if !reflect.DeepEqual(sizes, want) {
		t.Errorf("%v, want %v", sizes, want)
	}
	wiretest.Constants(t, "wire.md", map[string]any{"MaxCredits": MaxCredits, "WorseAfter": WorseAfter})
}

func someone(t testing.TB, n byte) identity.Key {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		t.Fatal(err)
	}
	return id.Key()
}

func sampleTerms(t testing.TB) *Terms {
	terms := &Terms{From: 7, Previous: [32]byte{6}, Assets: []Asset{{Confirm: 120_000, MaxAccount: 10 * pay.Coin, MinTransfer: 1000, TransferFee: 1, MinWithdraw: pay.Coin, WithdrawFee: 5, PayWithin: 3_600_000}, {ID: 9}},
		Peers: []identity.Key{someone(t, 1), someone(t, 2)}}
	if a, b := terms.Peers[0], terms.Peers[1]; bytes.Compare(a[:], b[:]) > 0 {
		terms.Peers[0], terms.Peers[1] = b, a
	}
	return terms
}

// same says that a body is read as it was written, and not when it is cut or goes on.
func same[T any](t *testing.T, name string, x T, b []byte, parse func([]byte) (T, bool)) {
	t.Helper()
	if got, ok := parse(b); !ok || !reflect.DeepEqual(got, x) {
		t.Errorf("%s: %+v, want %+v", name, got, x)
	}
	if _, ok := parse(append(bytes.Clone(b), 0)); ok {
		t.Errorf("%s: more may follow", name)
	}
	for i := range b {
		if got, ok := parse(b[:i]); ok && reflect.DeepEqual(got, x) {
			t.Errorf("%s: %d bytes are enough", name, i)
		}
	}
}

func TestBodies(t *testing.T) {
	gateway, key := someone(t, 1), someone(t, 2)
	a := account.Of(gateway, key)
	in := func(b []byte) (Transfer, bool) { return ParseTransfer(b, gateway) }
	same(t, "transfer", Transfer{Payee: account.Payee{Address: a.Address(), Key: key}, Amount: 5, Note: [32]byte{1}},
		Transfer{Payee: account.Payee{Address: a.Address(), Key: key}, Amount: 5, Note: [32]byte{1}}.Append(nil), in)
	same(t, "transferred", Transferred{1, a, [32]byte{2}}, Transferred{1, a, [32]byte{2}}.Append(nil), ParseTransferred)
	same(t, "withdraw", Withdraw{pay.Coin, CoinAddress{3}}, Withdraw{pay.Coin, CoinAddress{3}}.Append(nil), ParseWithdraw)
	same(t, "withdrawn", Withdrawn{1, 2}, Withdrawn{1, 2}.Append(nil), ParseWithdrawn)
	same(t, "deposit", Deposit{a, 1, CoinAddress{4}}, Deposit{a, 1, CoinAddress{4}}.Append(nil), ParseDeposit)
	credits := []Credit{{[32]byte{1}, 2}, {[32]byte{2}, 3}}
	same(t, "credits", credits, AppendCredits(nil, credits), ParseCredits)
	terms := sampleTerms(t)
	same(t, "terms", *terms, terms.Append(nil), ParseTerms)
	n := Newest{Account: account.Account{1}, Size: 2, Receipt: [32]byte{3}, Inbox: pay.Inbox{Count: 5, Sum: 6, Head: [32]byte{7}}, Acked: pay.Inbox{Count: 4, Sum: 5}}
	same(t, "newest", n, n.Append(nil), ParseNewest)
	if _, ok := ParseNewest((&Newest{Acked: n.Inbox}).Append(nil)); ok {
		t.Error("more is acknowledged than ever came")
	}
}

// TestRefused: what has another form of the same, or means nothing, does not parse.
func TestRefused(t *testing.T) {
	gateway := someone(t, 1)
	for name, b := range map[string][]byte{
		"a key of another address": Transfer{Payee: account.Payee{Address: account.Address{1}, Key: someone(t, 2)}, Amount: 5}.Append(nil),
		"a negative amount":        Transfer{Amount: -1}.Append(nil),
	} {
		if got, ok := ParseTransfer(b, gateway); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	terms := sampleTerms(t)
	terms.Assets[1].ID = 0
	if _, ok := ParseTerms(terms.Append(nil)); ok {
		t.Error("an asset twice")
	}
	terms = sampleTerms(t)
	terms.Peers[1] = terms.Peers[0]
	if _, ok := ParseTerms(terms.Append(nil)); ok {
		t.Error("a peer twice")
	}
	if _, ok := ParseCredits(AppendCredits(nil, make([]Credit, MaxCredits+1))); ok {
		t.Error("any number of credits")
	}
}

// TestWorse: each change that hurts a client is one, and none that does not.
func TestWorse(t *testing.T) {
	old := sampleTerms(t)
	for name, c := range map[string]struct {
		change func(t *Terms)
		worse  bool
	}{
		"nothing":           {func(*Terms) {}, false},
		"confirm":           {func(t *Terms) { t.Assets[0].Confirm++ }, true},
		"confirm, sooner":   {func(t *Terms) { t.Assets[0].Confirm-- }, false},
		"most":              {func(t *Terms) { t.Assets[0].MaxAccount-- }, true},
		"least transfer":    {func(t *Terms) { t.Assets[0].MinTransfer++ }, true},
		"transfer fee":      {func(t *Terms) { t.Assets[0].TransferFee++ }, true},
		"transfer fee down": {func(t *Terms) { t.Assets[0].TransferFee-- }, false},
		"least withdrawal":  {func(t *Terms) { t.Assets[0].MinWithdraw++ }, true},
		"withdrawal fee":    {func(t *Terms) { t.Assets[0].WithdrawFee++ }, true},
		"pay within":        {func(t *Terms) { t.Assets[0].PayWithin++ }, true},
		"an asset less":     {func(t *Terms) { t.Assets = t.Assets[1:] }, true},
		"an asset more":     {func(t *Terms) { t.Assets = append(t.Assets, Asset{ID: 10}) }, false},
		"a peer less":       {func(t *Terms) { t.Peers = t.Peers[1:] }, true},
	} {
		now := sampleTerms(t)
		if c.change(now); now.Worse(old) != c.worse {
			t.Errorf("%s: worse %v", name, !c.worse)
		}
	}
}

func FuzzBodies(f *testing.F) {
	f.Add(Transfer{Amount: 5}.Append(nil))
	f.Add(sampleTerms(f).Append(nil))
	f.Add(AppendCredits(nil, []Credit{{Amount: 1}}))
	f.Add(Withdraw{Amount: 1}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := ParseTransfer(b, identity.Key{1}); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("transfer")
		}
		if x, ok := ParseTransferred(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("transferred")
		}
		if x, ok := ParseWithdraw(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("withdraw")
		}
		if x, ok := ParseWithdrawn(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("withdrawn")
		}
		if x, ok := ParseDeposit(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("deposit")
		}
		if x, ok := ParseCredits(b); ok && !bytes.Equal(AppendCredits(nil, x), b) {
			t.Fatal("credits")
		}
		if x, ok := ParseNewest(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("newest")
		}
		if x, ok := ParseTerms(b); ok && !bytes.Equal(x.Append(nil), b) {
			t.Fatal("terms")
		}
	})
}

package account

import (
	"fmt"
	mrand "math/rand/v2"
	"os"
	"strings"
	"testing"

	"hopwire/link/identity"
)

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestVector is pay/wire.md's.
func TestVector(t *testing.T) {
	gateway := someone(t, 1).Key()
	seed := Seed{1, 2, 3}
	key := seed.Key(gateway, 7).Key()
	got := fmt.Sprintf("payment seed: %x\ngateway: %s\nindex: 7\nkey: %s\naccount: %x\naddress: %s\npayment string: %s\n",
		seed, gateway, key, Of(gateway, key), Of(gateway, key).Address(), PaymentString(gateway, key))
	if os.Getenv("UPDATE") != "" {
		os.WriteFile("testdata/account.txt", []byte(got), 0o644)
	}
	if want, err := os.ReadFile("testdata/account.txt"); err != nil || string(want) != got {
		t.Errorf("%v: got\n%s", err, got)
	}
}

// TestPayee: each text form leads back to its account, and a mistyped one is found out.
func TestPayee(t *testing.T) {
	gateway, key := someone(t, 1).Key(), someone(t, 2).Key()
	a := Of(gateway, key)
	for _, text := range []string{a.Address().String(), PaymentString(gateway, key)} {
		for _, form := range []string{text, strings.ToUpper(text), text[:4] + "-" + text[4:8] + " " + text[8:]} {
			p, err := Parse(gateway, form)
			if err != nil || p.Address != a.Address() || len(text) == payeeText && p.Key != key {
				t.Errorf("%s: %+v %v", form, p, err)
			}
		}
		for i := range text {
			bad := []byte(text)
			if bad[i]++; bad[i] > 'z' {
				bad[i] = 'b'
			}
			if _, err := Parse(gateway, string(bad)); err == nil {
				t.Errorf("%s is taken for %s", bad, text)
			}
		}
	}
	if _, err := Parse(someone(t, 3).Key(), PaymentString(gateway, key)); err != ErrGateway {
		t.Errorf("of another gateway: %v", err)
	}
}

// TestAccountsAreApart: no two of many keys or addresses are alike, and the same seed
// always gives the same.
func TestAccountsAreApart(t *testing.T) {
	seed, seen := Seed{9}, map[Address]bool{}
	for _, gateway := range []identity.Key{someone(t, 1).Key(), someone(t, 2).Key()} {
		for i := range uint32(50) {
			k := seed.Key(gateway, i).Key()
			if k != seed.Key(gateway, i).Key() || seen[Of(gateway, k).Address()] {
				t.Errorf("account %d is not its own", i)
			}
			seen[Of(gateway, k).Address()] = true
		}
	}
}

func FuzzPayee(f *testing.F) {
	gateway, key := someone(f, 1).Key(), someone(f, 2).Key()
	f.Add(Of(gateway, key).Address().String())
	f.Add(PaymentString(gateway, key))
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(gateway, s)
		if err == nil && p.Key == (identity.Key{}) && !strings.EqualFold(strings.NewReplacer("-", "", " ", "").Replace(s), p.Address.String()) {
			t.Fatalf("%q is %v", s, p)
		}
	})
}

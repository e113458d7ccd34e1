package identity

import (
	"bytes"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"hopwire/link/wiretest"
	mrand "math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/curve25519"
)

func someone(t testing.TB, n byte) *Identity {
	id, err := NewIdentity(mrand.NewChaCha8([32]byte{n, 42}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAddressRoundTrip(t *testing.T) {
	for n := range byte(50) {
		k := someone(t, n).Key()
		s := k.String()
		if len(s) != 56 || k[31]>>7 != 0 {
			t.Fatalf("%s: %d characters, sign bit %d", s, len(s), k[31]>>7)
		}
		for _, text := range []string{s, s + ".hop", strings.ToUpper(s)} {
			if got, err := ParseKey(text); err != nil || got != k {
				t.Errorf("ParseKey(%s) = %v, %v", text, got, err)
			}
		}
		for i := range s { // one wrong character is always noticed
			c := byte('a')
			if s[i] == c {
				c = 'b'
			}
			if _, err := ParseKey(s[:i] + string(c) + s[i+1:]); !errors.Is(err, ErrKey) {
				t.Errorf("character %d changed: %v", i, err)
			}
		}
	}
}

func TestBadKeys(t *testing.T) {
	good := someone(t, 1).Key()
	sign := good
	sign[31] |= 0x80
	order8 := Key{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}
	big := Key{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}
	for name, k := range map[string]Key{"sign bit": sign, "small order": order8, "not canonical": big, "identity": {1}} {
		if err := k.Valid(); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]string{"short": "abc", "alphabet": strings.Repeat("1", 56), "empty": ""} {
		if _, err := ParseKey(s); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// base32Lower is what the standard library makes of the alphabet.
var base32Lower = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// TestBase32: ours is the standard library's, and nothing else is read.
func TestBase32(t *testing.T) {
	b := make([]byte, 35)
	for i := range 256 {
		for k := range b {
			b[k] = byte(i*7 + k*k*31)
		}
		text := base32Lower.EncodeToString(b)
		if got := Encode32(b); got != text {
			t.Fatalf("%x: %s, want %s", b, got, text)
		}
		for _, text := range []string{text, strings.ToUpper(text)} {
			if got, ok := Decode32(text); !ok || !bytes.Equal(got, b) {
				t.Fatalf("%s: %x, want %x", text, got, b)
			}
		}
		_, ok := Decode32(string([]byte{'a', byte(i)}))
		if want := strings.IndexByte(alphabet+strings.ToUpper(alphabet), byte(i)) >= 0; ok != want {
			t.Errorf("character %#x: %v", i, ok)
		}
	}
}

// TestAddressAlphabet: what base32 and ToLower let through, an address does not.
// 55 characters hold key and checksum: a line break more, and the version is missing.
func TestAddressAlphabet(t *testing.T) {
	k := someone(t, 1).Key()
	noVersion := base32Lower.EncodeToString(append(k[:len(k):len(k)], k.checksum(keyVersion)...))
	good := k.String()
	cases := map[string]string{
		"line break for the version":  noVersion + "\n",
		"line break in the middle":    noVersion[:20] + "\r" + noVersion[20:],
		"line breaks only":            strings.Repeat("\n", keyTextSize),
		"line break and .hop":         noVersion + "\n.hop",
		"Kelvin sign, bytes right":    "\u212a" + good[3:],
		"blank":                       " " + good[1:],
		"backquote":                   "`" + good[1:],
		"digit 1":                     "1" + good[1:],
		"digit 8":                     "8" + good[1:],
		"a suffix alone":              ".hop",
		"two suffixes":                good + ".hop.hop",
		"a character in three bytes":  strings.Replace(good, "k", "\u212a", 1),
		"version 2, right checksum":   keyText(k, 2),
		"version 0, right checksum":   keyText(k, 0),
		"high bit":                    "\xe1" + good[1:],
		"one character fewer and .ho": good[:55] + ".ho",
	}
	if !strings.Contains(good, "k") {
		t.Fatalf("%s has no k: the case of the Kelvin sign tests nothing", good)
	}
	for name, s := range cases {
		if got, err := ParseKey(s); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := ParseKey(keyText(k, 2)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("the error of version 2 is %v", err)
	}
	if got, err := ParseKey(strings.ToUpper(good) + ".HoP"); err != nil || got != k {
		t.Errorf("mixed case: %v, %v", got, err)
	}
}

// keyText is the text of a key under another version byte, the checksum made for it.
func keyText(k Key, version byte) string {
	h := blake2s.Sum256(append(append([]byte("hopwire 1 address"), k[:]...), version))
	return base32Lower.EncodeToString(append(append(k[:len(k):len(k)], h[:checksumSize]...), version))
}

func TestX25519IsTheAddress(t *testing.T) {
	for n := range byte(20) {
		id := someone(t, n)
		u, err := id.Key().X25519()
		if err != nil {
			t.Fatal(err)
		}
		pub, _ := curve25519.X25519(id.static[:], curve25519.Basepoint)
		if string(pub) != string(u[:]) {
			t.Errorf("the static key %x is not that of the address %x", pub, u)
		}
		if back, err := KeyFromX25519(u); err != nil || back != id.Key() {
			t.Errorf("back: %v, %v", back, err)
		}
	}
	for _, u := range [][32]byte{{}, {1}, {0xed, 0xff}} {
		u[31] &= 0x7f
		if _, err := KeyFromX25519(u); err == nil && (u[0] <= 1) {
			t.Errorf("%x converts", u)
		}
	}
}

// TestNoAddress: what a decrypted static key may not be.
func TestNoAddress(t *testing.T) {
	good, _ := someone(t, 1).Key().X25519()
	high := good
	high[31] |= 0x80 // X25519 would ignore it
	plusP := [32]byte{0xed + 9, 31: 0x7f}
	for i := 1; i < 31; i++ {
		plusP[i] = 0xff
	}
	twist := [32]byte{2}                 // 8 + 4A + 2 is no square
	minusOne := [32]byte{0xec, 31: 0x7f} // 2^255 − 20, little endian
	for i := 1; i < 31; i++ {
		minusOne[i] = 0xff
	}
	cases := map[string][32]byte{"bit 255": high, "9 + p": plusP, "on the twist": twist, "p − 1": minusOne}
	for i, p := range lowOrderPoints(t) {
		cases[fmt.Sprintf("low order, multiple %d", i)] = [32]byte(p.BytesMontgomery())
	}
	for name, u := range cases {
		if k, err := KeyFromX25519(u); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

// TestSeedOfNobody: every second seed has sign bit 1, and is no identity.
func TestSeedOfNobody(t *testing.T) {
	refused := 0
	for n := range byte(64) {
		id, err := IdentityFromSeed([32]byte{n, 9})
		if err != nil && !errors.Is(err, ErrKey) || err == nil && id.Key()[31]>>7 != 0 {
			t.Errorf("seed %d: %v", n, err)
		}
		if err != nil {
			refused++
		}
	}
	if refused < 12 || refused > 52 { // 5 σ
		t.Errorf("%d of 64 seeds are refused", refused)
	}
	if _, err := NewIdentity(strings.NewReader("too short")); err == nil {
		t.Error("an identity from nine bytes")
	}
}

func TestSignature(t *testing.T) {
	id, other := someone(t, 1), someone(t, 2)
	sig := id.Sign([]byte("statement"))
	if !id.Key().Verify([]byte("statement"), &sig) {
		t.Error("the signature does not verify")
	}
	if id.Key().Verify([]byte("Statement"), &sig) || other.Key().Verify([]byte("statement"), &sig) {
		t.Error("it verifies for another text or key")
	}
	if seed := id.Seed(); fmt.Sprint(id) != id.Key().String() || strings.Contains(fmt.Sprintf("%v %s", id, id), hex.EncodeToString(seed[:])) {
		t.Error("an identity does not print as its address")
	}
}

func TestMeshAddress(t *testing.T) {
	k := someone(t, 3).Key()
	if ip := k.IPv6(); !MeshPrefix().Contains(ip) || !IsMesh(ip) || IsMesh(netip.IPv6Loopback()) || ip.String()[:10] != "fd68:6f70:" {
		t.Errorf("%v is not in %v", ip, MeshPrefix())
	}
}

// specials are all of linux/if_ether.h above lengths, and what switches and drivers
// treat specially besides: 0x886d Intel ANS, 0x8870 jumbo, 0xfc00 cjdns.
var specials = []uint16{
	0x0000, 0x05dc, 0x05ff, 0x0600, 0x0800, 0x0805, 0x0806, 0x08ff, 0x0a00, 0x0a01, 0x22eb, 0x22f0, 0x4305, 0x6000, 0x6001, 0x6002,
	0x6003, 0x6004, 0x6005, 0x6006, 0x6007, 0x6558, 0x8035, 0x809b, 0x80f3, 0x8100, 0x8137, 0x86dd, 0x8808, 0x8809, 0x883e, 0x8847,
	0x8848, 0x884c, 0x8863, 0x8864, 0x886c, 0x886d, 0x8870, 0x8884, 0x888e, 0x8892, 0x8899, 0x88a2, 0x88a4, 0x88a8, 0x88b5, 0x88be,
	0x88c7, 0x88ca, 0x88cc, 0x88e3, 0x88e5, 0x88e7, 0x88f5, 0x88f7, 0x88f8, 0x88fb, 0x8902, 0x8906, 0x890d, 0x8914, 0x8915, 0x8917,
	0x892f, 0x894f, 0x9000, 0x9100, 0x9200, 0x9300, 0xdada, 0xdadb, 0xe001, 0xed3e, 0xfbfb, 0xfc00,
}

func TestEtherTypes(t *testing.T) {
	for i := range 2000 {
		if e := (NetworkKey{byte(i), byte(i >> 8)}).EtherType(); e < 0x0600 || !plainEtherType(e) {
			t.Errorf("EtherType %#x", e)
		}
	}
	for _, e := range specials {
		if plainEtherType(e) {
			t.Errorf("%#x has a meaning to others", e)
		}
	}
}

func TestNetworkKeyFile(t *testing.T) {
	a, b := strings.Repeat("0f", 32), strings.Repeat("a1", 32)
	for text, want := range map[string]int{a: 1, a + "\n": 1, "# mesh\n" + a + "\n\n" + b + "\n": 2, "": 0, "zz": 0, a + "\n" + a: 0, a[1:]: 0} {
		keys, err := ParseNetworkKeys([]byte(text))
		if len(keys) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d keys, %v; want %d", text, len(keys), err, want)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(someone(f, 1).Key().String())
	f.Add("")
	f.Add(strings.Repeat("\n", keyTextSize))
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		if again, err := ParseKey(k.String()); err != nil || again != k {
			t.Fatalf("%q: %v %v", s, again, err)
		}
	})
}

func TestAddressVector(t *testing.T) {
	id := someone(t, 1)
	seed, k := id.Seed(), id.Key()
	u, _ := k.X25519()
	wiretest.Same(t, "testdata/address.txt", fmt.Sprintf("seed: %x\nkey: %x\nx25519: %x\naddress: %s\nshort: %s\nip: %s\nexpect: ok\n", seed, k, u, k, k.Short(), k.IPv6()))
}

// TestNetworkVector: what is derived from a network key.
func TestNetworkVector(t *testing.T) {
	v := wiretest.ReadVector(t, "testdata/network.txt")
	e := NetworkKey(v.Bytes("network key")).EtherType()
	v.Output("ethertype", []byte{byte(e >> 8), byte(e)})
	v.Save()
}

// lowOrderPoints are the multiples of a point of order 8.
func lowOrderPoints(t testing.TB) (all [8]*edwards25519.Point) {
	b, _ := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	all[0] = edwards25519.NewIdentityPoint()
	for i := 1; i < 8; i++ {
		all[i] = new(edwards25519.Point).Add(all[i-1], p)
	}
	return all
}

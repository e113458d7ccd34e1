package handshake

import (
	"encoding/hex"
	"math/big"
	mrand "math/rand/v2"
	"testing"

	"filippo.io/edwards25519"
	"golang.org/x/crypto/curve25519"
)

// TestElligatorVectors: the published vectors of the map, under each of the free
// top bits (elligator.org/vectors/curve25519_direct.vec).
func TestElligatorVectors(t *testing.T) {
	for _, v := range [][2]string{
		{"0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000"},
		{"66665895c5bc6e44ba8d65fd9307092e3244bf2c18877832bd568cb3a2d38a12", "04d44290d13100b2c25290c9343d70c12ed4813487a07ac1176daa5925e7975e"},
		{"673a505e107189ee54ca93310ac42e4545e9e59050aaac6f8b5f64295c8ec02f", "242ae39ef158ed60f20b89396d7d7eef5374aba15dc312a6aea6d1e57cacf85e"},
		{"990b30e04e1c3620b4162b91a33429bddb9f1b70f1da6e5f76385ed3f98ab131", "998e98021eb4ee653effaa992f3fae4b834de777a953271baaa1fa3fef6b776e"},
		{"341a60725b482dd0de2e25a585b208433044bc0a1ba762442df3a0e888ca063c", "683a71d7fca4fc6ad3d4690108be808c2e50a5af3174486741d0a83af52aeb01"},
	} {
		r, _ := hex.DecodeString(v[0])
		for top := range 4 {
			e := [32]byte(r)
			e[31] |= byte(top << 6)
			if got := fromRepresentative(e); hex.EncodeToString(got[:]) != v[1] {
				t.Errorf("%x maps to %x, want %s", e, got, v[1])
			}
		}
	}
}

// component says which of the eight low-order points was added to an ephemeral's
// clean point; -1 for none.
func component(e *ephemeral) int {
	s, _ := new(edwards25519.Scalar).SetBytesWithClamping(e.Private[:])
	p := new(edwards25519.Point).ScalarBaseMult(s)
	for i, low := range torsion {
		if u := new(edwards25519.Point).Add(p, low).BytesMontgomery(); [32]byte(u) == e.Public {
			return i
		}
	}
	return -1
}

// TestEphemeralChoices: low-order component, branch and top bits occur together in
// all 64 ways, as often as each other. With any of them fixed or depending on
// another, this fails.
func TestEphemeralChoices(t *testing.T) {
	if testing.Short() {
		t.Skip("draws many samples")
	}
	const each = 40
	r := mrand.NewChaCha8([32]byte{11})
	var counts [64]int
	for range 64 * each {
		e, err := newEphemeral(r)
		if err != nil {
			t.Fatal(err)
		}
		c := component(e)
		if c < 0 {
			t.Fatalf("%x is not the private key of %x", e.Private, e.Public)
		}
		counts[c|slowBranch(e.Representative)<<3|int(e.Representative[31]>>6)<<4]++
	}
	x := 0.0
	for i, n := range counts {
		if d := float64(n - each); n == 0 {
			t.Errorf("component %d, branch %d, top bits %d never occur", i&7, i>>3&1, i>>4)
		} else {
			x += d * d / each
		}
	}
	if x > 125 { // 63 degrees of freedom: p < 1e-5
		t.Errorf("χ² = %.0f: %v", x, counts)
	}
}

// TestSlowRepresentative: the inverse map against plain integers, for points that
// have a representative and for points that have none.
func TestSlowRepresentative(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{13})
	have := 0
	for range 200 {
		var b [32]byte
		r.Read(b[:])
		s, _ := new(edwards25519.Scalar).SetBytesWithClamping(b[:])
		u := [32]byte(new(edwards25519.Point).ScalarBaseMult(s).BytesMontgomery())
		for branch := range byte(2) {
			got, ok := representative(u, branch, 0x80)
			want, wantOK := slowRepresentative(u, branch)
			if want[31] |= 0x80; ok != wantOK || ok && got != want {
				t.Fatalf("u %x branch %d: %x %v, want %x %v", u, branch, got, ok, want, wantOK)
			}
			if ok {
				have++
			}
		}
	}
	if have < 140 || have > 260 { // half of 400, both branches or none: 4 σ = 57
		t.Errorf("%d of 400 have a representative", have)
	}
}

// TestLowOrderRepresentatives: of the points of low order only u = 0 (by r = 0) and
// u = 1 come out of the map, so readEphemeral has to drop no other.
func TestLowOrderRepresentatives(t *testing.T) {
	for i, p := range torsion {
		u := [32]byte(p.BytesMontgomery())
		_, ok := slowRepresentative(u, 0)
		if small := u == [32]byte{} || u == [32]byte{1}; ok && !small {
			t.Errorf("multiple %d, u = %x, has a representative", i, u)
		}
	}
	r, ok := slowRepresentative([32]byte{1}, 0)
	if !ok {
		t.Fatal("u = 1 has no representative: the case tests nothing")
	}
	for _, bad := range [][32]byte{{}, {31: 0xc0}, r} {
		if new(noise).readEphemeral(bad[:]) {
			t.Errorf("%x is let through", bad)
		}
	}
}

func fieldPrime() *big.Int {
	return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
}

// number reads little-endian bytes, the last of them under a mask.
func number(b [32]byte, mask byte) *big.Int {
	b[31] &= mask
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return new(big.Int).SetBytes(b[:])
}

func bytesOf(n *big.Int) (b [32]byte) {
	n.FillBytes(b[:])
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return b
}

// slowBranch is 1 when the map takes its first root, −A / (1 + 2r²), for r.
func slowBranch(r [32]byte) int {
	p := fieldPrime()
	d := number(r, 0x3f)
	d.Mul(d, d).Lsh(d, 1).Add(d, big.NewInt(1)).ModInverse(d, p)
	d.Mul(d, big.NewInt(-486662)).Mod(d, p)
	if bytesOf(d) == fromRepresentative(r) {
		return 1
	}
	return 0
}

// slowRepresentative is representative in plain integers (Elligator 2, section 5.3).
func slowRepresentative(public [32]byte, branch byte) (r [32]byte, ok bool) {
	p, u := fieldPrime(), number(public, 0x7f)
	ua := new(big.Int).Add(u, big.NewInt(486662))
	n, d := u, ua
	if branch == 1 {
		n, d = ua, u
	}
	if n.Sign() == 0 || d.Sign() == 0 {
		return r, false
	}
	x := new(big.Int).Lsh(d, 1)
	x.ModInverse(x, p).Mul(x, n).Neg(x).Mod(x, p)
	if x.ModSqrt(x, p) == nil {
		return r, false
	}
	if x.Cmp(new(big.Int).Rsh(p, 1)) > 0 {
		x.Sub(p, x)
	}
	return bytesOf(x), true
}

func FuzzRepresentative(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add([]byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != 32 {
			return
		}
		r := [32]byte(b)
		u := fromRepresentative(r)
		if slow := slowMap(r); u != slow {
			t.Fatalf("%x maps to %x, slowly to %x", r, u, slow)
		}
		x := number(r, 0x3f)
		if back, ok := representative(u, byte(slowBranch(r)), r[31]&0xc0); u != [32]byte{} && x.Cmp(new(big.Int).Rsh(fieldPrime(), 1)) <= 0 && (!ok || back != r) {
			t.Fatalf("%x comes back as %x, %v", r, back, ok)
		}
	})
}

func TestEphemeral(t *testing.T) {
	if testing.Short() {
		t.Skip("draws many samples")
	}
	r := mrand.NewChaCha8([32]byte{9})
	private, public := testIdentity(t, 1).Static()
	var ones [256]int
	const n = 1000
	for range n {
		e, err := newEphemeral(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := fromRepresentative(e.Representative); got != e.Public {
			t.Fatalf("representative of %x maps to %x", e.Public, got)
		}
		if slow := slowMap(e.Representative); slow != e.Public {
			t.Fatalf("the slow map gives %x, want %x", slow, e.Public)
		}
		a, err1 := curve25519.X25519(e.Private[:], public[:])
		b, err2 := curve25519.X25519(private[:], e.Public[:])
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Fatalf("no agreement: %x %x %v %v", a, b, err1, err2)
		}
		for i := range ones {
			ones[i] += int(e.Representative[i/8] >> (i % 8) & 1)
		}
	}
	for i, k := range ones {
		if k < n/2-90 || k > n/2+90 { // 5.7 σ
			t.Errorf("bit %d is set in %d of %d", i, k, n)
		}
	}
}

// slowMap is fromRepresentative in plain integers (Elligator 2, section 5.2).
func slowMap(r [32]byte) (u [32]byte) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	a := big.NewInt(486662)
	r[31] &= 0x3f
	x := new(big.Int)
	for i := 31; i >= 0; i-- {
		x.Lsh(x, 8).Or(x, big.NewInt(int64(r[i])))
	}
	d := new(big.Int).Mul(x, x)
	d.Lsh(d, 1).Add(d, big.NewInt(1)).ModInverse(d.Mod(d, p), p)
	v := d.Mul(d, a).Neg(d).Mod(d, p)
	// ε = v³ + A v² + v
	e := new(big.Int).Mul(v, v)
	e.Add(e, new(big.Int).Mul(a, v)).Add(e, big.NewInt(1)).Mul(e, v).Mod(e, p)
	if big.Jacobi(e, p) == -1 {
		v.Neg(v).Sub(v, a).Mod(v, p)
	}
	v.FillBytes(u[:])
	for i := range 16 {
		u[i], u[31-i] = u[31-i], u[i]
	}
	return u
}

// TestDirtyPoints: every low-order component occurs, and no bit of the choice is fixed.
func TestDirtyPoints(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{10})
	clean, top := 0, map[byte]int{}
	for range 400 {
		e, _ := newEphemeral(r)
		pub, _ := curve25519.X25519(e.Private[:], curve25519.Basepoint)
		if string(pub) == string(e.Public[:]) {
			clean++
		}
		top[e.Representative[31]>>6]++
	}
	if clean < 20 || clean > 90 { // an eighth of 400
		t.Errorf("%d of 400 points are of prime order, want about 50", clean)
	}
	if len(top) != 4 {
		t.Errorf("top bits %v", top)
	}
}

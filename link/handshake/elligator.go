package handshake

import (
	"io"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// An ephemeral is a Diffie-Hellman key whose public half has a representative:
// 32 bytes that cannot be told from random ones (Elligator 2, Bernstein, Hamburg,
// Krasnova, Lange 2013, section 5). The public point is "dirty", that is, drawn
// from the whole curve and not only from the prime-order group, or a second look
// would tell: X25519 clears the low-order part on the other side.
type ephemeral struct {
	Private, Public, Representative [32]byte
}

// Curve25519: v² = u³ + A u² + u; 2 is the non-square of the map.
var (
	fieldOne  = element(1)
	curveA    = element(486662)
	curveNegA = new(field.Element).Negate(curveA)
	torsion   = lowOrder()
)

func element(n uint32) *field.Element {
	return new(field.Element).Mult32(new(field.Element).One(), n)
}

// lowOrder lists the eight points of low order: the multiples of one of order 8.
func lowOrder() (t [8]*edwards25519.Point) {
	p, err := new(edwards25519.Point).SetBytes([]byte{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a})
	if err != nil {
		panic("handshake: internal error: " + err.Error())
	}
	t[0] = edwards25519.NewIdentityPoint()
	for i := 1; i < 8; i++ {
		t[i] = new(edwards25519.Point).Add(t[i-1], p)
	}
	return t
}

// newEphemeral draws keys until one has a representative (every second does). The
// low-order component, the branch of the map and the two top bits are drawn
// afresh for each: with any of them fixed, samples can be told from random.
func newEphemeral(rand io.Reader) (*ephemeral, error) {
	for {
		var b [33]byte
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			return nil, err
		}
		e := &ephemeral{Private: [32]byte(b[:32])}
		s, err := new(edwards25519.Scalar).SetBytesWithClamping(b[:32])
		if err != nil {
			return nil, err
		}
		p := new(edwards25519.Point).ScalarBaseMult(s)
		p.Add(p, torsion[b[32]&7])
		e.Public = [32]byte(p.BytesMontgomery())
		if r, ok := representative(e.Public, b[32]>>3&1, b[32]&0xc0); ok {
			e.Representative = r
			return e, nil
		}
	}
}

// representative is the inverse map: r = √(−u / 2(u+A)) or √(−(u+A) / 2u) by the
// branch; top is put into the two free bits. A rejected key is thrown away, so
// only the time of the accepted one could tell anything, and it is constant.
func representative(public [32]byte, branch, top byte) (r [32]byte, ok bool) {
	u, err := new(field.Element).SetBytes(public[:])
	if err != nil {
		return r, false
	}
	var ua, n, d, root field.Element
	ua.Add(u, curveA)
	n.Select(u, &ua, int(1-branch))
	d.Select(&ua, u, int(1-branch))
	n.Negate(&n)
	d.Add(&d, &d)
	if _, square := root.SqrtRatio(&n, &d); square == 0 || isZero(u) || isZero(&ua) {
		return r, false
	}
	b := smaller(&root)
	b[31] |= top
	return b, true
}

func isZero(e *field.Element) bool { return e.Equal(new(field.Element)) == 1 }

// smaller returns the one of r and −r that is at most (p−1)/2.
func smaller(r *field.Element) [32]byte {
	var double, neg field.Element
	double.Add(r, r)
	neg.Negate(r)
	odd := int(double.Bytes()[0] & 1) // 2r reduced is odd when r > (p−1)/2
	return [32]byte(new(field.Element).Select(&neg, r, odd).Bytes())
}

// fromRepresentative maps any 32 bytes to the u coordinate of a point; the two
// top bits are free.
func fromRepresentative(r [32]byte) [32]byte {
	r[31] &= 0x3f
	t, _ := new(field.Element).SetBytes(r[:]) // 32 bytes: no error
	var w, u, v field.Element
	w.Square(t)
	w.Add(&w, &w)
	w.Add(&w, fieldOne) // 1 + 2r², never 0: −1/2 is no square
	u.Multiply(curveNegA, w.Invert(&w))
	// v² = u (u² + A u + 1); when that is no square, the other root is meant
	v.Add(&u, curveA)
	v.Multiply(&v, &u)
	v.Add(&v, fieldOne)
	v.Multiply(&v, &u)
	var root, other field.Element
	_, square := root.SqrtRatio(&v, fieldOne)
	other.Negate(&u)
	other.Subtract(&other, curveA)
	return [32]byte(u.Select(&u, &other, square).Bytes())
}

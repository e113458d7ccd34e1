package identity

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// X25519 and Ed25519 stand here, on the field and group of filippo.io/edwards25519
// that Elligator needs anyway. The standard library's bring a second copy of both
// and, behind crypto/ecdh, the NIST curves with their tables: 0.3 MB of program on
// MIPS. The tests hold every function against the standard library's.

// X25519 is RFC 7748, section 5: the Diffie-Hellman secret of a private key, which
// is clamped here, and a public one, whose top bit is ignored. False when it is 0,
// as it is for points of low order. It takes constant time.
func X25519(private, public *[32]byte) (secret [32]byte, ok bool) {
	k := clamp(*private)
	x1, _ := new(field.Element).SetBytes(public[:]) // 32 bytes: no error
	var x2, z2, x3, z3 field.Element
	x2.One()
	x3.Set(x1)
	z3.One()
	swap := 0
	for t := 254; t >= 0; t-- {
		bit := int(k[t/8]>>(t%8)) & 1
		x2.Swap(&x3, swap^bit)
		z2.Swap(&z3, swap^bit)
		swap = bit
		ladderStep(x1, &x2, &z2, &x3, &z3)
	}
	x2.Swap(&x3, swap)
	z2.Swap(&z3, swap)
	x2.Multiply(&x2, z2.Invert(&z2))
	return [32]byte(x2.Bytes()), x2.Equal(new(field.Element)) == 0
}

// ladderStep doubles (x2 : z2) and adds it to (x3 : z3), whose difference is x1;
// names as in the RFC.
func ladderStep(x1, x2, z2, x3, z3 *field.Element) {
	var a, aa, b, bb, e, da, cb field.Element
	a.Add(x2, z2)
	b.Subtract(x2, z2)
	da.Multiply(da.Subtract(x3, z3), &a)
	cb.Multiply(cb.Add(x3, z3), &b)
	aa.Square(&a)
	bb.Square(&b)
	e.Subtract(&aa, &bb)
	x3.Square(x3.Add(&da, &cb))
	z3.Multiply(x1, z3.Square(z3.Subtract(&da, &cb)))
	x2.Multiply(&aa, &bb)
	z2.Multiply(&e, z2.Add(&aa, z2.Mult32(&e, 121665)))
}

// X25519Public returns the public half of a private key. By the group's tables for
// its base point this takes a third of the ladder's time.
func X25519Public(private *[32]byte) [32]byte {
	s, _ := new(edwards25519.Scalar).SetBytesWithClamping(private[:]) // 32 bytes: no error
	return [32]byte(new(edwards25519.Point).ScalarBaseMult(s).BytesMontgomery())
}

func clamp(k [32]byte) [32]byte {
	k[0] &= 0xf8
	k[31] = k[31]&0x7f | 0x40
	return k
}

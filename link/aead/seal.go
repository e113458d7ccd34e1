package aead

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"
)

var errOpen = errors.New("chacha20poly1305: message authentication failed") // the words of x/crypto

func newOwn(key *[KeySize]byte) cipher.AEAD { return &own{key: *key} }

func (*own) NonceSize() int { return NonceSize }
func (*own) Overhead() int  { return Overhead }

// A start is the first blocks of key stream: block 0 is the key of the tag, the others
// are for the text.
type start [lead * blockSize]byte

// begin makes the start, and leaves s behind it.
func begin(o *own, s *chacha, b *start, nonce []byte) {
	if len(nonce) != NonceSize {
		panic("aead: bad nonce length")
	}
	s.init(&o.key, (*[NonceSize]byte)(nonce), 0)
	makeStart(o, s, b)
}

// xor writes src XOR the key stream from block 1 on to dst; s is behind the start.
func (b *start) xor(s *chacha, dst, src []byte) {
	if lead > 1 {
		n := subtle.XORBytes(dst, src, b[blockSize:])
		dst, src = dst[n:], src[n:]
	}
	s.xor(dst, src)
}

// tag is over additional data, ciphertext and their lengths.
func (b *start) tag(data, sealed []byte) [Overhead]byte {
	var p poly
	p.init((*[KeySize]byte)(b[:]))
	p.addAll(data, sealed)
	return p.tag()
}

func (p *poly) addEach(data, sealed []byte) {
	var n [16]byte
	binary.LittleEndian.PutUint64(n[0:], uint64(len(data)))
	binary.LittleEndian.PutUint64(n[8:], uint64(len(sealed)))
	p.add(data)
	p.add(sealed)
	p.add(n[:])
}

func (o *own) Seal(dst, nonce, text, data []byte) []byte {
	var s chacha
	var b start
	begin(o, &s, &b, nonce)
	all := slices.Grow(dst, len(text)+Overhead)[:len(dst)+len(text)+Overhead]
	out := all[len(dst) : len(dst)+len(text)]
	b.xor(&s, out, text)
	t := b.tag(data, out)
	copy(all[len(dst)+len(text):], t[:])
	return all
}

// Open checks the tag before it decrypts: when it fails, dst is as it was.
func (o *own) Open(dst, nonce, text, data []byte) ([]byte, error) {
	if len(text) < Overhead {
		return nil, errOpen
	}
	var s chacha
	var b start
	begin(o, &s, &b, nonce)
	sealed := text[:len(text)-Overhead]
	t := b.tag(data, sealed)
	if subtle.ConstantTimeCompare(t[:], text[len(sealed):]) != 1 {
		return nil, errOpen
	}
	all := slices.Grow(dst, len(sealed))[:len(dst)+len(sealed)]
	b.xor(&s, all[len(dst):], sealed)
	return all, nil
}

package onion

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"hopwire/link/aead"
)

// SeqMask: numbers count mod 2^31; the top bit marks a relay's answer.
const (
	SeqMask   = 1<<31 - 1
	AnswerBit = 1 << 31
)

const (
	nhMost        = (1400 + aead.NHChunk - 1) / aead.NHChunk
	layerMaterial = 32 + 16 + 4*aead.NHWords
)

// A Layer is one hop's layer in one direction: every hop applies it, the source
// removes it (wire.md, "Layer"). It allocates nothing.
type Layer struct {
	stream    aead.Stream
	k0, k1    uint64 // of H
	nh        [aead.NHWords]uint32
	direction uint32 // in the top bit
}

func (l *Layer) init(material []byte, direction uint32) {
	l.stream.Init((*[32]byte)(material))
	l.k0, l.k1 = binary.LittleEndian.Uint64(material[32:]), binary.LittleEndian.Uint64(material[40:])
	for i := range l.nh {
		l.nh[i] = binary.LittleEndian.Uint32(material[48+4*i:])
	}
	l.direction = direction
}

// Apply is W: iv ^= H(seq, body), body ^= S(seq ‖ iv). It returns the new iv; the
// body is changed in place. At the frame's addressee the result is 0 (or another small
// number), to everyone else random.
func (l *Layer) Apply(seq uint32, iv uint64, body []byte) uint64 {
	iv ^= l.hash(seq, body)
	l.xor(seq, iv, body)
	return iv
}

// Remove is the inverse of Apply.
func (l *Layer) Remove(seq uint32, iv uint64, body []byte) uint64 {
	l.xor(seq, iv, body)
	return iv ^ l.hash(seq, body)
}

// xor applies S(seq ‖ iv): ChaCha20 from block 1 on.
func (l *Layer) xor(seq uint32, iv uint64, body []byte) {
	var b [aead.NonceSize]byte
	binary.LittleEndian.PutUint32(b[0:], seq)
	binary.LittleEndian.PutUint64(b[4:], iv)
	l.stream.XOR(&b, body)
}

// hash is H: SipHash-2-4 over seq u32 ‖ direction and length u32 ‖ n_0 ‖ n_1 …,
// where n_t is NH of the t-th 128 bytes; the last chunk uses as many key words as
// it has.
func (l *Layer) hash(seq uint32, body []byte) uint64 {
	var b [8 + 8*nhMost]byte
	binary.LittleEndian.PutUint32(b[0:], seq)
	binary.LittleEndian.PutUint32(b[4:], l.direction|uint32(len(body)))
	n := 8 + (len(body)+aead.NHChunk-1)/aead.NHChunk*8
	aead.NH(&l.nh, b[8:n], body)
	return siphash.Hash(l.k0, l.k1, b[:n])
}

package hop

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"hopwire/link/aead"
)

// seqMask: numbers count mod 2^31; the top bit marks a relay's answer.
const (
	seqMask   = 1<<31 - 1
	answerBit = 1 << 31
)

const (
	nhWords       = 32 // 32-bit words of a chunk and of its key
	nhChunk       = 4 * nhWords
	nhMost        = (1400 + nhChunk - 1) / nhChunk
	layerMaterial = 32 + 16 + nhChunk
)

// A Layer is one hop's layer in one direction: every hop applies it, the source
// removes it (wire.md, "Layer"). It allocates nothing, and holds
// scratch space: not safe for concurrent use.
type Layer struct {
	stream    aead.Stream
	k0, k1    uint64
	nh        [nhWords]uint32
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
// body is changed in place and needs 16 bytes of capacity behind it. At the frame's
// addressee the result is 0 (or another small number), to everyone else random.
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
// where n_t is NH (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999, section 3) of
// the t-th 128 bytes; the last chunk uses as many key words as it has.
func (l *Layer) hash(seq uint32, body []byte) uint64 {
	var b [8 + 8*nhMost]byte
	binary.LittleEndian.PutUint32(b[0:], seq)
	binary.LittleEndian.PutUint32(b[4:], l.direction|uint32(len(body)))
	n := 8
	for len(body) >= nhChunk {
		binary.LittleEndian.PutUint64(b[n:], nh(&l.nh, (*[nhChunk]byte)(body)))
		body, n = body[nhChunk:], n+8
	}
	if len(body) > 0 {
		binary.LittleEndian.PutUint64(b[n:], nhTail(&l.nh, body))
		n += 8
	}
	return siphash.Hash(l.k0, l.k1, b[:n])
}

// nh is one chunk: Σ (m_2i + K_2i)(m_2i+1 + K_2i+1), the sums mod 2^32, the
// products mod 2^64.
func nh(k *[nhWords]uint32, m *[nhChunk]byte) (n uint64) {
	for i := 0; i < nhWords; i += 4 {
		a := binary.LittleEndian.Uint32(m[4*i:]) + k[i]
		b := binary.LittleEndian.Uint32(m[4*i+4:]) + k[i+1]
		c := binary.LittleEndian.Uint32(m[4*i+8:]) + k[i+2]
		d := binary.LittleEndian.Uint32(m[4*i+12:]) + k[i+3]
		n += uint64(a)*uint64(b) + uint64(c)*uint64(d)
	}
	return n
}

// nhTail is a chunk of less than 128 bytes, a multiple of 8.
func nhTail(k *[nhWords]uint32, m []byte) (n uint64) {
	for i := 0; i+8 <= len(m); i += 8 {
		a := binary.LittleEndian.Uint32(m[i:]) + k[i/4]
		b := binary.LittleEndian.Uint32(m[i+4:]) + k[i/4+1]
		n += uint64(a) * uint64(b)
	}
	return n
}

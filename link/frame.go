package link

import (
	"crypto/cipher"
	"encoding/binary"

	"github.com/dchest/siphash"

	"hopwire/link/aead"
	"hopwire/link/handshake"
)

// Frame layout (wire.md, "Frame"). Little endian.
const (
	offMask   = 0
	offHeader = offMask + 8
	offTag    = offHeader + headerSize
	offBody   = offTag + 16

	headerSize = 16
	BodyShort  = FrameShort - offBody
	BodyLong   = FrameLong - offBody

	// Inside the header.
	offLabel = 0
	offSeq   = offLabel + 4
	offIV    = offSeq + 4
)

// The layout is what wire.md says, or this does not compile.
const (
	_ = uint(BodyShort-280) + uint(280-BodyShort)
	_ = uint(BodyLong-1400) + uint(1400-BodyLong)
	_ = uint(headerSize-offIV-8) + uint(offIV+8-headerSize)
)

// A Header is what a frame says to its receiver alone. Label 0 is link control;
// the top bit of a label is the direction, 1 for backward.
type Header struct {
	Label uint32
	Seq   uint32
	IV    uint64
}

// Body returns the frame's body.
//
//go:noinline
func (f *Frame) Body() []byte { return f.buffer()[offBody:f.N] }

// A half is one direction of a session's keys. It holds scratch space: not safe
// for concurrent use. Nothing in it allocates.
type half struct {
	_       [0]func() // not compared: saves the code
	header  cipher.AEAD
	k0, k1  uint64 // of the mask
	control [32]byte
	nonce   [aead.NonceSize]byte
}

func newHalf(s *handshake.Secrets) *half {
	return &half{header: aead.NewCounted(&s.Header), k0: binary.LittleEndian.Uint64(s.Mask[:]), k1: binary.LittleEndian.Uint64(s.Mask[8:]), control: s.Control}
}

// mask hides the counter, in the manner of QUIC header protection (RFC 9001,
// section 5.4), with SipHash-2-4 of the tag.
func (h *half) mask(frame []byte) uint64 { return siphash.Hash(h.k0, h.k1, frame[offTag:offBody]) }

func (h *half) number(counter uint64) []byte {
	binary.LittleEndian.PutUint64(h.nonce[4:], counter)
	return h.nonce[:]
}

// seal writes header, tag and masked counter in front of a body that is already
// there: authenticated, not encrypted, for the circuit layer has done that. frame
// has one of the two lengths. A counter must never be used twice.
func (h *half) seal(counter uint64, hd Header, frame []byte) {
	t := frame[offHeader:offTag]
	binary.LittleEndian.PutUint32(t[offLabel:], hd.Label)
	binary.LittleEndian.PutUint32(t[offSeq:], hd.Seq)
	binary.LittleEndian.PutUint64(t[offIV:], hd.IV)
	h.header.Seal(t[:0], h.number(counter), t, frame[offBody:])
	binary.LittleEndian.PutUint64(frame[offMask:], counter^h.mask(frame))
}

// sealControl encrypts the body under the control key and seals it with label 0.
func (h *half) sealControl(counter uint64, frame []byte) {
	h.openControl(counter, frame[offBody:])
	h.seal(counter, Header{}, frame)
}

// counter unmasks the counter of a frame; nothing is checked by that.
func (h *half) counter(frame []byte) uint64 {
	return binary.LittleEndian.Uint64(frame[offMask:]) ^ h.mask(frame)
}

// open checks the frame and returns its header. The frame's header bytes are in
// the clear afterwards; when false, the frame is as it was.
func (h *half) open(counter uint64, frame []byte) (Header, bool) {
	var sealed [headerSize + 16]byte
	copy(sealed[:], frame[offHeader:offBody])
	t, err := h.header.Open(frame[offHeader:offHeader], h.number(counter), frame[offHeader:offBody], frame[offBody:])
	if err != nil {
		copy(frame[offHeader:offBody], sealed[:])
		return Header{}, false
	}
	return Header{binary.LittleEndian.Uint32(t[offLabel:]), binary.LittleEndian.Uint32(t[offSeq:]), binary.LittleEndian.Uint64(t[offIV:])}, true
}

// openControl decrypts (or encrypts) a control body in place: ChaCha20 under the
// control key with the link counter as nonce.
func (h *half) openControl(counter uint64, body []byte) {
	h.number(counter)
	aead.XOR(&h.control, &h.nonce, 0, body)
}

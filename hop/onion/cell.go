package onion

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"

	"hopwire/link/aead"
	"hopwire/link/identity"
)

// Control cells (wire.md, "Control cells"): counter u64 ‖ sealed(type u8 ‖ length
// u16 ‖ data ‖ zeros). The counter is the nonce, since several answers may carry
// one frame number.
const (
	offCellCounter = 0
	offCellSealed  = offCellCounter + 8

	// Inside the seal.
	offCellType   = 0
	offCellLength = offCellType + 1
	offCellData   = offCellLength + 2
)

// CellType names a control cell.
type CellType byte

const (
	CellPing   CellType = 1 + iota // source to hop: id u32
	CellPong                       // hop to source: Pong
	CellBroken                     // hop to source: reason u8
	CellClose                      // source to hop
	CellExtend                     // source to last hop: next short id 8 ‖ set-up 1024
	CellSlow                       // hop to source: congestion
)

// ErrCell is returned for a cell that does not open or parse.
var ErrCell = errors.New("onion: bad control cell")

// A Cell is an opened control cell; Data is part of the body it was opened in.
type Cell struct {
	Type CellType
	Data []byte
}

// A CellKey seals or opens the cells of one hop, circuit and direction. Not safe
// for concurrent use.
type CellKey struct {
	_     [0]func() // not compared: saves the code
	seal  cipher.AEAD
	nonce [aead.NonceSize]byte
}

// NewCellKey prepares a key.
func NewCellKey(key *[32]byte) *CellKey {
	return &CellKey{seal: aead.New(key)}
}

// Wipe overwrites the key, which is not used any more.
func (k *CellKey) Wipe() { aead.Wipe(k.seal) }

func (k *CellKey) number(counter uint64) []byte {
	binary.LittleEndian.PutUint64(k.nonce[4:], counter)
	return k.nonce[:]
}

// Seal fills body (280 or 1400 bytes) with a cell. data must fit.
func (k *CellKey) Seal(counter uint64, t CellType, data, body []byte) {
	binary.LittleEndian.PutUint64(body, counter)
	text := body[offCellSealed : len(body)-aead.Overhead]
	clear(text)
	text[offCellType] = byte(t)
	binary.LittleEndian.PutUint16(text[offCellLength:], uint16(len(data)))
	copy(text[offCellData:], data)
	k.seal.Seal(text[:0], k.number(counter), text, nil)
}

// Open opens a cell in place.
func (k *CellKey) Open(body []byte) (c Cell, counter uint64, err error) {
	counter = binary.LittleEndian.Uint64(body)
	sealed := body[offCellSealed:]
	text, err := k.seal.Open(sealed[:0], k.number(counter), sealed, nil)
	if err != nil {
		return Cell{}, 0, ErrCell
	}
	n := int(binary.LittleEndian.Uint16(text[offCellLength:]))
	if n > len(text)-offCellData {
		return Cell{}, 0, ErrCell
	}
	return Cell{CellType(text[offCellType]), text[offCellData : offCellData+n]}, counter, nil
}

// A Pong tells the source how a hop sees the circuit: frames forward and backward,
// in, out, and of those that went out the ones that its queues dropped.
type Pong struct {
	ID                                             uint32
	In, Out, Dropped, BackIn, BackOut, BackDropped uint32
}

const pongSize = 7 * 4

// Append appends the pong's wire form.
func (p Pong) Append(b []byte) []byte {
	for _, v := range [...]uint32{p.ID, p.In, p.Out, p.Dropped, p.BackIn, p.BackOut, p.BackDropped} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// ParsePong reads a pong.
func ParsePong(b []byte) (p Pong, err error) {
	if len(b) < pongSize {
		return p, ErrCell
	}
	for i, v := range [...]*uint32{&p.ID, &p.In, &p.Out, &p.Dropped, &p.BackIn, &p.BackOut, &p.BackDropped} {
		*v = binary.LittleEndian.Uint32(b[4*i:])
	}
	return p, nil
}

// ParseExtend reads an Extend cell.
func ParseExtend(b []byte) (next identity.ShortID, packet *[SetupSize]byte, err error) {
	if len(b) != len(next)+SetupSize {
		return next, nil, ErrCell
	}
	p := [SetupSize]byte(b[len(next):])
	return identity.ShortID(b[:len(next)]), &p, nil
}

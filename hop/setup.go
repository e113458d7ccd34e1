package hop

import (
	"io"

	"hopwire/link"
)

// Stubs of the circuit cryptography: replaced by the setup, layer, window and cell pieces.

const (
	MaxHops   = 16
	SetupSize = 1024
)

type Info struct {
	Next     link.ShortID
	Last     bool
	Lifetime byte // 0: 2 min, 1: 15 min, 2: 60 min
	Price    byte
}

// HopKeys are the keys that a hop and the source share for one circuit.
type HopKeys struct {
	Forward, Backward Layer
	ForwardOffset     uint32
	BackwardOffset    uint32
	ControlForward    [32]byte
	ControlBackward   [32]byte
}

// A SetupHop is what BuildSetup needs of one hop.
type SetupHop struct {
	Onion  [32]byte
	Parity byte
	Info   Info
}

func BuildSetup(rand io.Reader, hops []SetupHop) (packet *[SetupSize]byte, keys []*HopKeys, err error) {
	panic("stub")
}

// OpenSetup opens the first block with the onion private key and rewrites packet into what the next hop gets.
func OpenSetup(onion *[32]byte, packet *[SetupSize]byte) (Info, *HopKeys, error) { panic("stub") }

// A Layer is one hop's layer in one direction.
type Layer struct{ _ [32]byte }

func (l *Layer) Apply(seq uint32, iv uint64, body []byte) uint64  { panic("stub") }
func (l *Layer) Remove(seq uint32, iv uint64, body []byte) uint64 { panic("stub") }

package link

import (
	"io"
	"net/netip"
)

// Stubs: replaced by the key, elligator, handshake, frame and replay pieces.

type Key [32]byte
type ShortID [8]byte
type NetworkKey [32]byte
type Identity struct{ seed [32]byte }

func NewIdentity(rand io.Reader) (*Identity, error)      { panic("stub") }
func IdentityFromSeed(seed [32]byte) (*Identity, error)  { panic("stub") }
func (i *Identity) Seed() [32]byte                       { panic("stub") }
func (i *Identity) Key() Key                             { panic("stub") }
func (i *Identity) Sign(message []byte) (sig [64]byte)   { panic("stub") }
func (k Key) String() string                             { panic("stub") }
func ParseKey(s string) (Key, error)                     { panic("stub") }
func (k Key) Valid() error                               { panic("stub") }
func (k Key) IPv6() netip.Addr                           { panic("stub") }
func (k Key) Short() ShortID                             { panic("stub") }
func (k Key) X25519() ([32]byte, error)                  { panic("stub") }
func KeyFromX25519(u [32]byte) (Key, error)              { panic("stub") }
func (k Key) Verify(message []byte, sig *[64]byte) bool  { panic("stub") }
func (s ShortID) String() string                         { panic("stub") }
func ParseNetworkKeys(text []byte) ([]NetworkKey, error) { panic("stub") }
func (n NetworkKey) EtherType() uint16                   { panic("stub") }

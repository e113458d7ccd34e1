package onion

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dchest/siphash"
	"golang.org/x/crypto/blake2s"

	"hopwire/link/aead"
	"hopwire/link/identity"
)

// Set-up packet (wire.md, "Set-up"): sixteen blocks of 64 bytes, of which each
// hop opens the first and passes on sixteen again. It is the Sphinx construction
// (Danezis, Goldberg 2009, section 3) with a fresh key for each hop instead of
// blinding: the source pays two multiplications a hop, the relay one.
const (
	// MaxHops is the most hops of one set-up, SetupSize its length in bytes.
	MaxHops   = 16
	SetupSize = MaxHops * blockSize

	blockSize = 64

	offE    = 0           // fresh X25519 key; bit 255: parity of the onion key's epoch
	offMAC  = offE + 32   // over all that follows
	offInfo = offMAC + 16 // encrypted from here on
	offRest = offInfo + infoSize

	// Inside info.
	offNext     = 0
	offFlags    = offNext + 8
	offLifetime = offFlags + 1
	offPrice    = offLifetime + 1
	offReserved = offPrice + 1
	infoSize    = offReserved + 5

	flagLast   = 1
	coverSize  = SetupSize - offInfo   // what MAC and encryption cover
	streamSize = coverSize + blockSize // key stream, the last block being the filler
)

const _ = uint(coverSize-976) + uint(976-coverSize)

// Errors of a set-up that does not open.
var ErrSetup = errors.New("onion: set-up refused")

// Info is what a set-up tells one hop.
type Info struct {
	Next     identity.ShortID // the neighbour to go on to; zero at the last hop
	Last     bool
	Lifetime byte // 0: 2 min, 1: 15 min, 2: 60 min
	Price    byte // price limit as a power of two
}

var lifetimes = [...]time.Duration{2 * time.Minute, 15 * time.Minute, 60 * time.Minute}

// Life is the bound on the circuit's life.
func (i Info) Life() time.Duration { return lifetimes[i.Lifetime] }

func (i Info) put(b []byte) {
	clear(b[:infoSize])
	copy(b[offNext:], i.Next[:])
	if i.Last {
		b[offFlags] = flagLast
	}
	b[offLifetime], b[offPrice] = i.Lifetime, i.Price
}

func parseInfo(b []byte) (i Info, err error) {
	i = Info{Next: identity.ShortID(b[offNext:offFlags]), Last: b[offFlags] == flagLast, Lifetime: b[offLifetime], Price: b[offPrice]}
	reserved := b[offFlags] &^ flagLast
	for _, r := range b[offReserved:infoSize] {
		reserved |= r
	}
	if reserved != 0 || int(i.Lifetime) >= len(lifetimes) || i.Last != (i.Next == identity.ShortID{}) {
		return Info{}, fmt.Errorf("%w: info", ErrSetup)
	}
	return i, nil
}

// HopKeys are the keys that a hop and the source share for one circuit.
type HopKeys struct {
	Forward, Backward Layer
	ForwardOffset     uint32 // added to forward numbers; mod 2^31
	BackwardOffset    uint32 // added to the last hop's backward numbers
	ControlForward    [32]byte
	ControlBackward   [32]byte
}

// setupKeys are what one Diffie-Hellman result gives.
type setupKeys struct {
	mac    [32]byte
	stream [32]byte
	hop    *HopKeys // where the caller wants them
}

// deriveSetup is the KDF over (DH, E as received, onion public key, label): a
// BLAKE2s key for a ChaCha20 stream that is cut into the keys; those of the hop go
// into h.
func deriveSetup(dh, e, onion []byte, h *HopKeys) (k setupKeys) {
	b := append([]byte("hopwire 1 set-up"), dh...)
	seed := blake2s.Sum256(append(append(b, e...), onion...))
	all := make([]byte, 2*32+2*layerMaterial+2*4+2*32)
	material := all
	aead.XOR(&seed, new([aead.NonceSize]byte), 0, material)
	take := func(n int) []byte {
		part := material[:n]
		material = material[n:]
		return part
	}
	k = setupKeys{mac: [32]byte(take(32)), stream: [32]byte(take(32)), hop: h}
	k.hop.Forward.init(take(layerMaterial), 0)
	k.hop.Backward.init(take(layerMaterial), 1<<31)
	k.hop.ForwardOffset = binary.LittleEndian.Uint32(take(4)) & SeqMask
	k.hop.BackwardOffset = binary.LittleEndian.Uint32(take(4)) & SeqMask
	k.hop.ControlForward, k.hop.ControlBackward = [32]byte(take(32)), [32]byte(take(32))
	wipe(b)
	wipe(seed[:])
	wipe(all)
	return k
}

// wipe overwrites what was secret. Not inlined, or it might be left out where nothing reads
// the bytes again.
//
//go:noinline
func wipe(b []byte) { clear(b) }

// wipe erases what is not the hop's.
func (k *setupKeys) wipe() {
	wipe(k.mac[:])
	wipe(k.stream[:])
}

func (k *setupKeys) tag(cover []byte) [16]byte {
	h, _ := blake2s.New128(k.mac[:]) // 32-byte key: no error
	h.Write(cover)
	return [16]byte(h.Sum(nil))
}

func (k *setupKeys) keystream() (s [streamSize]byte) {
	aead.XOR(&k.stream, new([aead.NonceSize]byte), 0, s[:])
	return s
}

// A SetupHop is what BuildSetup needs of one hop.
type SetupHop struct {
	Onion  [32]byte // its X25519 onion key
	Parity byte     // lowest bit of that key's epoch
	Info   Info
}

// BuildSetup makes the packet for 1 to MaxHops hops and returns the keys that the
// source shares with each. Unused blocks are random.
func BuildSetup(rand io.Reader, hops []SetupHop) (*[SetupSize]byte, []*HopKeys, error) {
	if len(hops) == 0 || len(hops) > MaxHops {
		return nil, nil, fmt.Errorf("%w: %d hops", ErrSetup, len(hops))
	}
	keys, es := make([]setupKeys, len(hops)), make([][32]byte, len(hops))
	for i, h := range hops {
		var err error
		if keys[i], es[i], err = agree(rand, h); err != nil {
			return nil, nil, err
		}
	}
	packet := new([SetupSize]byte)
	if _, err := io.ReadFull(rand, packet[:]); err != nil {
		return nil, nil, err
	}
	wrapSetup(packet, hops, keys, es)
	shared := make([]*HopKeys, len(keys))
	for i := range keys {
		shared[i] = keys[i].hop
		keys[i].wipe()
	}
	return packet, shared, nil
}

// agree makes the fresh key for one hop and what follows from it.
func agree(rand io.Reader, h SetupHop) (k setupKeys, e [32]byte, err error) {
	var private [32]byte
	if _, err := io.ReadFull(rand, private[:]); err != nil {
		return k, e, err
	}
	e = identity.X25519Public(&private)
	dh, ok := identity.X25519(&private, &h.Onion)
	wipe(private[:])
	if !ok {
		return k, e, fmt.Errorf("%w: onion key of low order", ErrSetup)
	}
	e[31] |= h.Parity << 7
	k = deriveSetup(dh[:], e[:], h.Onion[:], new(HopKeys))
	wipe(dh[:])
	return k, e, nil
}

// wrapSetup writes the blocks from the last hop to the first. The filler is what
// the hops before will have appended when the packet reaches a hop.
func wrapSetup(packet *[SetupSize]byte, hops []SetupHop, keys []setupKeys, es [][32]byte) {
	streams := make([][streamSize]byte, len(hops))
	for i := range keys {
		streams[i] = keys[i].keystream()
	}
	var filler []byte
	for i := range len(hops) - 1 {
		filler = append(filler, make([]byte, blockSize)...)
		subtle.XORBytes(filler, filler, streams[i][streamSize-len(filler):])
	}
	for i := len(hops) - 1; i >= 0; i-- {
		if i < len(hops)-1 {
			copy(packet[offRest:], packet[:SetupSize-offRest]) // the next hop's packet, less its last block
		}
		hops[i].Info.put(packet[offInfo:])
		subtle.XORBytes(packet[offInfo:], packet[offInfo:], streams[i][:coverSize])
		if i == len(hops)-1 {
			copy(packet[SetupSize-len(filler):], filler)
		}
		tag := keys[i].tag(packet[offInfo:])
		copy(packet[offMAC:], tag[:])
		copy(packet[offE:], es[i][:])
	}
}

// OpenSetup opens the first block with an onion key, at one multiplication, and
// rewrites packet into what the next hop gets; what this hop shares with the source
// goes into keys. On an error, which wraps ErrSetup, packet is as it was and keys are
// undefined.
func OpenSetup(onion *Key, packet *[SetupSize]byte, keys *HopKeys) (Info, error) {
	e := [32]byte(packet[offE:])
	e[31] &= 0x7f
	dh, ok := identity.X25519(&onion.private, &e)
	if !ok {
		return Info{}, fmt.Errorf("%w: low order", ErrSetup)
	}
	k := deriveSetup(dh[:], packet[offE:offMAC], onion.public[:], keys)
	wipe(dh[:])
	tag, stream := k.tag(packet[offInfo:]), k.keystream()
	k.wipe()
	if subtle.ConstantTimeCompare(tag[:], packet[offMAC:offInfo]) != 1 {
		return Info{}, fmt.Errorf("%w: MAC", ErrSetup)
	}
	subtle.XORBytes(stream[:], stream[:], packet[offInfo:]) // the cover; the last block stays filler
	info, err := parseInfo(stream[:])
	if err != nil {
		return Info{}, err
	}
	copy(packet[:], stream[infoSize:])
	return info, nil
}

// Parity says which onion key a packet is for: the lowest bit of its epoch.
func Parity(packet *[SetupSize]byte) byte { return packet[offE+31] >> 7 }

// Fingerprint names a packet in the replay filter: a keyed hash of E.
func Fingerprint(key [16]byte, packet *[SetupSize]byte) uint64 {
	return siphash.Hash(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:]), packet[offE:offMAC])
}

package handshake

import (
	"crypto/mlkem"
	"encoding/binary"
	"errors"
	"io"

	"github.com/dchest/siphash"
	"golang.org/x/crypto/blake2s"

	"hopwire/link/identity"
)

// Handshake: Noise IKpsk2 with ML-KEM-768 inside, ephemeral keys as
// representatives, and a filter in front (wire.md, "Handshake"). These functions
// share no state: they run wherever public-key work is done.

// A Kind tells the two uses of the handshake apart: a message of one can never
// serve as one of the other.
type Kind byte

const (
	KindLink    Kind = iota // between neighbours
	KindSession             // end to end, inside a circuit
)

var prologues = [...]string{KindLink: "hopwire 1 link", KindSession: "hopwire 1 session"}

// Message layout. The filter is missing in a rekey, which starts at offEphemeral.
const (
	offFilter    = 0
	offWhole     = offFilter + 8
	offEphemeral = offFilter + filterSize // representative
	offSecret    = offEphemeral + 32      // Noise: the rest

	filterSize = 16

	// Payload of message 1, behind the encrypted static key (32 + 16).
	offVersion   = 0
	offPortNonce = offVersion + 1
	offFilterKey = offPortNonce + 8
	offEncaps    = offFilterKey + filterSize
	offPadding1  = offEncaps + mlkem.EncapsulationKeySize768

	// Payload of message 2: version and port nonce as in message 1.
	offCipher   = offPortNonce + 8
	offPadding2 = offCipher + mlkem.CiphertextSize768

	// MinSize is the least size of the messages, without the filter.
	MinSize = noise1Size + offPadding1
)

// Errors of the handshake; the wire never learns which.
var (
	ErrHandshake = errors.New("handshake: handshake failed")
	ErrVersion   = errors.New("handshake: handshake of an unknown version")
	ErrRefused   = errors.New("handshake: handshake of somebody who is not allowed")
)

// FirstFilter is the key of the filter in front of messages 1 to one responder.
type FirstFilter struct{ k0, k1 uint64 }

// NewFirstFilter derives the filter; beaconNonce is the responder's newest, or nil.
func NewFirstFilter(responder identity.Key, kind Kind, nk identity.NetworkKey, beaconNonce []byte) FirstFilter {
	b := append([]byte("hopwire 1 prefilter"), responder[:]...)
	b = append(append(append(b, byte(kind)), nk[:]...), beaconNonce...)
	h := blake2s.Sum256(b)
	return newFilter(h[:])
}

func newFilter(key []byte) FirstFilter {
	return FirstFilter{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
}

// Check says whether a message can have been made by somebody who knows the
// responder and the mesh; no allocation. Garbage is found out by the first half of the
// filter, over e, some 25 ns. The second covers every byte, so that a recorded head with
// a random tail does not pass.
func (f FirstFilter) Check(msg []byte) bool {
	return len(msg) >= offSecret && binary.LittleEndian.Uint64(msg[offFilter:]) == f.head(msg) &&
		binary.LittleEndian.Uint64(msg[offWhole:]) == f.whole(msg)
}

func (f FirstFilter) put(msg []byte) {
	binary.LittleEndian.PutUint64(msg[offFilter:], f.head(msg))
	binary.LittleEndian.PutUint64(msg[offWhole:], f.whole(msg))
}

func (f FirstFilter) head(msg []byte) uint64 {
	return siphash.Hash(f.k0, f.k1, msg[offEphemeral:offSecret])
}

func (f FirstFilter) whole(msg []byte) uint64 {
	return siphash.Hash(f.k0, f.k1, msg[offEphemeral:])
}

// SeenHash names a first message in a cache of those seen: 8 bytes over its e, or over
// what a rekey has in that place.
func SeenHash(msg []byte) uint64 {
	if len(msg) < offSecret {
		return 0
	}
	return siphash.Hash(0x686f7077697265, 1, msg[offEphemeral:offSecret])
}

// prologue tells the kinds of handshake and the meshes apart.
func prologue(kind Kind, nk identity.NetworkKey) []byte {
	h := blake2s.Sum256(nk[:])
	return append([]byte(prologues[kind]), h[:]...)
}

// head puts the room for the filter in front of a Noise message.
func head(filtered bool, message []byte) []byte {
	return append(make([]byte, headSize(filtered)), message...)
}

func headSize(filtered bool) int {
	if filtered {
		return filterSize
	}
	return 0
}

// InitiateConfig says with whom and how to begin.
type InitiateConfig struct {
	_          [0]func() // not compared: saves the code
	Kind       Kind
	Version    byte // newest that is spoken; 0: the constant
	Identity   *identity.Identity
	NetworkKey identity.NetworkKey
	Peer       identity.Key
	Filter     *FirstFilter // nil: inside a living session, no filter
	PortNonce  [8]byte
	Size       int // of the messages on the wire
}

// An Initiation is one handshake of the initiator. Check may be called from one
// goroutine and Finish, once, from another, in this order.
type Initiation struct {
	version  byte
	filtered bool
	filter   FirstFilter // of message 2
	noise    *noise
	kem      *mlkem.DecapsulationKey768
	first    []byte
}

// Initiate makes message 1, of c.Size bytes. The Initiation keeps it, for the keys
// are bound to it: it may be sent again, but not changed.
func Initiate(rand io.Reader, c InitiateConfig) (*Initiation, []byte, error) {
	var seed [mlkem.SeedSize + filterSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return nil, nil, err
	}
	peer, err := c.Peer.X25519()
	if err != nil {
		return nil, nil, err
	}
	kem, err := mlkem.NewDecapsulationKey768(seed[:mlkem.SeedSize])
	if err != nil {
		return nil, nil, err
	}
	s := newNoise(prologue(c.Kind, c.NetworkKey), c.Identity, c.NetworkKey, peer)
	i := &Initiation{version: VersionOr(c.Version), filtered: c.Filter != nil, filter: newFilter(seed[mlkem.SeedSize:]), noise: s, kem: kem}
	payload := make([]byte, c.Size-headSize(i.filtered)-MinSize+offPadding1)
	payload[offVersion] = i.version
	copy(payload[offPortNonce:], c.PortNonce[:])
	copy(payload[offFilterKey:], seed[mlkem.SeedSize:])
	copy(payload[offEncaps:], kem.EncapsulationKey().Bytes())
	message, err := s.write1(rand, payload)
	if err != nil {
		return nil, nil, err
	}
	i.first = head(i.filtered, message)
	if i.filtered {
		c.Filter.put(i.first)
	}
	return i, i.first, nil
}

// Check is the filter of message 2: cheap, no allocation, changes nothing. True
// for any in a rekey, where the session has authenticated it.
func (i *Initiation) Check(msg2 []byte) bool {
	return len(msg2) == len(i.first) && (!i.filtered || i.filter.Check(msg2))
}

// Finish takes message 2 and returns the keys and the responder's port nonce.
func (i *Initiation) Finish(msg2 []byte) (*Keys, [8]byte, error) {
	var nonce [8]byte
	if len(msg2) != len(i.first) {
		return nil, nonce, ErrHandshake
	}
	payload, err := i.noise.read2(msg2[headSize(i.filtered):])
	if err != nil || len(payload) < offPadding2 {
		return nil, nonce, ErrHandshake
	}
	version := payload[offVersion]
	if v, ok := Agreed(i.version, version); !ok || v != version {
		return nil, nonce, ErrVersion // not one of ours
	}
	secret, err := i.kem.Decapsulate(payload[offCipher:offPadding2])
	if err != nil {
		return nil, nonce, ErrHandshake
	}
	copy(nonce[:], payload[offPortNonce:])
	return newKeys(true, version, i.noise, secret, i.first, msg2), nonce, nil
}

// RespondConfig says how to answer.
type RespondConfig struct {
	Kind        Kind
	Version     byte // newest that is spoken; 0: the constant
	Identity    *identity.Identity
	NetworkKey  identity.NetworkKey
	Prefiltered bool
	PortNonce   [8]byte
	Size        int
	Allow       func(identity.Key) bool // nil: everybody; asked as soon as the initiator is known
}

// A Response is what came of a message 1.
type Response struct {
	Peer      identity.Key
	PortNonce [8]byte // the initiator's
	Keys      *Keys
	Message   []byte // message 2
}

// Respond answers message 1. The encapsulation draws from the standard library's
// own generator, which takes no other; everything else is from rand.
func Respond(rand io.Reader, c RespondConfig, msg1 []byte) (*Response, error) {
	if len(msg1) != c.Size || len(msg1) < headSize(c.Prefiltered)+MinSize {
		return nil, ErrHandshake
	}
	_, static := c.Identity.Static()
	s := newNoise(prologue(c.Kind, c.NetworkKey), c.Identity, c.NetworkKey, static)
	payload, err := s.read1(msg1[headSize(c.Prefiltered):])
	if err != nil || len(payload) < offPadding1 {
		return nil, ErrHandshake
	}
	peer, err := identity.KeyFromX25519(s.rs)
	if err != nil {
		return nil, ErrHandshake
	}
	if c.Allow != nil && !c.Allow(peer) {
		return nil, ErrRefused
	}
	version, ok := Agreed(VersionOr(c.Version), payload[offVersion])
	if !ok {
		return nil, ErrVersion
	}
	return c.answer(rand, s, peer, version, payload, msg1)
}

// answer makes message 2.
func (c *RespondConfig) answer(rand io.Reader, s *noise, peer identity.Key, version byte, payload, msg1 []byte) (*Response, error) {
	kem, err := mlkem.NewEncapsulationKey768(payload[offEncaps:offPadding1])
	if err != nil {
		return nil, ErrHandshake
	}
	secret, ciphertext := kem.Encapsulate()
	answer := make([]byte, c.Size-headSize(c.Prefiltered)-noise2Size)
	answer[offVersion] = version
	copy(answer[offPortNonce:], c.PortNonce[:])
	copy(answer[offCipher:], ciphertext)
	m, err := s.write2(rand, answer)
	if err != nil {
		return nil, err // no randomness: what else can fail was checked before
	}
	r := &Response{Peer: peer, PortNonce: [8]byte(payload[offPortNonce:]), Message: head(c.Prefiltered, m)}
	if c.Prefiltered {
		newFilter(payload[offFilterKey:]).put(r.Message)
	}
	r.Keys = newKeys(false, version, s, secret, msg1, r.Message)
	return r, nil
}

// Secrets are the keys of one direction.
type Secrets struct {
	Header  [32]byte // of the AEAD over headers
	Mask    [16]byte // of link counters
	Control [32]byte // of link control
	Session [32]byte // of an end-to-end session
}

const secretsSize = 32 + 16 + 32 + 32

func cutSecrets(b []byte) Secrets {
	return Secrets{[32]byte(b), [16]byte(b[32:]), [32]byte(b[48:]), [32]byte(b[80:])}
}

// Keys are what a handshake gives both ends.
type Keys struct {
	Version    byte // that both speak from now on
	Send, Recv Secrets
	Resume     [32]byte // secret for sessions on further circuits
}

// Session returns the raw keys of an end-to-end session.
func (k *Keys) Session() (send, recv [32]byte) { return k.Send.Session, k.Recv.Session }

// Wipe overwrites them, once they are in use elsewhere or not wanted.
func (k *Keys) Wipe() { *k = Keys{} }

// newKeys derives the final keys: HKDF-BLAKE2s (RFC 5869) over both Split keys
// and the ML-KEM secret, bound to everything that was on the wire.
func newKeys(initiator bool, version byte, s *noise, secret, msg1, msg2 []byte) *Keys {
	ka, kb := s.split()
	ikm := append(append(append([]byte(nil), ka[:]...), kb[:]...), secret...)
	prk := mac(nil, ikm) // HKDF-Extract without salt
	h := newBlake()
	h.Write(msg1)
	h.Write(msg2)
	info := string(s.h[:]) + string(h.Sum(nil))
	send, recv := cutSecrets(expand(prk[:], info+"initiator", secretsSize)), cutSecrets(expand(prk[:], info+"responder", secretsSize))
	if !initiator {
		send, recv = recv, send
	}
	return &Keys{Version: version, Send: send, Recv: recv, Resume: [32]byte(expand(prk[:], info+"resume", 32))}
}

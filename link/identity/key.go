package identity

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"golang.org/x/crypto/blake2s"
)

// A Key is a node's address: its Ed25519 public key, with sign bit 0. It is
// comparable and may be a map key. The zero Key is no address.
type Key [32]byte

// A ShortID is the first 8 bytes of BLAKE2s-256(key): it names a neighbour in
// set-ups and announcements.
type ShortID [8]byte

// ErrKey is wrapped by every error about an address.
var ErrKey = errors.New("identity: bad address")

const (
	keyVersion   = 1
	keyTextSize  = 56
	checksumSize = 2
)

var one = new(field.Element).One()

// checksum guards the text form against typing errors.
func (k Key) checksum(version byte) []byte {
	h := blake2s.Sum256(append(append([]byte("hopwire 1 address"), k[:]...), version))
	return h[:checksumSize]
}

// String is the text address: 56 characters of lower-case base32 over
// key 32 ‖ checksum 2 ‖ version 1.
func (k Key) String() string {
	b := append(append(k[:len(k):len(k)], k.checksum(keyVersion)...), keyVersion)
	return Encode32(b)
}

// ParseKey reads a text address, with or without ".hop", in either case. Its
// errors wrap ErrKey and say what is wrong.
func ParseKey(s string) (Key, error) {
	if n := len(s) - len(".hop"); n >= 0 && strings.EqualFold(s[n:], ".hop") {
		s = s[:n]
	}
	if len(s) != keyTextSize {
		return Key{}, fmt.Errorf("%w: %d characters instead of %d", ErrKey, len(s), keyTextSize)
	}
	b, ok := Decode32(s)
	if !ok {
		return Key{}, fmt.Errorf("%w: a character other than a-z and 2-7", ErrKey)
	}
	k := Key(b[:32])
	switch {
	case !bytes.Equal(b[32:34], k.checksum(b[34])):
		return Key{}, fmt.Errorf("%w: the checksum does not match: a character is wrong", ErrKey)
	case b[34] != keyVersion:
		return Key{}, fmt.Errorf("%w: version %d instead of %d", ErrKey, b[34], keyVersion)
	}
	return k, k.Valid()
}

// point decodes the key; errors for what is no address: sign bit 1, not
// canonical, not on the curve, small order.
func (k Key) point() (*edwards25519.Point, error) {
	if k[31]>>7 != 0 {
		return nil, fmt.Errorf("%w: sign bit", ErrKey)
	}
	p, err := new(edwards25519.Point).SetBytes(k[:])
	if err != nil {
		return nil, fmt.Errorf("%w: not a point", ErrKey)
	}
	if !bytes.Equal(p.Bytes(), k[:]) {
		return nil, fmt.Errorf("%w: not canonical", ErrKey)
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return nil, fmt.Errorf("%w: small order", ErrKey)
	}
	return p, nil
}

// Valid returns nil for an address, or an error that wraps ErrKey.
func (k Key) Valid() error {
	_, err := k.point()
	return err
}

// X25519 returns the Diffie-Hellman key of the address (birational map).
func (k Key) X25519() ([32]byte, error) {
	p, err := k.point()
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(p.BytesMontgomery()), nil
}

// KeyFromX25519 is the inverse of X25519; u must be canonical and of an address.
func KeyFromX25519(u [32]byte) (Key, error) {
	x, err := new(field.Element).SetBytes(u[:])
	if err != nil || !bytes.Equal(x.Bytes(), u[:]) {
		return Key{}, fmt.Errorf("%w: not canonical", ErrKey)
	}
	// y = (u − 1) / (u + 1)
	var y, d field.Element
	y.Subtract(x, one)
	d.Add(x, one)
	y.Multiply(&y, d.Invert(&d))
	k := Key(y.Bytes())
	return k, k.Valid()
}

// Short returns the short id.
func (k Key) Short() ShortID {
	h := blake2s.Sum256(k[:])
	return ShortID(h[:8])
}

// String is the short id in hexadecimal.
func (s ShortID) String() string { return hex.EncodeToString(s[:]) }

// meshPrefix is fd68:6f70::/32 ("ho").
var meshPrefix = [4]byte{0xfd, 0x68, 0x6f, 0x70}

// MeshPrefix is the prefix of all mesh addresses.
func MeshPrefix() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte(append(meshPrefix[:], make([]byte, 12)...))), 32)
}

// IsMesh says whether an address is of the mesh. (A prefix's Contains is a kilobyte of
// program.)
func IsMesh(ip netip.Addr) bool {
	b := ip.As16()
	return [4]byte(b[:]) == meshPrefix
}

// IPv6 returns the mesh address: the prefix and 96 bits of BLAKE2s-256(key).
func (k Key) IPv6() netip.Addr {
	h := blake2s.Sum256(k[:])
	var ip [16]byte
	copy(ip[:], meshPrefix[:])
	copy(ip[4:], h[:12])
	return netip.AddrFrom16(ip)
}

// An Identity is the secret half of an address. It is immutable and safe for
// concurrent use; String prints the public half only.
type Identity struct {
	seed   [32]byte
	key    Key
	static [32]byte // X25519 private key: the same scalar
	public [32]byte
}

// NewIdentity draws seeds until one has an address (every second does).
func NewIdentity(rand io.Reader) (*Identity, error) {
	for {
		var seed [32]byte
		if _, err := io.ReadFull(rand, seed[:]); err != nil {
			return nil, fmt.Errorf("identity: no randomness for an identity: %w", err)
		}
		if i, err := IdentityFromSeed(seed); err == nil {
			return i, nil
		}
	}
}

// IdentityFromSeed returns the identity of a seed; an error that wraps ErrKey
// when its public key has sign bit 1.
func IdentityFromSeed(seed [32]byte) (*Identity, error) {
	i := &Identity{seed: seed}
	h := sha512.Sum512(seed[:])
	copy(i.static[:], h[:32]) // X25519 clamps it as Ed25519 does
	s, err := new(edwards25519.Scalar).SetBytesWithClamping(h[:32])
	if err != nil {
		return nil, err
	}
	i.key = Key(new(edwards25519.Point).ScalarBaseMult(s).Bytes())
	i.public, err = i.key.X25519()
	return i, err
}

// Seed returns the secret seed, Key the address.
func (i *Identity) Seed() [32]byte { return i.seed }
func (i *Identity) Key() Key       { return i.key }

// Static returns both halves of the X25519 static key, which has the same scalar.
func (i *Identity) Static() (private, public [32]byte) { return i.static, i.public }

// String is the address: an identity that is printed shows no secret.
func (i *Identity) String() string { return i.key.String() }

// A NetworkKey is the 32-byte secret that a mesh shares.
type NetworkKey [32]byte

// ParseNetworkKeys reads a network key file: one or two lines of 64 hexadecimal
// digits; empty lines and lines that begin with # are skipped.
func ParseNetworkKeys(text []byte) ([]NetworkKey, error) {
	var keys []NetworkKey
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		b, err := hex.DecodeString(line)
		if err != nil || len(b) != 32 {
			return nil, fmt.Errorf("identity: line %d is not a network key of 64 hexadecimal digits", n+1)
		}
		keys = append(keys, NetworkKey(b))
	}
	if len(keys) == 0 || len(keys) > 2 || len(keys) == 2 && keys[0] == keys[1] {
		return nil, fmt.Errorf("identity: %d network keys instead of one, or two different ones", len(keys))
	}
	return keys, nil
}

// EtherType derives the EtherType of a mesh: a value that no kernel or switch is
// known to treat specially.
func (n NetworkKey) EtherType() uint16 {
	for i := byte(0); ; i++ {
		h := blake2s.Sum256(append(append([]byte("hopwire 1 ethertype"), n[:]...), i))
		if t := uint16(h[0]) | uint16(h[1])<<8; plainEtherType(t) {
			return t
		}
	}
}

// plainEtherType says whether t may be used: not a length, and not on the list of
// values with a meaning to kernels, bridges, switches or network cards (IEEE and
// linux/if_ether.h; whole blocks where vendors have several).
func plainEtherType(t uint16) bool {
	for _, r := range specialTypes {
		if t >= r[0] && t <= r[1] {
			return false
		}
	}
	return true
}

var specialTypes = [...][2]uint16{
	{0x0000, 0x07ff}, // lengths, experimental, XNS
	{0x0800, 0x08ff}, // IPv4, ARP, ...
	{0x0a00, 0x0bff}, // PUP, VINES
	{0x1000, 0x10ff}, // trailers
	{0x2000, 0x22ff}, // CDP, TRILL, MSRP
	{0x4305, 0x4305}, // batman-adv
	{0x6000, 0x60ff}, // DEC
	{0x6500, 0x65ff},
	{0x8035, 0x8038}, // RARP, DEC bridge
	{0x809b, 0x80ff}, // AppleTalk, AARP, VLAN 8100 is below
	{0x8100, 0x81ff}, // VLAN, IPX
	{0x8600, 0x86ff}, // IPv6
	{0x8800, 0x89ff}, // PAUSE, slow protocols, MPLS, PPPoE, EAPOL, LLDP, PTP, FCoE, MACsec, 88a8, 886d ...
	{0x9000, 0x93ff}, // loopback, QinQ, 9100-9300
	{0xa000, 0xa0ff}, // 6LoWPAN, ...
	{0xaaaa, 0xaaaa},
	{0xb7ea, 0xb7ea}, // GRE control
	{0xcafe, 0xcafe},
	{0xdada, 0xdadb}, // DSA tags of switches
	{0xe001, 0xe001}, // DSA tag of A5PSW
	{0xe555, 0xe555},
	{0xed3e, 0xed3e}, // IFE
	{0xfb00, 0xffff}, // cjdns fc00, Marvell, private use
}

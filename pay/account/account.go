// Package account says what accounts at a gateway are called: their keys follow from one
// seed, their names from their keys, and texts stand for them that people can type.
//
//	seed := account.NewSeed(rand)
//	key := seed.Key(gateway, 0)                // an Ed25519 key for each purpose
//	a := account.Of(gateway, key.Key())        // a.Address() is what people write
//	to, err := account.Parse(gateway, text)    // an address, or a payment string
//
// The forms are in pay/wire.md, "Accounts". Everything here is pure.
package account

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"hopwire/link/identity"
)

// A Seed is the secret that all account keys of a node follow from. It is never the seed
// of the node's identity: who has one knows nothing of the other.
type Seed [32]byte

// NewSeed draws one.
func NewSeed(rand io.Reader) (s Seed, err error) {
	_, err = io.ReadFull(rand, s[:])
	return s, err
}

// Key returns the key of an account at a gateway. The same index always has the same
// key, and keys of different indices or gateways have nothing in common that others see.
func (s *Seed) Key(gateway identity.Key, index uint32) *identity.Identity {
	for try := byte(0); ; try++ {
		info := append(binary.LittleEndian.AppendUint32([]byte("hopwire account 1"), index), try)
		b, err := hkdf.Key(sha256.New, s[:], gateway[:], string(info), 32)
		if err != nil {
			panic(err) // 32 bytes are never too many
		}
		if id, err := identity.IdentityFromSeed([32]byte(b)); err == nil {
			return id // every second seed has an address
		}
	}
}

// An Account names an account at a gateway: the hash of both keys. Gateways store it
// whole, and receipts bind it whole.
type Account [32]byte

// Of returns the name of a key's account.
func Of(gateway, key identity.Key) Account {
	return sha256.Sum256(slices.Concat([]byte("hopwire account 1"), gateway[:], key[:]))
}

// An Address is the first eight bytes of an account's name: it pays accounts that are
// open. One that is not yet open needs its key (Payee).
type Address [8]byte

// Address returns that of an account.
func (a Account) Address() Address { return Address(a[:]) }

// A Payee is whom an amount is for: an address, or the key of an account that may not be
// open yet.
type Payee struct {
	Address Address
	Key     identity.Key // zero: not known
}

// Text forms: lower-case base32 of what they are and a checksum.
const (
	addressText = 16 // characters: address 8 ‖ checksum 2
	payeeText   = 64 // version 1 ‖ key 32 ‖ first 4 bytes of the gateway's key ‖ checksum 3
	payeeForm   = 1
)

// Errors of text forms.
var (
	ErrPayee   = errors.New("account: neither an address of 16 characters nor a payment string of 64")
	ErrTyped   = errors.New("account: mistyped: the checksum does not fit")
	ErrGateway = errors.New("account: the payment string is for another gateway")
)

func checksum(b []byte) []byte {
	h := sha256.Sum256(append([]byte("hopwire address 1"), b...))
	return h[:]
}

// String is the address in 16 characters.
func (a Address) String() string {
	return identity.Encode32(append(bytes.Clone(a[:]), checksum(a[:])[:2]...))
}

// PaymentString is what pays the account of a key that may not be open yet.
func PaymentString(gateway, key identity.Key) string {
	b := append([]byte{payeeForm}, key[:]...)
	b = append(b, gateway[:4]...)
	return identity.Encode32(append(b, checksum(b)[:3]...))
}

// typed is a text without the blanks and dashes that people put into it.
func typed(text string) string {
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c != ' ' && c != '-' {
			b = append(b, c)
		}
	}
	return string(b)
}

// Parse reads either form, in either case, with blanks and dashes in between.
func Parse(gateway identity.Key, text string) (p Payee, err error) {
	text = typed(text)
	b, ok := identity.Decode32(text)
	if !ok || len(text) != addressText && len(text) != payeeText {
		return p, ErrPayee
	}
	n := len(b) - 2
	if len(text) == payeeText {
		n = len(b) - 3
	}
	if !bytes.Equal(checksum(b[:n])[:len(b)-n], b[n:]) {
		return p, ErrTyped
	}
	if len(text) == addressText {
		return Payee{Address: Address(b)}, nil
	}
	if b[0] != payeeForm {
		return p, ErrPayee
	}
	if !bytes.Equal(b[33:37], gateway[:4]) {
		return p, ErrGateway
	}
	p.Key = identity.Key(b[1:])
	if p.Key.Valid() != nil {
		return p, ErrPayee
	}
	p.Address = Of(gateway, p.Key).Address()
	return p, nil
}

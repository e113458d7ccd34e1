package account

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"hopwire/link/identity"
)

// Text form of a seed (pay/wire.md, "Accounts"): base32 of seed 32 ‖ checksum 3.
const (
	seedText  = 56
	seedGroup = 4
)

// SeedIsNot is to stand beside a seed that is shown.
const SeedIsNot = "this line is the money of all accounts: whoever has it can spend them. It is not the node's identity: that has a file of its own, and without it the node's address is lost"

// ErrSeed is returned for what is no text of a seed.
var ErrSeed = errors.New("account: a backup has 14 groups of four letters and digits (a-z, 2-7)")

// ErrSeedTyped is returned for a backup with a slip of which nothing more is known.
var ErrSeedTyped = errors.New("account: mistyped: the checksum of the backup does not fit")

// A TypoError is a backup that would fit if one character of a group, counted from 1,
// were another.
type TypoError int

func (e TypoError) Error() string {
	return "account: mistyped, it seems in group " + string([]byte{byte('0' + e/10), byte('0' + e%10)})
}

// Text is what is written on paper: one line in groups of four, checked as a whole.
func (s *Seed) Text() string {
	text := identity.Encode32(append(bytes.Clone(s[:]), seedChecksum(s[:])...))
	line := make([]byte, 0, seedText+seedText/seedGroup)
	for i := 0; i < seedText; i += seedGroup {
		line = append(append(line, text[i:i+seedGroup]...), ' ')
	}
	return string(line[:len(line)-1])
}

// seedChecksum is three bytes under a label of their own: no other text of ours passes
// for a seed.
func seedChecksum(b []byte) []byte {
	h := sha256.Sum256(append([]byte("hopwire payment seed 1"), b...))
	return h[:3]
}

// ParseSeed reads it, in either case, with blanks and dashes in between; 0, 1 and 8, which
// are not written, are read as o, l and b. Errors: ErrSeed, ErrSeedTyped, a TypoError.
func ParseSeed(text string) (Seed, error) {
	line := []byte(typed(text))
	for i, c := range line {
		switch c {
		case '0':
			line[i] = 'o'
		case '1':
			line[i] = 'l'
		case '8':
			line[i] = 'b'
		}
	}
	if len(line) != seedText {
		return Seed{}, ErrSeed
	}
	b, ok := identity.Decode32(string(line))
	if !ok {
		return Seed{}, ErrSeed
	}
	if !seedFits(b) {
		return Seed{}, slip(b)
	}
	return Seed(b), nil
}

func seedFits(b []byte) bool { return bytes.Equal(seedChecksum(b[:32]), b[32:]) }

// slip tries which one character would make the checksum fit. It is never mended in
// silence: another seed could fit by chance, and would be an empty purse.
func slip(b []byte) error {
	for i := range seedText {
		for v := byte(1); v < 32; v++ {
			bad := bytes.Clone(b)
			for bit := range 5 { // bit of the character, from its highest
				if v>>(4-bit)&1 != 0 {
					at := 5*i + bit
					bad[at/8] ^= 0x80 >> (at % 8)
				}
			}
			if seedFits(bad) {
				return TypoError(i/seedGroup + 1)
			}
		}
	}
	return ErrSeedTyped
}

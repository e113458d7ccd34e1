package identity

import "strings"

// alphabet is that of RFC 4648, in lower case. (Package encoding/base32 pads, skips
// line breaks, and is 7 kB of program; an address needs neither.)
const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

// Encode32 writes bytes as base32 in lower case, five bits a character; their number is a
// multiple of five, so nothing is left over.
func Encode32(b []byte) string {
	text, bits, n := make([]byte, 0, keyTextSize), uint(0), 0
	for _, c := range b {
		bits, n = bits<<8|uint(c), n+8
		for ; n >= 5; n -= 5 {
			text = append(text, alphabet[bits>>(n-5)&31])
		}
	}
	return string(text)
}

// Decode32 reads base32 in either case; false: there is another character.
func Decode32(s string) (b []byte, ok bool) {
	bits, n := uint(0), 0
	for i := range len(s) {
		v := strings.IndexByte(alphabet, s[i]|0x20)
		if v < 0 || s[i] < '2' {
			return nil, false
		}
		bits, n = bits<<5|uint(v), n+5
		if n >= 8 {
			n -= 8
			b = append(b, byte(bits>>n))
		}
	}
	return b, true
}

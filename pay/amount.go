package pay

import (
	"errors"
	"strings"
)

// An Amount counts in 10⁻⁹ of a coin. On the wire it is never negative, and sums that
// overflow are refused.
type Amount int64

// Of an amount.
const (
	Coin     Amount = 1e9
	decimals int    = 9
)

// ErrAmount is returned for what is no amount.
var ErrAmount = errors.New("pay: not an amount: write coins as 12 or 0.05, with at most 9 places")

// ParseAmount reads decimal coins. There is one reading of each text: signs, exponents,
// commas and blanks are refused.
func ParseAmount(text string) (Amount, error) {
	whole, part, dot := strings.Cut(text, ".")
	if whole == "" || dot && part == "" || len(part) > decimals || len(whole) > 10 {
		return 0, ErrAmount
	}
	var n uint64
	for _, c := range []byte(whole + part + strings.Repeat("0", decimals-len(part))) {
		if c < '0' || c > '9' {
			return 0, ErrAmount
		}
		n = 10*n + uint64(c-'0') // at most 19 digits: no overflow
	}
	if n > 1<<63-1 {
		return 0, ErrAmount
	}
	return Amount(n), nil
}

// String is the amount in coins, as ParseAmount reads it; a negative one has a sign.
func (a Amount) String() string {
	sign, u := "", uint64(a)
	if a < 0 {
		sign, u = "-", -u
	}
	digits := make([]byte, 0, 20)
	for i := 0; u > 0 || i <= decimals; i++ {
		digits = append(digits, byte('0'+u%10))
		u /= 10
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	n := len(digits) - decimals
	part := strings.TrimRight(string(digits[n:]), "0")
	if part != "" {
		part = "." + part
	}
	return sign + string(digits[:n]) + part
}

// Add returns the sum of two amounts that are not negative; false: there is none.
func (a Amount) Add(b Amount) (Amount, bool) {
	sum := a + b
	return sum, a >= 0 && b >= 0 && sum >= 0
}

// Sub returns what is left; false: less than nothing.
func (a Amount) Sub(b Amount) (Amount, bool) {
	return a - b, a >= 0 && b >= 0 && b <= a
}

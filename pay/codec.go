package pay

import (
	"encoding/binary"

	"hopwire/link/identity"
)

// sign appends the signature over a label and all of b.
func sign(key *identity.Identity, label string, b []byte) []byte {
	sig := key.Sign(append([]byte(label), b...))
	return append(b, sig[:]...)
}

func appendBody(b, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(body))), body...)
}

// A reader takes fields off a wire form. What is too short, or not allowed, spoils it;
// then it reads zeros.
type reader struct {
	b   []byte
	at  int
	bad bool
}

var zeros [32]byte

// take returns the next n bytes, at most 32 when spoilt.
func (r *reader) take(n int) []byte {
	if r.bad || len(r.b)-r.at < n {
		r.bad = true
		return zeros[:min(n, len(zeros))]
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

func (r *reader) u8() byte       { return r.take(1)[0] }
func (r *reader) u16() uint16    { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32    { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64    { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) hash() [32]byte { return [32]byte(r.take(32)) }

func (r *reader) version() {
	if r.u8() != version {
		r.bad = true
	}
}

// i64 is a time: never negative, so that sums of a few do not overflow.
func (r *reader) i64() int64 {
	v := r.u64()
	if v > 1<<62 {
		r.bad = true
	}
	return int64(v)
}

func (r *reader) amount() Amount {
	v := r.u64()
	if v > 1<<63-1 {
		r.bad = true
		return 0
	}
	return Amount(v)
}

func (r *reader) inbox() Inbox { return Inbox{r.u64(), r.amount(), r.hash()} }

func (r *reader) body() []byte {
	n := int(r.u16())
	if n > MaxBody {
		r.bad = true
	}
	if b := r.take(n); !r.bad {
		return b
	}
	return nil
}

// signed says whether what was read ends here with a signature of the key.
func (r *reader) signed(label string, key identity.Key) bool {
	all := r.at
	sig := r.take(sigSize)
	if r.bad || r.at != len(r.b) || key.Valid() != nil {
		return false
	}
	s := [sigSize]byte(sig)
	return key.Verify(append([]byte(label), r.b[:all]...), &s)
}

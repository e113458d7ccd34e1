package names

import "encoding/binary"

// What is needed of DNS messages (RFC 1035, section 4; EDNS0: RFC 6891). A query
// has one question, whose name cannot be compressed: nothing stands before it.
const (
	headerSize   = 12
	maxName      = 255 // on the wire
	maxLabel     = 63
	questionTail = 4  // type, class
	recordHead   = 10 // type, class, TTL, length: behind a name
	maxExtra     = 4  // additional records of a query; one of them may be OPT

	flagResponse  = 0x80 // of byte 2
	flagAuthority = 0x04
	flagRecursion = 0x01
	flagUnchecked = 0x10   // of byte 3
	operation     = 0x7800 // of the flags
	flagDNSSEC    = 0x80   // of OPT's flags
	pointer       = 0xc0

	classIN  = 1
	typeSOA  = 6
	typePTR  = 12
	typeAAAA = 28
	typeOPT  = 41
	typeMeta = 249 // and up to typeAny: TKEY, TSIG, IXFR, AXFR, ... name no data
	typeAny  = 255

	codeOK             = 0
	codeMalformed      = 1
	codeNoName         = 3
	codeNotImplemented = 4
	codeRefused        = 5
	codeBadVersion     = 16
	codeDrop           = 255 // no answer at all
)

// Records as they are sent. The name is the question's; a SOA's name and server
// are the zone's, which ends the question's. The SOA has no mailbox, and all that
// matters of it is the last number: how long a "no" may be kept (RFC 2308).
const (
	recordAAAA = "\xc0\x0c" + "\x00\x1c\x00\x01" + ttl + "\x00\x10"
	recordPTR  = "\xc0\x0c" + "\x00\x0c\x00\x01" + ttl + "\x00" // and a byte of length
	recordSOA  = "\xc0\x00" + "\x00\x06\x00\x01" + ttlNegative + "\x00\x17" +
		"\xc0\x00" + "\x00" + "\x00\x00\x00\x01" + "\x00\x00\x0e\x10" + "\x00\x00\x02\x58" + "\x00\x01\x51\x80" + ttlNegative
	recordOPT = "\x00" + "\x00\x29\x04\xd0" + "\x00\x00\x00\x00" + "\x00\x00" // MaxQuery

	offServer   = 12 // of recordSOA
	offOPTCode  = 5
	offOPTFlags = 7
)

// MaxQuery is the longest message that is read, what EDNS0 says fits everywhere;
// MaxAnswer the longest that is sent: a PTR record with the longest name. It fits
// the 512 bytes that every client takes, so no answer is ever cut off.
const (
	MaxQuery  = 1232
	MaxAnswer = headerSize + arpaSize + questionTail + len(recordPTR) + 1 + maxName + len(recordOPT)
	arpaSize  = 2*32 + len("3ip64arpa0")

	// The longest question leaves room for an AAAA or SOA record.
	_ = uint(MaxAnswer - (headerSize + maxName + questionTail + len(recordSOA) + len(recordOPT)))
	_ = uint(512 - MaxAnswer)
)

// A query is one that was read.
type query struct {
	id, flags uint16
	question  []byte // as it came, with the capitals that the client may look for
	name      string // lower case, without the last dot
	kind      uint16
	class     uint16
	edns      bool
	version   byte
	dnssec    byte
}

// parse reads a query; the code is not codeOK when that is the answer to it.
func (q *query) parse(b []byte) (code byte) {
	if len(b) < headerSize || b[2]&flagResponse != 0 {
		return codeDrop // an answer to an answer could go on forever
	}
	q.id, q.flags = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if b[2]>>3&15 != 0 {
		return codeNotImplemented
	}
	extra := b[11]
	if string(b[4:11]) != "\x00\x01\x00\x00\x00\x00\x00" || extra > maxExtra {
		return codeMalformed
	}
	b = q.readQuestion(b[headerSize:])
	for ; b != nil && extra > 0; extra-- {
		b = q.readExtra(b)
	}
	if b == nil || len(b) > 0 {
		q.question, q.edns = nil, false
		return codeMalformed
	}
	return codeOK
}

// readQuestion returns what follows the question; nil: it is malformed. A byte
// that no name of ours has becomes '!' in name, so that a dot within a label is
// no dot.
func (q *query) readQuestion(b []byte) []byte {
	var text [maxName]byte
	left := 0 // of the label
	for i, c := range b {
		switch {
		case i == maxName:
			return nil
		case left > 0:
			left--
			text[i] = nameByte(c)
		case c > maxLabel:
			return nil
		case c > 0:
			left, text[i] = int(c), '.'
		default:
			end := i + 1 + questionTail
			if len(b) < end {
				return nil
			}
			if i > 0 {
				q.name = string(text[1:i])
			}
			q.question, q.kind, q.class = b[:end], binary.BigEndian.Uint16(b[i+1:]), binary.BigEndian.Uint16(b[i+3:])
			return b[end:]
		}
	}
	return nil
}

// nameByte is a byte of a name in lower case; '!' when no name has it.
func nameByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
		return c
	}
	return '!'
}

// readExtra skips an additional record, unless it is OPT; nil: it is malformed.
func (q *query) readExtra(b []byte) []byte {
	i := 0
	for i < len(b) && b[i] != 0 && b[i] < pointer {
		i += 1 + int(b[i])
	}
	if i < len(b) && b[i] != 0 {
		i++ // a pointer has a second byte
	}
	i++
	if len(b) < i+recordHead {
		return nil
	}
	end := i + recordHead + int(binary.BigEndian.Uint16(b[i+8:]))
	if len(b) < end {
		return nil
	}
	if binary.BigEndian.Uint16(b[i:]) == typeOPT {
		if q.edns || i != 1 {
			return nil
		}
		q.edns, q.version, q.dnssec = true, b[i+5], b[i+6]&flagDNSSEC
	}
	return b[end:]
}

// An answer is what becomes of a query.
type answer struct {
	code byte
	zone int    // length of the zone's name, 0: none of ours
	kind uint16 // of the one record; 0: none, and the SOA says for how long
	ip   [16]byte
	name string
}

// write writes the answer and returns its length.
func (q *query) write(out *[MaxAnswer]byte, a *answer) int {
	flags := flagResponse<<8 | q.flags&(operation|flagRecursion<<8|flagUnchecked) | uint16(a.code&15)
	if a.zone > 0 {
		flags |= flagAuthority << 8
	}
	clear(out[:headerSize])
	binary.BigEndian.PutUint16(out[:], q.id)
	binary.BigEndian.PutUint16(out[2:], flags)
	n := headerSize + copy(out[headerSize:], q.question)
	if n > headerSize {
		out[5] = 1
	}
	switch {
	case a.kind == typeAAAA:
		out[7] = 1
		n += copy(out[n:], recordAAAA)
		n += copy(out[n:], a.ip[:])
	case a.kind == typePTR:
		out[7] = 1
		n += copy(out[n:], recordPTR)
		n += writeName(out[n:], a.name)
	case a.zone > 0:
		section := 9 // authority
		if a.kind == typeSOA {
			section = 7
		}
		out[section] = 1
		zone := n - questionTail - a.zone - 2
		soa := out[n:]
		n += copy(soa, recordSOA)
		binary.BigEndian.PutUint16(soa, pointer<<8|uint16(zone))
		binary.BigEndian.PutUint16(soa[offServer:], pointer<<8|uint16(zone))
	}
	if q.edns {
		out[11] = 1
		opt := out[n:]
		n += copy(opt, recordOPT)
		opt[offOPTCode], opt[offOPTFlags] = a.code>>4, q.dnssec
	}
	return n
}

// writeName writes the length of a name of valid labels, and the name.
func writeName(b []byte, name string) int {
	b[0] = byte(len(name) + 2)
	copy(b[2:], name)
	label := 1
	for i := 2; i < len(name)+2; i++ {
		if b[i] == '.' {
			b[label], label = byte(i-label-1), i
		}
	}
	b[label], b[len(name)+2] = byte(len(name)+1-label), 0
	return len(name) + 3
}

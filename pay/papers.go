package pay

import "encoding/binary"

// A Paper says what one entry of a list of papers is.
type Paper byte

// Kinds of papers. Each is a wire form with its signature, so a list needs none.
const (
	PaperCall Paper = 1 + iota
	PaperReceipt
	PaperStatement
)

const paperHead = 1 + 2 // kind ‖ length u16

// AppendPaper appends one to a list (wire.md, "Papers").
func AppendPaper(b []byte, kind Paper, paper []byte) []byte {
	b = binary.LittleEndian.AppendUint16(append(b, byte(kind)), uint16(len(paper)))
	return append(b, paper...)
}

// NextPaper takes the first off a list; false: there is none, or it does not fit. What it
// returns lies in b. Whoever reads one bounds the list.
func NextPaper(b []byte) (kind Paper, paper, rest []byte, ok bool) {
	if len(b) < paperHead {
		return 0, nil, nil, false
	}
	kind, n := Paper(b[0]), int(binary.LittleEndian.Uint16(b[1:]))
	if b = b[paperHead:]; kind < PaperCall || kind > PaperStatement || n > len(b) {
		return 0, nil, nil, false
	}
	return kind, b[:n], b[n:], true
}

// ReceiptEpoch says by which epoch's key a receipt claims to be signed, before anything of
// it is checked: so the key can be found to check it with.
func ReceiptEpoch(b []byte) (uint32, bool) { return epochAt(b, offReceiptEpoch) }

// StatementEpoch is the same of a statement; 0: the offline key.
func StatementEpoch(b []byte) (uint32, bool) { return epochAt(b, offStatementEpoch) }

func epochAt(b []byte, at int) (uint32, bool) {
	if len(b) < at+4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b[at:]), true
}

package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
)

// A Store keeps slots by number, which are written whole. Only a power cut may leave one
// that is half written; Open finds out.
type Store interface {
	Read(slot int) ([]byte, error)     // nothing was ever written: nil
	Write(slot int, data []byte) error // returns when it will outlast a power cut; data is the caller's again
}

// Slots (wire.md, "Slots").
const (
	slotHead      = 0 // and the next, in turn
	slotAgainst   = 2 // what speaks against the gateway
	slotAccounts  = 4
	slotsAccount  = 4 // each: two in turn, then these
	slotDeposit   = 2
	slotEvidence  = 3
	maxAccounts   = 32
	recordSize    = 2048
	maxHead       = 8192
	maxFile       = 24576 // evidence with the longest receipt and terms has 20 kB
	recordVersion = 1
	checksumSize  = 16
	maxCall       = 360 // a transfer, which is the longest
)

// Layout of an account's record (wire.md, "Record").
const (
	offRecordVersion    = 0
	offRecordRole       = offRecordVersion + 1
	offRecordClosed     = offRecordRole + 1
	offRecordZero       = offRecordClosed + 1
	offRecordIndex      = offRecordZero + 1
	offRecordGeneration = offRecordIndex + 4
	offRecordAcked      = offRecordGeneration + 8
	offRecordLengths    = offRecordAcked + 48
	offRecordPapers     = offRecordLengths + 8
	offRecordChecksum   = recordSize - checksumSize
)

// A record is what flash has of an account. The slices are never changed, only replaced.
type record struct {
	role       Role
	closed     bool
	index      uint32
	generation uint64
	acked      pay.Inbox // what moved into the balance
	call       []byte    // of the newest receipt
	receipt    []byte    // none: empty
	cert       []byte    // of its epoch
	underWay   []byte    // signed, and no receipt yet
}

// append returns the record's slot; false: it does not fit.
func (r *record) append(gateway identity.Key) ([]byte, bool) {
	b := make([]byte, 0, recordSize)
	b = append(b, recordVersion, byte(r.role), flag(r.closed), 0)
	b = binary.LittleEndian.AppendUint32(b, r.index)
	b = binary.LittleEndian.AppendUint64(b, r.generation)
	b = r.acked.Append(b)
	papers := [...][]byte{r.call, r.receipt, r.cert, r.underWay}
	sum := len(b) + 2*len(papers)
	for _, p := range papers {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(p)))
		sum += len(p)
	}
	if sum > offRecordChecksum {
		return nil, false
	}
	for _, p := range papers {
		b = append(b, p...)
	}
	b = b[:offRecordChecksum] // the rest is zero
	return append(b, checksum(gateway, b)...), true
}

// parseRecord reads a slot; false: it is not whole, or not one of this gateway's.
func parseRecord(b []byte, gateway identity.Key) (r record, ok bool) {
	if len(b) != recordSize || !whole(b, gateway) || b[0] != recordVersion || b[offRecordClosed] > 1 || b[offRecordZero] != 0 {
		return r, false
	}
	b = bytes.Clone(b[:offRecordChecksum])
	r = record{role: Role(b[offRecordRole]), closed: b[offRecordClosed] == 1, index: binary.LittleEndian.Uint32(b[offRecordIndex:]),
		generation: binary.LittleEndian.Uint64(b[offRecordGeneration:])}
	r.acked, ok = pay.ParseInbox(b[offRecordAcked:offRecordLengths])
	rest := b[offRecordPapers:]
	for i, p := range [...]*[]byte{&r.call, &r.receipt, &r.cert, &r.underWay} {
		n := int(binary.LittleEndian.Uint16(b[offRecordLengths+2*i:]))
		if n > len(rest) {
			return record{}, false
		}
		*p, rest = rest[:n:n], rest[n:]
	}
	for _, c := range rest {
		ok = ok && c == 0
	}
	return r, ok
}

// Layout of the head (wire.md, "Head").
const (
	offHeadVersion    = 0
	offHeadStale      = offHeadVersion + 1
	offHeadLength     = offHeadStale + 1
	offHeadReserved   = offHeadLength + 2
	offHeadUsed       = offHeadReserved + 4
	offHeadGeneration = offHeadUsed + 4
	offHeadPapers     = offHeadGeneration + 8
)

// A head is what flash has of a gateway.
type head struct {
	stale      bool   // it may be older than what was done since
	reserved   uint32 // indices below are not given again
	used       uint32 // one above the highest that was paid, as far as is known
	generation uint64
	papers     []byte // the newest certificate and terms
}

func (h *head) append(gateway identity.Key) []byte {
	b := append(make([]byte, 0, offHeadPapers+len(h.papers)+checksumSize), recordVersion, flag(h.stale))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(h.papers)))
	b = binary.LittleEndian.AppendUint32(b, h.reserved)
	b = binary.LittleEndian.AppendUint32(b, h.used)
	b = binary.LittleEndian.AppendUint64(b, h.generation)
	b = append(b, h.papers...)
	return append(b, checksum(gateway, b)...)
}

func parseHead(b []byte, gateway identity.Key) (h head, ok bool) {
	if len(b) < offHeadPapers+checksumSize || len(b) > maxHead || !whole(b, gateway) || b[0] != recordVersion || b[offHeadStale] > 1 ||
		int(binary.LittleEndian.Uint16(b[offHeadLength:])) != len(b)-offHeadPapers-checksumSize {
		return h, false
	}
	return head{b[offHeadStale] == 1, binary.LittleEndian.Uint32(b[offHeadReserved:]), binary.LittleEndian.Uint32(b[offHeadUsed:]), binary.LittleEndian.Uint64(b[offHeadGeneration:]),
		bytes.Clone(b[offHeadPapers : len(b)-checksumSize])}, true
}

// Layout of a file: papers that are written once (wire.md, "File").
const (
	offFileVersion = 0
	offFileReason  = offFileVersion + 1
	offFilePapers  = offFileReason + 1
)

func fileOf(reason Reason, papers []byte, gateway identity.Key) []byte {
	b := append(append(make([]byte, 0, offFilePapers+len(papers)+checksumSize), recordVersion, byte(reason)), papers...)
	return append(b, checksum(gateway, b)...)
}

func parseFile(b []byte, gateway identity.Key) (reason Reason, papers []byte, ok bool) {
	if len(b) < offFilePapers+checksumSize || len(b) > maxFile || !whole(b, gateway) || b[0] != recordVersion {
		return 0, nil, false
	}
	return Reason(b[offFileReason]), b[offFilePapers : len(b)-checksumSize], true
}

// checksum finds out what a power cut or a bad cell left. It is no MAC: whoever writes to
// the flash reads the seed there.
func checksum(gateway identity.Key, b []byte) []byte {
	h := sha256.New()
	h.Write([]byte("hopwire record 1"))
	h.Write(gateway[:])
	h.Write(b)
	return h.Sum(nil)[:checksumSize]
}

func whole(b []byte, gateway identity.Key) bool {
	n := len(b) - checksumSize
	return bytes.Equal(checksum(gateway, b[:n]), b[n:])
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

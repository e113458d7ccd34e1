package query

import "encoding/binary"

// A Page is a part of the map: the relays whose short ids, seen as big endian numbers of
// which the first 32 bits count, are at least what was asked for and below Next.
//
// A map may change while it is copied. Whoever copies notes the Snapshot of the first
// page and has, after the last, all that was in it; what changed meanwhile is in the
// changes since that snapshot, of which he asks next.
type Page struct {
	Snapshot      uint32        // which one this page is of, never 0
	Next          uint32        // where the next page begins; 0: this is the last
	Delta         bool          // only what changed since the snapshot that was asked with
	Gone          IDs           // that were in that one and are not any more; only with Delta
	Announcements Announcements // in order of short ids
}

// Append appends the body of a page.
func (p *Page) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, p.Snapshot)
	b = binary.LittleEndian.AppendUint32(b, p.Next)
	flags := byte(0)
	if p.Delta {
		flags = pageDelta
	}
	b = binary.LittleEndian.AppendUint16(append(b, flags), uint16(p.Gone.Len()))
	return append(append(b, p.Gone...), p.Announcements...)
}

// ParsePage reads the response to OpMap; the error is ErrFormat. The page points into
// what was read.
func ParsePage(b []byte) (s Status, p Page, err error) {
	s, b, err = parseStatus(b)
	if err != nil || s != StatusOK {
		return s, p, err
	}
	if len(b) < pageHead || len(b) > MaxPage || b[offPageFlags]&^pageDelta != 0 {
		return 0, p, ErrFormat
	}
	p.Snapshot, p.Next, p.Delta = u32(b[offPageSnapshot:]), u32(b[offPageNext:]), b[offPageFlags] != 0
	gone := int(binary.LittleEndian.Uint16(b[offPageGone:])) * idSize
	b = b[pageHead:]
	if len(b) < gone {
		return 0, Page{}, ErrFormat
	}
	p.Gone, p.Announcements = IDs(b[:gone]), Announcements(b[gone:])
	if p.Snapshot == 0 || gone > 0 && !p.Delta || !p.Gone.valid() || !p.Announcements.valid() {
		return 0, Page{}, ErrFormat
	}
	return s, p, nil
}

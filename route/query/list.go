package query

import (
	"bytes"
	"encoding/binary"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// Announcements is a list of them, each with its length before and its age behind it. Of
// a request or response that was parsed, all have the right form; who signed them is not
// checked.
type Announcements []byte

// AppendAnnouncement appends one to a list. An age is rounded up to milliseconds, so that
// nothing becomes younger on its way, and is at most MaxAge.
func AppendAnnouncement(b []byte, raw announce.Raw, age time.Duration) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(raw)))
	ms := (min(max(age, 0), MaxAge) + time.Millisecond - 1) / time.Millisecond
	return binary.LittleEndian.AppendUint32(append(b, raw...), uint32(ms))
}

// AnnouncementSize is how many bytes one takes in a list.
func AnnouncementSize(raw announce.Raw) int { return offItemBytes + len(raw) + announce.AgeSize }

// Next takes the first off the list; false: there is none. It points into the list.
func (a *Announcements) Next() (raw announce.Raw, age time.Duration, ok bool) {
	if len(*a) < leastItem {
		return nil, 0, false
	}
	n := offItemBytes + int(binary.LittleEndian.Uint16(*a))
	if n > mostItem-announce.AgeSize || len(*a) < n+announce.AgeSize {
		return nil, 0, false
	}
	raw, err := announce.Parse((*a)[offItemBytes:n:n])
	age = time.Duration(u32((*a)[n:])) * time.Millisecond
	if err != nil || age > MaxAge {
		return nil, 0, false
	}
	*a = (*a)[n+announce.AgeSize:]
	return raw, age, true
}

// valid says whether the list is nothing but announcements.
func (a Announcements) valid() bool {
	for len(a) > 0 {
		if _, _, ok := a.Next(); !ok {
			return false
		}
	}
	return true
}

// IDs is a list of short ids, in rising order, each once.
type IDs []byte

// AppendID appends one to a list.
func AppendID(b []byte, id identity.ShortID) []byte { return append(b, id[:]...) }

// Len returns how many there are.
func (l IDs) Len() int { return len(l) / idSize }

// At returns one.
func (l IDs) At(i int) identity.ShortID { return identity.ShortID(l[i*idSize:]) }

func (l IDs) valid() bool { return rising(l, idSize) }

// Offers is a list of short ids in rising order, with sequences.
type Offers []byte

// Len returns how many there are.
func (o Offers) Len() int { return len(o) / offerSize }

// At returns one.
func (o Offers) At(i int) (id identity.ShortID, sequence uint32) {
	b := o[i*offerSize:]
	return identity.ShortID(b), u32(b[idSize:])
}

func (o Offers) valid() bool {
	return len(o) > 0 && len(o) <= MaxOffers*offerSize && rising(o, offerSize)
}

// rising says whether b has whole entries whose short ids, with which they begin, rise.
func rising(b []byte, size int) bool {
	if len(b)%size != 0 {
		return false
	}
	for ; len(b) > size; b = b[size:] {
		if bytes.Compare(b[:idSize], b[size:][:idSize]) >= 0 {
			return false
		}
	}
	return true
}

package query

import (
	"errors"

	"hopwire/link/identity"
)

// MinPage is how many bytes of short ids and announcements a page has that is not the
// last: else a server could have its map copied for ever.
const MinPage = 32 << 10

// Errors of Copy.Response, besides ErrFormat.
var (
	ErrRefused = errors.New("query: the server gives no page")
	ErrPage    = errors.New("query: a page that no map has")
)

// A Copy copies the map of a server, page by page, and after that what changes, round by
// round. It keeps no announcement and does not verify them. It is not safe for concurrent
// use. After an error the round is begun anew by the next Request; the server is better
// left alone for a while.
//
// A server that lies can keep things from whoever copies, and send him what he verifies
// for nothing; that is bounded by most, for each round.
type Copy struct {
	most  int    // announcements of a round
	since uint32 // snapshot that we have; 0: none
	first uint32 // that of the first page of this round
	delta bool   // this round is changes
	from  uint32 // where the next page begins; 0: a round begins
	left  int    // announcements that may still come in this round
}

// NewCopy returns a Copy that takes up to most announcements in one round: then the
// round is over, and the next begins anew.
func NewCopy(most int) *Copy { return &Copy{most: most} }

// Request appends the question for the next page.
func (c *Copy) Request(b []byte) []byte { return AppendMap(b, c.from, c.since) }

// Response reads the page that was asked for. Its announcements are in order of short
// ids, none twice in a round, and to be verified; relays that are Gone are so by the word
// of this server alone. more says whether the round goes on; a round is over when all
// pages are there, which may be one of changes, with nothing in it.
func (c *Copy) Response(b []byte) (p Page, more bool, err error) {
	s, p, err := ParsePage(b)
	if err == nil && s != StatusOK {
		err = ErrRefused
	}
	if err == nil && !c.fits(&p) {
		err = ErrPage
	}
	if err != nil {
		if err != ErrRefused { // a refusal is no reason to begin anew
			c.from = 0
		}
		return Page{}, false, err
	}
	return p, c.next(&p), nil
}

// fits says whether a page is one that an honest server sends.
func (c *Copy) fits(p *Page) bool {
	size := len(p.Gone) + len(p.Announcements)
	if p.Delta && c.since == 0 || p.Next != 0 && (p.Next <= c.from || size < MinPage) {
		return false
	}
	r := inRange{from: c.from, next: p.Next}
	for i := range p.Gone.Len() {
		if !r.has(p.Gone.At(i)) {
			return false
		}
	}
	r.any = false
	for a := p.Announcements; ; {
		raw, _, ok := a.Next()
		if !ok {
			return true
		}
		if !r.has(raw.Key().Short()) {
			return false
		}
	}
}

// inRange looks whether short ids rise, and are of a page.
type inRange struct {
	from, next uint32
	last       identity.ShortID
	any        bool
}

func (r *inRange) has(id identity.ShortID) bool {
	p := Prefix(id)
	if p < r.from || r.next != 0 && p >= r.next || r.any && string(id[:]) <= string(r.last[:]) {
		return false
	}
	r.last, r.any = id, true
	return true
}

// Prefix is the part of a short id that pages go by.
func Prefix(id identity.ShortID) uint32 {
	return uint32(id[0])<<24 | uint32(id[1])<<16 | uint32(id[2])<<8 | uint32(id[3])
}

// next goes on behind a page; false: the round is over.
func (c *Copy) next(p *Page) bool {
	switch {
	case c.from == 0:
		c.first, c.delta, c.left = p.Snapshot, p.Delta, c.most
	case p.Delta != c.delta: // the server began anew, and so do we
		c.since, c.from = 0, 0
		return true
	}
	for a := p.Announcements; ; c.left-- {
		if _, _, ok := a.Next(); !ok {
			break
		}
	}
	switch c.from = p.Next; {
	case c.from == 0:
		c.since = c.first
		return false
	case c.left <= 0:
		c.since, c.from = 0, 0
		return false
	}
	return true
}

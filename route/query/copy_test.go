package query

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// crowd is n announcements that nobody signed, in order of short ids; each is as large
// as may be.
func crowd(n int) (raws []announce.Raw) {
	for i := range n {
		raws = append(raws, unsigned(i))
	}
	slices.SortFunc(raws, func(a, b announce.Raw) int {
		x, y := a.Key().Short(), b.Key().Short()
		return bytes.Compare(x[:], y[:])
	})
	return raws
}

func unsigned(i int) announce.Raw {
	raw := make([]byte, announce.MinSize+16*announce.MaxLinks)
	raw[0], raw[2], raw[3] = 1, byte(i), byte(i>>8)
	raw[announce.MinSize-65] = announce.MaxLinks
	for k := range announce.MaxLinks {
		raw[announce.MinSize-64+16*k] = byte(k)
	}
	return raw
}

// pageOf is a response with some announcements.
func pageOf(p Page, raws []announce.Raw) []byte {
	for _, raw := range raws {
		p.Announcements = AppendAnnouncement(p.Announcements, raw, time.Second)
	}
	return p.Append([]byte{byte(StatusOK)})
}

// at is where a page begins that begins with an announcement.
func at(raw announce.Raw) uint32 { return Prefix(raw.Key().Short()) }

// TestCopy: two pages, then changes since the snapshot of the first.
func TestCopy(t *testing.T) {
	all, c := crowd(80), NewCopy(1000)
	step := func(name string, response []byte, want []byte, more bool, n int) {
		t.Helper()
		if got := c.Request(nil); !bytes.Equal(got, want) {
			t.Fatalf("%s: asks %x, want %x", name, got, want)
		}
		p, is, err := c.Response(response)
		if err != nil || is != more || len(slices.Collect(raws(p.Announcements))) != n {
			t.Fatalf("%s: %v, more %v", name, err, is)
		}
	}
	step("first", pageOf(Page{Snapshot: 7, Next: at(all[40])}, all[:40]), AppendMap(nil, 0, 0), true, 40)
	step("second, of a later snapshot", pageOf(Page{Snapshot: 8}, all[40:]), AppendMap(nil, at(all[40]), 0), false, 40)
	step("nothing new", pageOf(Page{Snapshot: 9, Delta: true}, nil), AppendMap(nil, 0, 7), false, 0)
	step("changes", pageOf(Page{Snapshot: 12, Delta: true, Gone: AppendID(nil, identity.ShortID{1})}, all[3:4]), AppendMap(nil, 0, 9), false, 1)
	step("all again", pageOf(Page{Snapshot: 3}, all[:9]), AppendMap(nil, 0, 12), false, 9)
}

func raws(a Announcements) func(yield func(announce.Raw) bool) {
	return func(yield func(announce.Raw) bool) {
		for raw, _, ok := a.Next(); ok && yield(raw); raw, _, ok = a.Next() {
		}
	}
}

// TestCopyAnew: where a server begins anew amid a round of changes, all is copied.
func TestCopyAnew(t *testing.T) {
	all, c := crowd(80), &Copy{most: 1000, since: 5}
	if _, more, err := c.Response(pageOf(Page{Snapshot: 7, Next: at(all[40]), Delta: true}, all[:40])); !more || err != nil {
		t.Fatal(more, err)
	}
	if _, more, err := c.Response(pageOf(Page{Snapshot: 2}, all[40:])); !more || err != nil {
		t.Fatal(more, err)
	}
	if got, want := c.Request(nil), AppendMap(nil, 0, 0); !bytes.Equal(got, want) {
		t.Errorf("asks %x, want %x", got, want)
	}
}

// TestBadPages: what no map has is refused, and the round begins anew.
func TestBadPages(t *testing.T) {
	all := crowd(80)
	for name, response := range map[string][]byte{
		"garbage":                   {0, 1, 2, 3},
		"changes of nothing":        pageOf(Page{Snapshot: 1, Delta: true}, nil),
		"next is before":            pageOf(Page{Snapshot: 1, Next: at(all[9])}, all[10:60]),
		"the same page":             pageOf(Page{Snapshot: 1, Next: at(all[10])}, all[10:60]),
		"pages of little":           pageOf(Page{Snapshot: 1, Next: at(all[12])}, all[10:12]),
		"relays of the page before": pageOf(Page{Snapshot: 1}, all[9:20]),
		"relays of the next page":   pageOf(Page{Snapshot: 1, Next: at(all[50])}, all[10:60]),
		"one twice":                 pageOf(Page{Snapshot: 1}, []announce.Raw{all[10], all[10]}),
		"falling":                   pageOf(Page{Snapshot: 1}, []announce.Raw{all[11], all[10]}),
	} {
		c := &Copy{most: 1000, from: at(all[10])}
		if _, more, err := c.Response(response); more || !errors.Is(err, ErrPage) && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: more %v, %v", name, more, err)
		}
		if got, want := c.Request(nil), AppendMap(nil, 0, 0); !bytes.Equal(got, want) {
			t.Errorf("%s: then asks %x, want %x", name, got, want)
		}
	}
	c := &Copy{most: 1000, from: 7}
	if _, _, err := c.Response([]byte{byte(StatusRefused)}); !errors.Is(err, ErrRefused) || c.from != 7 {
		t.Errorf("refused: %v, goes on at %d", err, c.from)
	}
}

// TestEndlessPages: a server whose map has no end is copied up to the bound, and a round
// has as many pages as that takes.
func TestEndlessPages(t *testing.T) {
	all, c, got := crowd(4000), NewCopy(500), 0
	for pages := 0; ; pages++ {
		i := min(pages*31, len(all)-32)
		p, more, err := c.Response(pageOf(Page{Snapshot: 1, Next: at(all[i+31])}, all[i:i+31]))
		if err != nil || pages > 100 {
			t.Fatalf("page %d: %v", pages, err)
		}
		if got += len(slices.Collect(raws(p.Announcements))); !more {
			break
		}
	}
	if got > 531 {
		t.Errorf("%d announcements, want no page behind 500", got)
	}
}

// FuzzCopy: whatever a server sends, a round ends, and each page asks for more than the
// one before.
func FuzzCopy(f *testing.F) {
	f.Add(pageOf(Page{Snapshot: 7, Next: 1 << 31}, crowd(30)), uint32(0), uint32(0))
	f.Fuzz(func(t *testing.T, b []byte, from, since uint32) {
		c := &Copy{most: 100, from: from, since: since, left: 100}
		if _, more, err := c.Response(b); more && (err != nil || c.from != 0 && c.from <= from) {
			t.Fatalf("%v: from %d to %d", err, from, c.from)
		}
	})
}

package query

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"hopwire/route/announce"
)

// again writes a request anew from what was read.
func again(r Request) []byte {
	b := []byte{byte(r.Op)}
	switch r.Op {
	case OpSegments:
		return AppendSegments(nil, r.To)
	case OpMap:
		return AppendMap(nil, r.From, r.Since)
	case OpOffer:
		for i := range r.Offers.Len() {
			id, sequence := r.Offers.At(i)
			b = AppendOffer(b, id, sequence)
		}
		return b
	case OpGive:
		return append(b, listed(r.Announcements)...)
	}
	return r.Paths.Append(nil)
}

// listed writes a list anew.
func listed(a Announcements) (b []byte) {
	for raw, age, ok := a.Next(); ok; raw, age, ok = a.Next() {
		b = AppendAnnouncement(b, raw, age)
	}
	return b
}

// TestRequests: each is read as it was written, and no shorter or longer one is.
func TestRequests(t *testing.T) {
	for name, b := range requests(t) {
		r, err := ParseRequest(b)
		if err != nil || !bytes.Equal(again(r), b) {
			t.Errorf("%s: %v, %x, want %x", name, err, again(r), b)
		}
		if _, err := ParseRequest(append(slices.Clip(b), 0)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: a byte more is read", name)
		}
		for n := range b {
			if r, err := ParseRequest(b[:n]); err == nil && !bytes.Equal(again(r), b[:n]) {
				t.Errorf("%s: %d bytes of %d are read as something else", name, n, len(b))
			}
		}
	}
}

// TestBadRequests: what has a second form, or no meaning, is no request.
func TestBadRequests(t *testing.T) {
	change := func(name string, at int, to byte) []byte {
		b := slices.Clone(requests(t)[name])
		b[at] = to
		return b
	}
	two := append(requests(t)["offer"][:1:1], requests(t)["offer"][1+offerSize:]...)
	for name, b := range map[string][]byte{
		"empty": {}, "operation 0": {0}, "operation 6": {6, 0, 0, 0, 0},
		"an address of elsewhere": change("segments", 2, 0xfe), "a key": append([]byte{byte(OpSegments)}, make([]byte, keySize)...),
		"an offer of nothing": {byte(OpOffer)}, "one twice": append(two, two[1:]...), "falling": append(two, requests(t)["offer"][1:1+offerSize]...),
		"too many": append([]byte{byte(OpOffer)}, many(MaxOffers+1)...), "a gift of nothing": {byte(OpGive)},
		"no ways": change("paths", 1+offPathsK, 0), "too many ways": change("paths", 1+offPathsK, MaxWays+1), "metric": change("paths", 1+offPathsMetric, byte(metrics)),
		"flags": change("paths", 1+offPathsFlags, 2), "avoid": change("paths", 1+offPathsAvoid, 1),
		"length": change("give", 1, 0xff), "version": change("give", 3, 9),
	} {
		if r, err := ParseRequest(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%s is read: %+v", name, r)
		}
	}
}

func many(n int) (b []byte) {
	for i := range n {
		b = AppendOffer(b, shortID(i), 1)
	}
	return b
}

// TestResponses: each is read, and everything that is cut off or too long is not.
func TestResponses(t *testing.T) {
	for op, b := range responses(t) {
		if _, err := read(op, b); err != nil {
			t.Errorf("%d: %v", op, err)
		}
		for s := StatusRefused; s <= StatusNotAllowed; s++ {
			if _, err := read(op, []byte{byte(s)}); err != nil {
				t.Errorf("%d, status %d: %v", op, s, err)
			}
			if _, err := read(op, []byte{byte(s), 0}); err == nil {
				t.Errorf("%d, status %d: a body is read", op, s)
			}
		}
		if _, err := read(op, []byte{byte(StatusNotAllowed) + 1}); err == nil {
			t.Errorf("%d: a status of no meaning is read", op)
		}
		if _, err := read(op, nil); err == nil {
			t.Errorf("%d: nothing is read", op)
		}
		if _, err := read(op, append(slices.Clip(b), make([]byte, 1<<20)...)); err == nil {
			t.Errorf("%d: a megabyte is read", op)
		}
	}
	if _, err := ParseResponse(OpSegments, []byte{0}); err == nil {
		t.Error("an answer without the destination is read")
	}
}

// TestPage: it is read as it was written; gone relays come with changes only.
func TestPage(t *testing.T) {
	b := responses(t)[OpMap]
	s, p, err := ParsePage(b)
	if err != nil || s != StatusOK || p.Snapshot != 9 || p.Next != 77 || !p.Delta || p.Gone.Len() != 2 || p.Gone.At(1) != shortID(2) {
		t.Fatalf("%v %v %+v", err, s, p)
	}
	if got := p.Append([]byte{0}); !bytes.Equal(got, b) {
		t.Errorf("%x, want %x", got, b)
	}
	for name, bad := range map[string]Page{
		"gone without changes": {Snapshot: 1, Gone: ids(1)}, "snapshot 0": {Next: 1}, "gone twice": {Snapshot: 1, Delta: true, Gone: ids(2, 2)},
	} {
		if _, _, err := ParsePage(bad.Append([]byte{0})); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestWays(t *testing.T) {
	b := responses(t)[OpPaths]
	s, w, a, err := ParseWays(b)
	way, ok := w.Next()
	if err != nil || s != StatusOK || !ok || way.Len() != 2 || way.At(0) != shortID(5) || len(listed(a)) != len(a) {
		t.Fatalf("%v %v %x", err, s, way)
	}
	if _, ok := w.Next(); ok {
		t.Error("there is a second way")
	}
	for name, bad := range map[string][]byte{"no way": {0, 0}, "an empty way": {0, 1, 0}, "half a way": {0, 1, 2, 3}} {
		if _, _, _, err := ParseWays(bad); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestAge: no announcement becomes younger by being written, and none is older than an
// hour.
func TestAge(t *testing.T) {
	raw := announced(t, 1)
	for age, want := range map[time.Duration]time.Duration{-time.Second: 0, 1: time.Millisecond, 1500 * time.Microsecond: 2 * time.Millisecond, 2 * time.Hour: time.Hour} {
		a := Announcements(AppendAnnouncement(nil, raw, age))
		if n := AnnouncementSize(raw); len(a) != n {
			t.Errorf("%d bytes, want %d", len(a), n)
		}
		if got, is, ok := a.Next(); !ok || is != want || !bytes.Equal(got, raw) {
			t.Errorf("%v: %v %v, want %v", age, ok, is, want)
		}
	}
	old := AppendAnnouncement(nil, raw, time.Hour)
	old[len(old)-announce.AgeSize]++
	if (Announcements)(old).valid() {
		t.Error("an hour and a millisecond is read")
	}
}

// TestNoAllocation: what is parsed points into the message.
func TestNoAllocation(t *testing.T) {
	for name, b := range requests(t) {
		if n := testing.AllocsPerRun(10, func() { ParseRequest(b) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for _, op := range []Op{OpSegments, OpOffer, OpGive} {
		b := responses(t)[op]
		if n := testing.AllocsPerRun(10, func() { ParseResponse(op, b) }); n != 0 {
			t.Errorf("%d: %v allocations", op, n)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, b := range requests(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseRequest(b); err == nil && !bytes.Equal(again(r), b) {
			t.Fatal("another form of the same request")
		}
	})
}

func FuzzResponse(f *testing.F) {
	for op, b := range responses(f) {
		f.Add(byte(op), b)
	}
	f.Fuzz(func(t *testing.T, op byte, b []byte) {
		r, err := ParseResponse(Op(op), b)
		if err != nil || r.Status != StatusOK {
			return
		}
		if got := listed(r.Announcements); !bytes.Equal(got, r.Announcements) {
			t.Fatal("another form of the same list")
		}
		for i := range r.Wanted.Len() {
			r.Wanted.At(i)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add(responses(f)[OpMap])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, p, err := ParsePage(b)
		if err == nil && s == StatusOK && !bytes.Equal(p.Append([]byte{0}), b) {
			t.Fatal("another form of the same page")
		}
	})
}

func FuzzWays(f *testing.F) {
	f.Add(responses(f)[OpPaths])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, w, a, err := ParseWays(b)
		if err != nil || s != StatusOK {
			return
		}
		for way, ok := w.Next(); ok; way, ok = w.Next() {
			way.At(way.Len() - 1)
		}
		listed(a)
	})
}

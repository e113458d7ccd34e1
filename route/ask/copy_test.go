package ask_test

import (
	"testing"
	"time"

	"hopwire/route/ask"
	"hopwire/route/query"
)

// TestOwn: who copies the map knows all nodes, also after theirs have changed, and asks for
// none of them; what is forged on a page is not taken over.
func TestOwn(t *testing.T) {
	w := newTown(t, 5, 9, 12)
	w.setting = ask.Servers{Own: true}
	w.start(20 * time.Second)
	w.Run(2 * time.Minute)
	for range 4 {
		for to := range 25 {
			if _, err := w.paths(0, to); to > 0 && err != nil {
				t.Fatalf("node %d: %v", to, err)
			}
		}
		w.Run(10 * time.Minute)
	}
	for _, r := range w.asked[12] {
		if r.Op != query.OpMap && r.Op != query.OpOffer {
			t.Fatalf("asked %+v", r)
		}
	}
}

// TestNone: who is to ask nobody asks and offers nothing.
func TestNone(t *testing.T) {
	w := newTown(t, 4, 8, 5)
	w.setting = ask.Servers{None: true}
	w.start(20 * time.Second)
	for to := range 16 {
		w.paths(0, to)
	}
	w.Run(65 * time.Minute)
	if got := len(w.asked[5]); got != 0 {
		t.Errorf("%d calls", got)
	}
}

// TestOffers: each of sixteen nodes offers what it knows, twelve announcements or so, every
// 80 s, and gives what is wanted.
func TestOffers(t *testing.T) {
	w := newTown(t, 4, 8, 5)
	wants := 0
	w.reply = func(_ int, r query.Request, honest []byte) []byte {
		switch r.Op {
		case query.OpOffer:
			list := []byte{0}
			for i := range min(r.Offers.Len(), 7) {
				id, _ := r.Offers.At(i)
				list = query.AppendID(list, id)
				wants++
			}
			return list
		case query.OpGive:
			n := 0
			for a := r.Announcements; ; n++ {
				raw, _, ok := a.Next()
				if !ok {
					break
				}
				if !raw.Verify() {
					t.Error("given what nobody has signed")
				}
			}
			wants -= n
			return query.AppendAccepted([]byte{0}, n)
		}
		return honest
	}
	w.start(20 * time.Second)
	w.Run(30 * time.Minute)
	offers := 0
	for _, r := range w.asked[5] {
		if r.Op == query.OpOffer {
			offers++
		}
	}
	known := 0
	for _, n := range w.Nodes {
		known += n.Map.Len()
	}
	each := 7 * time.Second * time.Duration(known/len(w.Nodes))
	want := (len(w.Nodes) - 1) * int(30*time.Minute/each)
	t.Logf("%d offers in 30 minutes, of nodes that know %d each", offers, known/len(w.Nodes))
	if offers < want*3/4 || offers > want*3/2 {
		t.Errorf("%d offers in 30 minutes, want about %d", offers, want)
	}
	if wants != 0 {
		t.Errorf("%d wanted announcements were not given", wants)
	}
}

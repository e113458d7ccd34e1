package ask_test

import (
	"slices"
	"testing"
	"time"

	"hopwire/route"
	"hopwire/route/query"
)

// cores are the questions to a server for itself.
func (w *town) cores(server int) (n int) {
	for _, key := range w.segmentsAsked(server) {
		if key == w.key(server) {
			n++
		}
	}
	return n
}

// TestCore: who knows few servers asks one of them for itself, whether it wants anything or
// not: within ten minutes, and again after 30 to 45. It is a question like others, so it is
// asked under no name of its own. Who has room for everybody, who knows three servers, or
// who has no memory for it does not ask.
func TestCore(t *testing.T) {
	const nodes = 4 * 4
	for _, c := range []struct {
		name    string
		near    int
		servers []int
		core    bool
		want    bool
	}{
		{"one server", 8, []int{5}, true, true},
		{"two servers", 8, []int{5, 10}, true, true},
		{"four servers", 12, []int{5, 6, 9, 10}, true, false},
		{"room for all", 16, []int{5}, true, false},
		{"no memory", 8, []int{5}, false, false},
	} {
		w := newTown(t, 4, c.near, c.servers...)
		w.core = c.core
		w.start(20 * time.Second)
		count := func(after time.Duration) (n int) {
			w.Run(after)
			for _, s := range c.servers {
				n += w.cores(s)
			}
			return n
		}
		askers := nodes - len(c.servers)
		if got := count(11 * time.Minute); c.want && (got < askers*3/4 || got > nodes) || !c.want && got > 0 {
			t.Errorf("%s: %d questions for the core in ten minutes, of %d nodes", c.name, got, askers)
		}
		if !c.want || len(c.servers) > 1 {
			continue
		}
		if got := count(46 * time.Minute); got < askers*3/2 || got > 3*nodes {
			t.Errorf("%s: %d in an hour, of %d nodes", c.name, got, askers)
		}
		for _, s := range c.servers {
			for i, from := range w.from[s] {
				if _, named := w.whose(from.Key.IPv6()); named && w.asked[s][i].Op == query.OpSegments {
					t.Errorf("%s: question %d is under somebody's name", c.name, i)
				}
			}
		}
	}
}

// newer makes each announcement newer than it is, so that none is signed any more.
func newer(response []byte) []byte {
	const offSequence = 1 + 1 + 32 + 8
	response = slices.Clone(response)
	for a := query.Announcements(response[1:]); ; {
		raw, _, ok := a.Next()
		if !ok {
			return response
		}
		raw[offSequence]++
	}
}

// TestCoreForged: when the core is forged, ways are found without it, and its server is a
// liar; when the answer is forged, that one's.
func TestCoreForged(t *testing.T) {
	for _, core := range []bool{true, false} {
		w := newTown(t, 7, 20, 16)
		w.core = true
		lied := false
		w.reply = func(_ int, r query.Request, honest []byte) []byte {
			if r.Op == query.OpSegments && (r.To == w.key(16).IPv6()) == core && !lied {
				lied = !core
				return newer(honest)
			}
			return honest
		}
		w.start(20 * time.Second)
		w.Run(12 * time.Minute)
		w.paths(0, 48)
		w.Run(5 * time.Second)
		_, err := w.paths(0, 48)
		if found := err == nil; found != core {
			t.Errorf("core forged: %v: %v", core, err)
		}
		c := w.clients[0]
		for _, s := range c.ServerList(w.Now) {
			if s.Contradicted != 1 || s.Why != route.FaultSignature {
				t.Errorf("core forged: %v: %+v", core, s)
			}
		}
	}
}

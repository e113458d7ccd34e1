package meshtest

import (
	"bytes"
	"sync"
	"time"

	"hopwire/route/announce"
)

// A memo is the signatures that one node of the mesh has verified, so that the others
// need not: of ten thousand nodes five hundred verify each announcement. The bytes are
// kept once, too. Nothing else of a run depends on it, since what a verification takes
// in virtual time is charged all the same.
type memo struct {
	sync.Mutex
	now, before map[[64]byte]announce.Raw // by signature: what it was good for
	turned      time.Time
}

// memoLife is a little more than an announcement's.
const memoLife = 65 * time.Minute

// verify is what route.Config.Verify wants.
func (m *Mesh) verify(a announce.Raw) (kept announce.Raw, ok bool) {
	o := &m.memo
	o.Lock()
	defer o.Unlock()
	if o.now == nil || m.Now.Sub(o.turned) > memoLife {
		o.before, o.now, o.turned = o.now, map[[64]byte]announce.Raw{}, m.Now
	}
	sig := [64]byte(a[len(a)-64:])
	for _, known := range []map[[64]byte]announce.Raw{o.now, o.before} {
		if b := known[sig]; bytes.Equal(a, b) {
			return b, true
		}
	}
	if !a.Verify() {
		return a, false
	}
	o.now[sig] = bytes.Clone(a)
	return o.now[sig], true
}

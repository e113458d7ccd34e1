package link

// windowSize is how far behind the highest counter a frame may come.
const windowSize = 1024

const (
	windowWords = windowSize/64 + 1 // one word more than is looked at (RFC 6479)
	windowReach = windowSize        // behind
	windowAhead = uint64(1) << 24   // ahead: garbage passes with 2^-40 a key
)

// A Window is a sliding replay window over frame counters (RFC 6479). The zero
// Window has seen nothing; counters begin at 1.
type Window struct {
	highest uint64
	words   [windowWords]uint64
}

// Plausible says whether a counter can be of this session: in
// (highest − window, highest + 2^24].
func (w *Window) Plausible(c uint64) bool {
	return c+windowReach > w.highest && c <= w.highest+windowAhead && c != 0
}

// Check says whether a counter is new; it changes nothing.
func (w *Window) Check(c uint64) bool {
	if c > w.highest {
		return true
	}
	return c != 0 && w.highest-c < windowReach && w.words[c/64%windowWords]>>(c%64)&1 == 0
}

// Accept notes a counter, after the frame has been authenticated.
func (w *Window) Accept(c uint64) {
	if c > w.highest {
		for i, n := w.highest/64+1, min(c/64-w.highest/64, windowWords); n > 0; i, n = i+1, n-1 {
			w.words[i%windowWords] = 0
		}
		w.highest = c
	}
	w.words[c/64%windowWords] |= 1 << (c % 64)
}

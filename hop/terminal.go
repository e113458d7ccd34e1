package hop

import (
	"time"

	"hopwire/link"
)

// A Terminal is the last-hop side of a circuit that ends here.
type Terminal struct {
	User   any // the owner's
	r      *relay
	seq    uint32
	closed bool
}

// NextSeq returns the number of the next frame, used once.
func (t *Terminal) NextSeq() uint32 {
	t.seq = (t.seq + 1) & seqMask
	return t.seq
}

// Send sends a session frame (f.Body() holds it) backward and owns f.
func (t *Terminal) Send(now time.Time, seq uint32, f *link.Frame) {
	if t.closed || t.r.terminal != t {
		t.r.cs.c.Env.Free(f)
		return
	}
	iv := t.r.keys.Backward.Apply(seq, ivAddressed, f.Body())
	t.r.backOut++
	t.r.up.l.Send(now, link.Header{Label: t.r.upLabel | backward, Seq: seq, IV: iv}, f)
}

// Close ends the circuit on our side.
func (t *Terminal) Close(now time.Time) {
	if !t.closed && t.r.terminal == t {
		t.r.free(now)
	}
}

// From is the neighbour that the circuit comes from: all that is known of its path.
func (t *Terminal) From() link.Key { return t.r.up.l.Peer() }

package hop

import (
	"encoding/binary"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A Terminal is the last-hop side of a circuit that ends here.
type Terminal struct {
	_      [0]func() // not compared: saves the code
	User   any       // the owner's
	r      *relay
	env    link.Env
	from   identity.Key
	port   int
	seq    uint32
	closed bool // r may be another circuit's then
}

// newTerminal begins to number its frames at random: numbers from 1 on would show the
// hop before it that the path ends here.
func (cs *Circuits) newTerminal(r *relay) *Terminal {
	var seed [4]byte
	step.Draw(cs.c.Rand, seed[:])
	port, _ := r.up.l.Port()
	return &Terminal{r: r, env: cs.c.Env, from: r.up.l.Peer(), port: port, seq: binary.LittleEndian.Uint32(seed[:]) & onion.SeqMask}
}

// NextSeq returns the number of the next frame, used once.
func (t *Terminal) NextSeq() uint32 {
	t.seq = (t.seq + 1) & onion.SeqMask
	return t.seq
}

// Send sends a session frame (f.Body() holds it) backward under a number of
// NextSeq, and owns f. After the circuit's end f is dropped.
func (t *Terminal) Send(now time.Time, seq uint32, f *link.Frame) {
	r := t.r
	if t.closed {
		t.env.Free(f)
		return
	}
	iv := r.keys.Backward.Apply(seq, onion.IVAddressed, f.Body())
	r.backOut++
	r.up.l.Send(now, r.homewardHeader(seq, iv), f, &r.homeward)
}

// Close ends the circuit from our side: its source is told, and what was on the
// way to us is lost. Events.TerminalClosed is called.
func (t *Terminal) Close(now time.Time) {
	if !t.closed {
		t.r.part(now, ReasonExpired)
	}
}

// From is the neighbour that the circuit comes from, and Port the port that it is on:
// all that is known of its path.
func (t *Terminal) From() identity.Key { return t.from }
func (t *Terminal) Port() int          { return t.port }

package hop

import (
	"encoding/binary"
	"slices"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/step"
)

// A Circuit is one that starts here: its source knows all hops and their keys.
//
//	         Open               set-up has left           first frame or answer
//	(none) -------> building -------------------> ready ------------------------> opened
//	                   |                            |                               |
//	                   +-------------- end ---------+-------------------------------+
//	                                    v
//	                                  ended
//
// Building: keys is nil; the worker makes the set-up, which then leaves with the turn.
// Ready: frames can be sent, though no hop may have opened the set-up yet. Events hears
// CircuitReady, once all hops of the path have a set-up on its way (reached). A frame of the last hop, or a control cell other than Broken, makes it
// opened.
// Ended: Close, by its owner; or Events hears CircuitBroken, because the set-up could not
// be made or sent (Busy), the first hop was lost or refused it (breakSlot), a hop said
// Broken (answer), or an Extend was not answered (growAgain). In any case the label is
// given back, and the first hop is told by gone, unless its link is down or the set-up
// could not be made or sent.
// A growth (Extend) is a state beside these: growing while growth is not nil, until
// something comes from a hop beyond.
type Circuit struct {
	User any // the owner's
	// Stays leaves it to the owner to close the circuit when a hop has said that it is
	// broken: the notice that it is closed goes down the circuit, and a hop that has lied
	// would see the round trip by it.
	Stays bool

	cs        *Circuits
	path      Path
	side      *side
	label     uint32
	place     int              // in cs.starts
	keys      []*onion.HopKeys // nil until the set-up is built
	cellsF    []*onion.CellKey
	cellsB    []*onion.CellKey
	sent      uint64 // cells
	seq       uint32 // of the first wire
	offset    uint32 // last hop's number − ours
	bwd       onion.SeqWindow
	seen      []link.Window // counters of each hop's cells
	addressed []uint32      // frames sent, by the hop that they are for
	received  []uint32      // and received, by the hop that sent them
	growth    *growth
	rest      []Hop     // for Extends that are still to come
	restAt    time.Time // the worker had no room for the next: when to ask again
	life      byte
	extended  byte // so often
	opened    bool
	ended     bool
	flow      link.Flow
	stats     CircuitStats
}

// CircuitStats are totals of one circuit at its source.
type CircuitStats struct{ Out, In uint64 }

// Open starts a circuit over path with a life bound of the given class (0: 2, 1:
// 15, 2: 60 minutes). The set-up is built elsewhere and sent; Events.CircuitReady
// is called then, and for a path of more than onion.MaxHops hops when the last of the
// Extends that it needs is on its way. ErrNoPath: the first hop is no neighbour; ErrTooMany: no room.
func (cs *Circuits) Open(now time.Time, path Path, life byte) (*Circuit, error) {
	if len(path.Hops) == 0 || len(path.Hops) > MaxHops {
		return nil, ErrNoPath
	}
	n := min(len(path.Hops), onion.MaxHops)
	s := cs.toward(path.Hops[0].Key.Short())
	if s == nil {
		return nil, ErrNoPath
	}
	if len(cs.own) >= cs.c.MaxCircuits {
		return nil, ErrTooMany
	}
	c := &Circuit{cs: cs, path: Path{path.Hops[:n:n], path.Cost}, rest: path.Hops[n:], life: life, side: s}
	c.place = cs.begin(c)
	if !c.set(now) {
		cs.starts[c.place] = nil
		return nil, ErrTooMany
	}
	cs.own = append(cs.own, c)
	return c, nil
}

// set gives the circuit its label and has its set-up built; false: there is no room.
func (c *Circuit) set(now time.Time) (ok bool) {
	if c.label, ok = c.side.assign(now, slot{of: c.ref()}, indexMask); !ok {
		return false
	}
	var seed [4]byte
	step.Draw(c.cs.c.Rand, seed[:])
	c.seq = binary.LittleEndian.Uint32(seed[:]) & onion.SeqMask
	if ok = c.cs.build(c); !ok {
		c.side.release(now, c.label)
	}
	return ok
}

// begin finds a place for a circuit of ours.
func (cs *Circuits) begin(c *Circuit) (place int) {
	if place = slices.Index(cs.starts, nil); place < 0 {
		place, cs.starts = len(cs.starts), append(cs.starts, nil)
	}
	cs.starts[place] = c
	return place
}

// setupHops says what each hop of a set-up is told.
func setupHops(path []Hop, life byte) []onion.SetupHop {
	hops := make([]onion.SetupHop, len(path))
	for i, h := range path {
		hops[i] = onion.SetupHop{Onion: h.Onion, Parity: h.Parity, Info: onion.Info{Lifetime: life, Price: h.Price, Last: i == len(path)-1}}
		if i+1 < len(path) {
			hops[i].Info.Next = path[i+1].Key.Short()
		}
	}
	return hops
}

func (cs *Circuits) build(c *Circuit) bool {
	hops, rand := setupHops(c.path.Hops, c.life), step.Stream(cs.c.Rand)
	return cs.c.Env.Work(link.Cost{Class: link.ClassSetup, DH: 2 * len(hops)}, func() func(time.Time) {
		packet, keys, err := onion.BuildSetup(rand, hops)
		return func(now time.Time) {
			if c.ended {
				wipe(keys)
				return
			}
			if err != nil || !cs.postSetup(now, c.side, c.label, cs.newMessage(0, packet)) {
				wipe(keys)
				c.end(now)
				cs.ev.CircuitBroken(now, c, 0, ReasonBusy)
				return
			}
			cs.sentSetup(now, c.side.account)
			cs.afterSetup(now, follower{circuit: c, keys: keys})
		}
	})
}

// setKeys adds the keys of further hops.
func (c *Circuit) setKeys(keys []*onion.HopKeys) {
	c.keys = append(c.keys, keys...)
	c.offset = onion.LastSeq(c.keys, 0)
	for _, k := range keys {
		c.cellsF, c.cellsB = append(c.cellsF, onion.NewCellKey(&k.ControlForward)), append(c.cellsB, onion.NewCellKey(&k.ControlBackward))
	}
	c.seen = append(c.seen, make([]link.Window, len(keys))...)
	c.addressed, c.received = append(c.addressed, make([]uint32, len(keys))...), append(c.received, make([]uint32, len(keys))...)
}

// Ready says whether frames can be sent, Path which way it goes, Stats how much went.
func (c *Circuit) Ready() bool         { return c.keys != nil && !c.ended }
func (c *Circuit) Path() Path          { return c.path }
func (c *Circuit) Stats() CircuitStats { return c.stats }

// NextSeq reserves the next frame and returns its number as the last hop knows it.
func (c *Circuit) NextSeq() uint32 {
	c.seq = (c.seq + 1) & onion.SeqMask
	return (c.seq + c.offset) & onion.SeqMask
}

// Send sends a session frame (f.Body() holds it) under a number of NextSeq, and
// owns f.
func (c *Circuit) Send(now time.Time, seq uint32, f *link.Frame) {
	c.wrap(now, len(c.keys)-1, onion.IVAddressed, (seq-c.offset)&onion.SeqMask, f)
}

func (c *Circuit) wrap(now time.Time, hop int, start uint64, seq uint32, f *link.Frame) {
	if !c.Ready() {
		c.cs.c.Env.Free(f)
		return
	}
	iv := onion.WrapForward(c.keys, hop, start, seq, f.Body())
	c.stats.Out++
	c.addressed[hop]++
	c.side.l.Send(now, link.Header{Label: c.label, Seq: seq, IV: iv}, f, &c.flow)
}

// cell sends a control cell to a hop.
func (c *Circuit) cell(now time.Time, hop int, t onion.CellType, data []byte, size int) bool {
	if !c.Ready() || hop < 0 || hop >= len(c.keys) {
		return false
	}
	f := c.cs.c.Env.Alloc()
	if f == nil {
		return false
	}
	f.N = size
	c.sent++
	c.cellsF[hop].Seal(c.sent, t, data, f.Body())
	start := uint64(onion.IVAddressed)
	if hop == len(c.keys)-1 || t == onion.CellExtend { // which only the last hop gets, or one that was
		start = onion.IVControl
	}
	c.seq = (c.seq + 1) & onion.SeqMask
	c.wrap(now, hop, start, c.seq, f)
	return true
}

// Ping asks a hop (from 0) for a Pong, which bears the id.
func (c *Circuit) Ping(now time.Time, hop int, id uint32) bool {
	return c.cell(now, hop, onion.CellPing, binary.LittleEndian.AppendUint32(nil, id), link.FrameShort)
}

// receive takes a backward frame from the first hop and owns f.
func (c *Circuit) receive(now time.Time, h link.Header, f *link.Frame) {
	defer c.cs.c.Env.Free(f)
	if !c.Ready() || h.Seq&onion.AnswerBit == 0 && !c.bwd.Check(h.Seq) {
		c.cs.N.BadSeq++
		return
	}
	hop, seq, ok := onion.UnwrapBackward(c.keys, h.Seq, h.IV, f.Body())
	if !ok {
		c.cs.N.Spoiled++
		return
	}
	c.stats.In++
	if h.Seq&onion.AnswerBit == 0 {
		c.bwd.Accept(h.Seq)
		c.received[hop]++
		c.opened = true
		c.grown(now, hop)
		c.cs.ev.CircuitFrame(now, c, seq, f.Body())
		return
	}
	cell, counter, err := c.cellsB[hop].Open(f.Body())
	if err != nil || !c.seen[hop].Plausible(counter) || !c.seen[hop].Check(counter) {
		c.cs.N.Spoiled++
		return
	}
	c.seen[hop].Accept(counter)
	c.received[hop]++
	c.grown(now, hop)
	c.answer(now, hop, cell)
}

func (c *Circuit) answer(now time.Time, hop int, cell onion.Cell) {
	if cell.Type == onion.CellBroken && len(cell.Data) == 1 {
		why := Reason(cell.Data[0])
		if why&saidByNext != 0 && hop+1 < len(c.keys) {
			hop++
		}
		if why &^= saidByNext; c.Stays {
			c.cs.ev.CircuitBroken(now, c, hop, why)
		} else {
			c.fail(now, hop, why)
		}
		return
	}
	c.opened = true
	c.cs.ev.CircuitAnswer(now, c, hop, cell)
}

// fail ends the circuit because of a hop, and says so.
func (c *Circuit) fail(now time.Time, hop int, why Reason) {
	c.Close(now)
	c.cs.ev.CircuitBroken(now, c, hop, why)
}

// Close ends the circuit and tells the first hop, which tells the next.
func (c *Circuit) Close(now time.Time) {
	if !c.ended {
		c.end(now)
		c.cs.gone(now, c.side, c.label)
	}
}

// wipe overwrites the keys of hops.
func wipe(keys []*onion.HopKeys) {
	for _, k := range keys {
		*k = onion.HopKeys{}
	}
}

// end removes the circuit from the tables, and erases its keys.
func (c *Circuit) end(now time.Time) {
	c.ended = true
	wipe(c.keys)
	for i := range c.cellsF {
		c.cellsF[i].Wipe()
		c.cellsB[i].Wipe()
	}
	c.flow.End()
	c.side.release(now, c.label)
	c.cs.starts[c.place] = nil
	c.cs.own = step.Remove(c.cs.own, c)
}

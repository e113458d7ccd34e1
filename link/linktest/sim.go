package linktest

import (
	"container/heap"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"hopwire/link"
)

// A Core is what runs on a Host: link.Links, or a whole node.
type Core interface {
	Receive(now time.Time, port int, f *link.Frame)
	Advance(now time.Time) (next time.Time)
}

// Costs are virtual times of public-key operations; zero: they take none. With Frame,
// a host has one core, which frames and public-key work share: frames go first, since
// the work has a thread of the lowest priority.
type Costs struct {
	DH, KEM, Sign time.Duration
	Frame         time.Duration // a frame that comes in, and what is sent because of it
	Switch        time.Duration // to take the core away from public-key work
	OneThread     bool          // it cannot be taken away
}

// MIPS is about what a 580 MHz MIPS router needs.
var MIPS = Costs{DH: 8 * time.Millisecond, KEM: 4 * time.Millisecond, Sign: 12 * time.Millisecond}

// A Sim is a virtual world. It is not safe for concurrent use.
type Sim struct {
	Now   time.Time
	Rand  *mrand.Rand
	Costs Costs
	// Trace, if set, sees every frame that is put on a cable.
	Trace func(now time.Time, s *Segment, from *End, f *link.Frame)

	Frames uint64 // put on cables
	events events
	order  uint64
}

// New returns a world at a fixed time of its own.
func New(seed uint64) *Sim {
	return &Sim{Now: time.Unix(1_000_000_000, 0), Rand: mrand.New(mrand.NewPCG(seed, 1))}
}

type event struct {
	at    time.Time
	order uint64
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return x
}

// At has do called at t.
func (s *Sim) At(t time.Time, do func()) {
	s.order++
	heap.Push(&s.events, event{t, s.order, do})
}

// After has do called in d.
func (s *Sim) After(d time.Duration, do func()) { s.At(s.Now.Add(d), do) }

// Run lets d of virtual time pass.
func (s *Sim) Run(d time.Duration) { s.RunUntil(d, func() bool { return false }) }

// RunUntil lets time pass until done, at most d; it returns whether it was done.
func (s *Sim) RunUntil(d time.Duration, done func() bool) bool {
	end := s.Now.Add(d)
	for !done() {
		if len(s.events) == 0 || s.events[0].at.After(end) {
			s.Now = end
			return done()
		}
		e := heap.Pop(&s.events).(event)
		if e.at.After(s.Now) {
			s.Now = e.at
		}
		e.do()
	}
	return true
}

// A Host has one core and its ports; it implements link.Env for it.
type Host struct {
	Sim  *Sim
	Core Core
	Ends []*End // by port id

	free    []*link.Frame
	Live    int                       // frames that the core holds
	Most    int                       // and held at once so far
	Limit   int                       // most frames at once; 0: no limit
	Costs   *Costs                    // of this host; nil: the world's
	Worked  [link.ClassVerify + 1]int // jobs of public-key work done, by class
	jobs    [3][]work
	working bool
	jobEnd  time.Time     // of the job at hand, if no frame comes
	stolen  time.Duration // from it since jobEnd was set
	busy    time.Time     // until when the core has frames to take
	wakeAt  time.Time
	dead    bool
}

// Host adds a host without a core.
func (s *Sim) Host() *Host { return &Host{Sim: s} }

// Alloc, Free, Send and Work implement link.Env.
func (h *Host) Alloc() *link.Frame {
	if h.Limit > 0 && h.Live >= h.Limit {
		return nil
	}
	h.Live++
	h.Most = max(h.Most, h.Live)
	if n := len(h.free); n > 0 {
		f := h.free[n-1]
		h.free = h.free[:n-1]
		f.Reset()
		return f
	}
	return new(link.Frame)
}

func (h *Host) Free(f *link.Frame) {
	h.Live--
	h.free = append(h.free, f)
}

func (h *Host) Send(port int, f *link.Frame) {
	e := h.Ends[port]
	switch {
	case e == nil || h.dead:
		h.Free(f)
	case e.queue != nil:
		e.enqueue(f)
	default:
		if f.Seal() {
			e.segment.transmit(e, f)
		}
		h.Free(f)
	}
}

// Work queues the job for the host's one worker, which takes the lowest class
// first and reports a job when it would have finished it.
func (h *Host) Work(c link.Cost, job func() func(time.Time)) bool {
	if len(h.jobs[c.Class]) >= 64 {
		return false
	}
	s, costs := h.Sim, h.costs()
	d := time.Duration(c.DH)*costs.DH + time.Duration(c.KEM)*costs.KEM + time.Duration(c.Sign)*costs.Sign
	h.jobs[c.Class] = append(h.jobs[c.Class], work{d, job})
	if !h.working {
		h.working = true
		s.At(s.Now, h.nextJob)
	}
	return true
}

type work struct {
	d   time.Duration
	job func() func(time.Time)
}

func (h *Host) nextJob() {
	for i, q := range h.jobs {
		if len(q) > 0 {
			h.jobs[i] = q[1:]
			h.Worked[i]++
			done := q[0].job()
			h.jobEnd, h.stolen = later(h.Sim.Now, h.busy).Add(q[0].d), 0
			h.Sim.At(h.jobEnd, func() { h.endJob(done) })
			return
		}
	}
	h.working = false
}

// endJob reports a job, as late as the frames that came meanwhile have made it.
func (h *Host) endJob(done func(time.Time)) {
	if h.stolen > 0 {
		h.jobEnd, h.stolen = h.Sim.Now.Add(h.stolen), 0
		h.Sim.At(h.jobEnd, func() { h.endJob(done) })
		return
	}
	h.Turn(done)
	h.nextJob()
}

func (h *Host) costs() *Costs {
	if h.Costs != nil {
		return h.Costs
	}
	return &h.Sim.Costs
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// onCore has the core take a frame when it can.
func (h *Host) onCore(take func()) {
	c, s := h.costs(), h.Sim
	if c.Frame == 0 {
		take()
		return
	}
	start, d := later(s.Now, h.busy), c.Frame
	switch {
	case !h.working:
	case c.OneThread:
		start = later(start, h.jobEnd)
	default:
		if start.Equal(s.Now) {
			d += c.Switch
		}
		h.stolen += d
	}
	h.busy = start.Add(d)
	s.At(h.busy, take)
}

// Turn runs f as the owner of the core, then what is due.
func (h *Host) Turn(f func(now time.Time)) {
	if h.dead {
		return
	}
	f(h.Sim.Now)
	h.advance()
}

func (h *Host) advance() {
	next := h.Core.Advance(h.Sim.Now)
	if next.IsZero() || next.Equal(h.wakeAt) {
		return
	}
	if next.Before(h.Sim.Now) {
		next = h.Sim.Now
	}
	if at := next; h.wakeAt.IsZero() || !h.wakeAt.After(h.Sim.Now) || at.Before(h.wakeAt) {
		h.wakeAt = at
		h.Sim.At(at, func() {
			if h.wakeAt.Equal(at) && !h.dead {
				h.wakeAt = time.Time{}
				h.advance()
			}
		})
	}
}

// Kill stops the host for good; what is under way to it is lost.
func (h *Host) Kill() { h.dead = true }

// An End is one port of a host on a segment.
type End struct {
	Host      *Host
	Port      int
	MAC       [6]byte
	UDP       netip.AddrPort // valid: the end is a UDP socket with this address, and has no MAC
	EtherType uint16         // ends hear only frames of their own
	// Air is how long a limited end sends a frame; nil: by its rate.
	Air     func(f *link.Frame) time.Duration
	segment *Segment
	queue   *link.Queue // nil: what is sent is on the cable at once
	sending bool
}

// Addr is where neighbours reach the end.
func (e *End) Addr() link.Addr {
	if e.UDP.IsValid() {
		return link.UDPAddr(e.UDP)
	}
	return link.MACAddr(e.MAC)
}

// Limit gives the end a rate, in bytes a second, and a queue for what does not fit
// into it, as a real port has.
func (e *End) Limit(rate float64, frames int) *link.Queue {
	e.queue = link.NewQueue(frames, e.Host.Free)
	e.queue.Rate = rate
	return e.queue
}

func (e *End) enqueue(f *link.Frame) {
	e.queue.Push(e.Host.Sim.Now, f)
	if !e.sending {
		e.Host.Sim.After(0, e.sendNext)
		e.sending = true
	}
}

// sendNext puts the next frame on the cable and comes back when it has left.
func (e *End) sendNext() {
	s := e.Host.Sim
	f := e.queue.Pop(s.Now)
	if e.sending = f != nil && !e.Host.dead; !e.sending {
		return
	}
	e.segment.transmit(e, f)
	if e.Air != nil {
		s.After(e.Air(f), e.sendNext)
	} else {
		s.After(time.Duration(float64(f.N)/e.queue.Rate*1e9), e.sendNext)
	}
	e.Host.Free(f)
}

// Faults of a segment; probabilities for each frame and receiver.
type Faults struct {
	Loss, Duplicate, Reorder float64
	Delay, Jitter            time.Duration // one way; a reordered frame takes Jitter longer
	Down                     bool
	MTU                      int                      // longer frames are lost, and no end knows; 0: none
	Cut                      func(from, to *End) bool // one-way partitions
}

// A Segment is a cable, or several ends on one switch.
type Segment struct {
	Faults
	Sim  *Sim
	Ends []*End
}

// Segment adds a segment with the given delay.
func (s *Sim) Segment(delay time.Duration) *Segment {
	return &Segment{Sim: s, Faults: Faults{Delay: delay}}
}

// Attach plugs a new port of h into the segment. The caller then gives the core a
// port with the end's number.
func (g *Segment) Attach(h *Host) *End {
	e := &End{Host: h, Port: len(h.Ends), segment: g}
	r := g.Sim.Rand.Uint64()
	e.MAC = [6]byte{2, byte(r), byte(r >> 8), byte(r >> 16), byte(r >> 24), byte(r >> 32)}
	h.Ends = append(h.Ends, e)
	g.Ends = append(g.Ends, e)
	return e
}

// Detach unplugs every end of a host.
func (g *Segment) Detach(h *Host) {
	g.Ends = slices.DeleteFunc(g.Ends, func(e *End) bool { return e.Host == h })
}

func (g *Segment) transmit(from *End, f *link.Frame) {
	s := g.Sim
	s.Frames++
	if s.Trace != nil {
		s.Trace(s.Now, g, from, f)
	}
	to, eth := f.Addr.MAC()
	for _, e := range g.Ends {
		if e != from && e.EtherType == from.EtherType && (f.Broadcast || eth && e.MAC == to || !eth && e.UDP == f.Addr.UDP()) {
			g.toward(from, e, f)
		}
	}
}

// toward applies the faults for one receiver.
func (g *Segment) toward(from, to *End, f *link.Frame) {
	r := g.Sim.Rand
	if g.Down || g.MTU > 0 && f.N > g.MTU || r.Float64() < g.Loss || g.Cut != nil && g.Cut(from, to) {
		return
	}
	copies := 1
	if g.Duplicate > 0 && r.Float64() < g.Duplicate {
		copies = 2
	}
	for ; copies > 0; copies-- {
		d := g.Delay
		if g.Jitter > 0 && (g.Reorder == 0 || r.Float64() < g.Reorder) {
			d += time.Duration(r.Int64N(int64(g.Jitter)))
		}
		g.arrive(d, from, to, f)
	}
}

func (g *Segment) arrive(d time.Duration, from, to *End, f *link.Frame) {
	bytes := append([]byte(nil), f.Bytes()...)
	broadcast := f.Broadcast
	g.Sim.After(d, func() {
		if to.Host.dead || g.Down {
			return
		}
		to.Inject(from.Addr(), broadcast, bytes)
	})
}

// Inject has the host receive bytes on the end, as from an address.
func (e *End) Inject(from link.Addr, broadcast bool, bytes []byte) {
	h := e.Host
	f := h.Alloc()
	if f == nil {
		return
	}
	f.Addr, f.Broadcast, f.N = from, broadcast, copy(f.Room(), bytes)
	if len(bytes) > f.N {
		f.N = len(bytes)
	}
	h.onCore(func() { h.Turn(func(now time.Time) { h.Core.Receive(now, e.Port, f) }) })
}

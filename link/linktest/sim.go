package linktest

import (
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
	Bytes  uint64 // of them
	start  time.Time
	events queue
	order  uint64
	free   []*link.Frame // of all hosts
	parts  parts
	mail   map[*Sim][]event // of a part to others
}

// New returns a world at a fixed time of its own.
func New(seed uint64) *Sim {
	start := time.Unix(1_000_000_000, 0)
	return &Sim{Now: start, start: start, Rand: mrand.New(mrand.NewPCG(seed, 1))}
}

// At has do called at t.
func (s *Sim) At(t time.Time, do func()) { s.schedule(t, event{do: do}) }

// After has do called in d.
func (s *Sim) After(d time.Duration, do func()) { s.At(s.Now.Add(d), do) }

// Run lets d of virtual time pass.
func (s *Sim) Run(d time.Duration) { s.RunUntil(d, func() bool { return false }) }

// RunUntil lets time pass until done, at most d; it returns whether it was done.
func (s *Sim) RunUntil(d time.Duration, done func() bool) bool {
	end := s.Now.Add(d)
	if len(s.parts.all) > 0 {
		return s.runParts(end, done)
	}
	for !done() {
		if len(s.events) == 0 || s.start.Add(s.events[0].at).After(end) {
			s.Now = end
			return done()
		}
		s.step()
	}
	return true
}

// A Host has one core and its ports; it implements link.Env for it.
type Host struct {
	Sim  *Sim
	Core Core
	Ends []*End // by port id

	Live    int                       // frames that the core holds
	Most    int                       // and held at once so far
	Limit   int                       // most frames at once; 0: no limit
	Sent    uint64                    // bytes of frames that it has put on cables,
	Got     uint64                    // and that have come to it
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
	return h.Sim.frame()
}

func (h *Host) Free(f *link.Frame) {
	h.Live--
	h.Sim.free = append(h.Sim.free, f)
}

// frame is one that nobody holds. Hosts share them: each needs many when it starts, and
// few afterwards.
func (s *Sim) frame() *link.Frame {
	n := len(s.free)
	if n == 0 {
		return new(link.Frame)
	}
	f := s.free[n-1]
	s.free = s.free[:n-1]
	f.Reset()
	return f
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
	if h.wakeAt.IsZero() || !h.wakeAt.After(h.Sim.Now) || next.Before(h.wakeAt) {
		h.wakeAt = next
		h.Sim.schedule(next, event{host: h})
	}
}

// wake has the core do what is due, unless it has been called to another time since.
func (h *Host) wake(at time.Time) {
	if h.wakeAt.Equal(at) && !h.dead {
		h.wakeAt = time.Time{}
		h.advance()
	}
}

// Kill stops the host for good; what is under way to it is lost.
func (h *Host) Kill() { h.dead = true }

// Dead says whether it was killed.
func (h *Host) Dead() bool { return h.dead }

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
	s := from.Host.Sim
	s.Frames++
	s.Bytes += uint64(f.N)
	from.Host.Sent += uint64(f.N)
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
	r := from.Host.Sim.Rand
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
	s := from.Host.Sim
	c := s.frame()
	c.Addr, c.Broadcast, c.N = from.Addr(), f.Broadcast, copy(c.Room(), f.Bytes())
	e := event{frame: c, to: to}
	if to.Host.Sim == s {
		s.schedule(s.Now.Add(d), e)
	} else {
		s.send(to.Host.Sim, s.Now.Add(d), e)
	}
}

// Inject has the host receive bytes on the end, as from an address.
func (e *End) Inject(from link.Addr, broadcast bool, bytes []byte) {
	f := e.Host.Sim.frame()
	f.Addr, f.Broadcast, f.N = from, broadcast, len(bytes)
	copy(f.Room(), bytes)
	e.take(f)
}

// take gives the host a frame that was nobody's so far, if it may hold one more.
func (e *End) take(f *link.Frame) {
	h := e.Host
	h.Got += uint64(f.N)
	if h.Limit > 0 && h.Live >= h.Limit {
		h.Sim.free = append(h.Sim.free, f)
		return
	}
	h.Live++
	h.Most = max(h.Most, h.Live)
	if h.costs().Frame == 0 {
		e.receive(f)
		return
	}
	h.onCore(func() { e.receive(f) })
}

func (e *End) receive(f *link.Frame) {
	h := e.Host
	if h.dead {
		return
	}
	h.Core.Receive(h.Sim.Now, e.Port, f)
	h.advance()
}

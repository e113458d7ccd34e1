package main

import (
	"crypto/rand"
	"encoding/binary"
	mrand "math/rand/v2"
	"sync"
	"time"

	"hopwire/hop"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/nic"
)

// A player is a neighbour of the relay: link and circuits as any node has them, and
// in place of a map one that offers invented announcements. It has one socket.
type player struct {
	mu     sync.Mutex
	l      *load
	me     *node
	share  []*node // it offers these
	port   *nic.UDP
	out    []*link.Frame
	free   []*link.Frame
	links  *link.Links
	cs     *hop.Circuits
	up     *link.Link // to the relay
	relay  hop.Hop    // as announced; zero: not yet
	own    []*hop.Circuit
	ready  map[*hop.Circuit]bool // false: not answered yet
	turn   int                   // whose frame is next
	digest time.Time

	sent, got, echoed, lost uint64
}

func newPlayer(l *load, me *node, relay link.Static) (*player, error) {
	p := &player{l: l, me: me, ready: map[*hop.Circuit]bool{}}
	var err error
	if p.port, err = nic.OpenUDP(l.from); err != nil {
		return nil, err
	}
	jitter := mrand.New(mrand.NewPCG(mrand.Uint64(), 1))
	p.links = link.New(link.Config{Identity: me.id, NetworkKeys: l.keys, Neighbours: []link.Static{relay}, Rand: rand.Reader, Jitter: jitter, Env: p}, p)
	p.cs = hop.NewCircuits(hop.CircuitsConfig{Env: p, Rand: rand.Reader, Jitter: jitter, Onion: me.onion, Key: me.id.Key(), MaxCircuits: 4096}, p)
	return p, nil
}

// start runs the player until the process ends.
func (p *player) start() {
	p.do(func(now time.Time) { p.links.AddPort(now, 0, link.PortInfo{Name: "udp"}) })
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			p.do(func(time.Time) {})
		}
	}()
	go p.read()
}

func (p *player) read() {
	batch := make([]*link.Frame, 32)
	for i := range batch {
		batch[i] = new(link.Frame)
	}
	for {
		n, err := p.port.Read(batch)
		if err != nil {
			return
		}
		p.do(func(now time.Time) {
			for i, f := range batch[:n] {
				batch[i] = p.Alloc()
				p.links.Receive(now, 0, f)
			}
		})
	}
}

// do runs f as the owner of the core, then does what is due.
func (p *player) do(f func(now time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	f(now)
	p.cs.Advance(now)
	p.offer(now)
	p.links.Advance(now)
	p.links.Flush(now)
	p.flush()
}

// flush sends what the turn made; what the kernel does not take is lost, as on a wire.
func (p *player) flush() {
	sealed := p.out[:0]
	for _, f := range p.out {
		if f.Seal() {
			sealed = append(sealed, f)
		} else {
			p.Free(f)
		}
	}
	p.port.Write(sealed)
	for _, f := range sealed {
		p.Free(f)
	}
	p.out = p.out[:0]
}

// Send, Alloc, Free and Work implement link.Env.
func (p *player) Send(_ int, f *link.Frame) { p.out = append(p.out, f) }
func (p *player) Free(f *link.Frame)        { p.free = append(p.free, f) }
func (p *player) Alloc() *link.Frame {
	if n := len(p.free); n > 0 {
		f := p.free[n-1]
		p.free = p.free[:n-1]
		return f
	}
	return new(link.Frame)
}

func (p *player) Work(_ link.Cost, job func() func(time.Time)) bool {
	go func() {
		p.l.cores <- struct{}{}
		done := job()
		<-p.l.cores
		p.do(func(now time.Time) {
			if done != nil {
				done(now)
			}
		})
	}()
	return true
}

// LinkUp, LinkDown, Frame and Message implement link.Upper.
func (p *player) LinkUp(now time.Time, l *link.Link) {
	p.up = l
	p.cs.LinkUp(now, l)
}

func (p *player) LinkDown(now time.Time, l *link.Link) {
	p.cs.LinkDown(now, l)
	p.up = nil
	p.l.downs.Add(1)
}

func (p *player) Frame(now time.Time, l *link.Link, h link.Header, f *link.Frame) {
	p.cs.Frame(now, l, h, f)
}

func (p *player) Message(now time.Time, l *link.Link, kind byte, data []byte) {
	switch {
	case kind < link.KindRoute:
		p.cs.Message(now, l, kind, data)
	case kind == kindAnnouncement && len(data) > offCurrent+32:
		p.heard(l, data)
	case kind == kindWant:
		p.wanted(now, data)
	case kind == kindDigest:
		p.digested(now, l, data)
	}
}

// digested takes what the relay has, as it says when a link comes up; we want its own.
func (p *player) digested(now time.Time, l *link.Link, data []byte) {
	for ; len(data) >= 12; data = data[12:] {
		if id := identity.ShortID(data); id == l.Short() {
			l.Post(now, kindWant, id[:], nil)
		} else {
			p.l.accepted(id)
		}
	}
}

// heard takes what the relay spreads: its own announcement, and those of others,
// which it has accepted then.
func (p *player) heard(l *link.Link, b []byte) {
	key := identity.Key(b[offAddress:])
	if key == l.Peer() {
		p.relay = hop.Hop{Key: key, Onion: [32]byte(b[offCurrent:]), Parity: b[offEpoch] & 1}
		return
	}
	p.l.accepted(key.Short())
}

// offer tells the relay which announcements there are, until it has them all.
func (p *player) offer(now time.Time) {
	if p.up == nil || !p.l.offering.Load() || now.Before(p.digest) {
		return
	}
	p.digest = now.Add(time.Second)
	var b []byte
	for _, o := range p.share {
		if !p.l.has(o.short) {
			b = binary.LittleEndian.AppendUint32(append(b, o.short[:]...), 1)
		}
	}
	for len(b) > 0 {
		n := min(len(b), link.MaxMessage/12*12)
		p.up.Post(now, kindDigest, b[:n], nil)
		b = b[n:]
	}
}

// wanted sends what the relay asks for, a few at once.
func (p *player) wanted(now time.Time, ids []byte) {
	for ; len(ids) >= 8 && p.l.flying.Load() < int64(p.l.atOnce); ids = ids[8:] {
		for _, o := range p.share {
			if o.short == identity.ShortID(ids) && p.up.Post(now, kindAnnouncement, append(o.raw[:len(o.raw):len(o.raw)], 0, 0, 0, 0),
				func(time.Time, bool) { p.l.flying.Add(-1) }) {
				p.l.flying.Add(1)
			}
		}
	}
}

package meshtest

import (
	mrand "math/rand/v2"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/linktest"
)

// A Foe is a neighbour made by hand: its link is a true one, for it holds the network
// key, and above it there is nothing but what a test sends. It is an insider that
// answers what it likes.
type Foe struct {
	*link.Links
	ID   *identity.Identity
	Host *linktest.Host
	Up   *link.Link // to the victim; nil: not up
	Lost int        // how often it went down

	// Heard and Got, if set, see what the victim sends: control messages, and data
	// frames, which are freed afterwards.
	Heard func(now time.Time, kind byte, data []byte)
	Got   func(now time.Time, h link.Header, body []byte)

	mesh  *Mesh
	cable *linktest.Segment
	boot  uint64
}

// Foe lays a cable to a node and puts a foe at its other end.
func (m *Mesh) Foe(victim int) *Foe {
	g := m.Segment(m.Delay)
	n := m.Nodes[victim]
	n.sockets = append(n.sockets, socket{g: g, mac: [6]byte{2, 0xfe, byte(victim), byte(len(n.sockets)), 1, 1}})
	n.plug()
	return m.foe(g)
}

// Again is another foe on the same cable, with an identity and a MAC address of its own.
func (f *Foe) Again() *Foe { return f.mesh.foe(f.cable) }

func (m *Mesh) foe(g *linktest.Segment) *Foe {
	m.foes++
	id, err := identity.NewIdentity(mrand.NewChaCha8(seed(m.Seed, m.foes, 3)))
	if err != nil {
		panic(err)
	}
	f := &Foe{ID: id, mesh: m, cable: g, Host: m.Host()}
	f.Reboot()
	return f
}

// Reboot begins anew with the same identity and cable, as after a restart.
func (f *Foe) Reboot() {
	f.Host.Kill()
	f.cable.Detach(f.Host)
	f.boot++
	f.Host, f.Up = f.mesh.Host(), nil
	f.Links = link.New(link.Config{Identity: f.ID, NetworkKeys: []identity.NetworkKey{{1, 2, 3}}, Beacon: true, Env: f.Host,
		Rand: mrand.NewChaCha8(seed(f.mesh.Seed, f.mesh.foes, 4, f.boot)), Jitter: mrand.New(mrand.NewPCG(f.mesh.Seed, f.mesh.foes))}, (*foeUpper)(f))
	f.Host.Core = f.Links
	f.Plug()
}

// Plug gives the foe one more port on its cable, and returns it: its links have the same
// identity and another port nonce.
func (f *Foe) Plug() *linktest.End {
	e := f.cable.Attach(f.Host)
	e.EtherType = identity.NetworkKey{1, 2, 3}.EtherType()
	f.Host.Turn(func(now time.Time) {
		f.AddPort(now, e.Port, link.PortInfo{Name: "foe", MAC: e.MAC, Broadcast: true})
	})
	return e
}

// Victim is the end of the cable that belongs to the victim, to inject bytes into.
func (f *Foe) Victim() *linktest.End { return f.cable.Ends[0] }

// Post sends a control message; nothing happens while the link is down.
func (f *Foe) Post(kind byte, data []byte) (ok bool) {
	f.Host.Turn(func(now time.Time) { ok = f.Up != nil && f.Up.Post(now, kind, data, nil) })
	return ok
}

// Send sends a data frame.
func (f *Foe) Send(h link.Header, body []byte) {
	f.Host.Turn(func(now time.Time) {
		if f.Up == nil {
			return
		}
		b := f.Host.Alloc()
		b.N = link.FrameLong
		if len(body) == link.BodyShort {
			b.N = link.FrameShort
		}
		copy(b.Body(), body)
		f.Up.Send(now, h, b, nil)
	})
}

// foeUpper is the foe as its links see it.
type foeUpper Foe

func (f *foeUpper) LinkUp(_ time.Time, l *link.Link) { f.Up = l }

func (f *foeUpper) LinkDown(_ time.Time, l *link.Link) {
	if f.Up == l {
		f.Up = nil
		f.Lost++
	}
}

func (f *foeUpper) Frame(now time.Time, _ *link.Link, h link.Header, b *link.Frame) {
	if f.Got != nil {
		f.Got(now, h, b.Body())
	}
	f.Host.Free(b)
}

func (f *foeUpper) Message(now time.Time, _ *link.Link, kind byte, data []byte) {
	if f.Heard != nil {
		f.Heard(now, kind, data)
	}
}

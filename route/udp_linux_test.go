package route_test

import (
	"bytes"
	"crypto/rand"
	mrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/hop/run"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/nic"
	"hopwire/route"
	"hopwire/route/announce"
)

// udpNode is a whole node with one UDP port on loopback.
func udpNode(t *testing.T, neighbours ...link.Static) (*end, netip.AddrPort) {
	t.Helper()
	id, err := identity.NewIdentity(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := run.New(640)
	if err != nil {
		t.Fatal(err)
	}
	e := &end{Runner: runner}
	jitter := mrand.New(mrand.NewPCG(2, mrand.Uint64()))
	node := node.New(time.Now(), node.Config{Links: link.Config{Identity: id, NetworkKeys: []identity.NetworkKey{{8}}, Neighbours: neighbours,
		Rand: rand.Reader, Jitter: jitter, Env: e.Runner}}, func(o *onion.Keys) node.Map {
		return route.New(route.Config{Identity: id, Env: e.Runner, Jitter: jitter, Onion: o.Public, Flags: announce.FlagRelay})
	})
	e.Start(node)
	t.Cleanup(e.Close)
	u, err := nic.OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.AddPort(u, link.PortInfo{Name: "udp"})
	return e, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(u.LocalPort()))
}

// A nat stands between a node and its neighbour, which sees the address that the nat
// has just now.
type nat struct {
	inside *net.UDPConn
	to     netip.AddrPort // the neighbour

	mu      sync.Mutex
	client  netip.AddrPort // the node
	outside *net.UDPConn
	tape    [][]byte // what the node has sent
}

func udpSocket(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func newNAT(t *testing.T, to netip.AddrPort) *nat {
	n := &nat{inside: udpSocket(t), to: to}
	n.move(t)
	go func() {
		b := make([]byte, 2048)
		for {
			k, from, err := n.inside.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.client, n.tape = from, append(n.tape, bytes.Clone(b[:k]))
			n.outside.WriteToUDPAddrPort(b[:k], n.to)
			n.mu.Unlock()
		}
	}()
	return n
}

// move gives the nat another address; the one before is dead.
func (n *nat) move(t *testing.T) netip.AddrPort {
	c := udpSocket(t)
	n.mu.Lock()
	if n.outside != nil {
		n.outside.Close()
	}
	n.outside = c
	n.mu.Unlock()
	go func() {
		b := make([]byte, 2048)
		for {
			k, _, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.inside.WriteToUDPAddrPort(b[:k], n.client)
			n.mu.Unlock()
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// newest are the frames that the node has sent last.
func (n *nat) newest(most int) [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.tape[max(0, len(n.tape)-most):])
}

// TestUDPRoaming: the address of a neighbour changes twice in the middle of a session,
// on real sockets: the link follows the last authentic frame and goes on; frames of a
// third address, random or recorded, do not move it, and nothing is sent there.
func TestUDPRoaming(t *testing.T) {
	a, addr := udpNode(t)
	n := newNAT(t, addr)
	b, _ := udpNode(t, link.Static{Key: a.Node().Key(), Addr: link.UDPAddr(n.inside.LocalAddr().(*net.UDPAddr).AddrPort())})
	a.Turn(func(time.Time) {})
	at := func() (where netip.AddrPort, since time.Time, c link.Counters) {
		a.Turn(func(time.Time) {
			if all := a.Node().Links.All(); len(all) == 1 {
				where, since = all[0].Addr().UDP(), all[0].Since()
			}
			c = a.Node().Links.N
		})
		return
	}
	until(t, "b reaches a", func() bool { return b.pings(a.Node().Key()) })
	until(t, "a reaches b", func() bool { return a.pings(b.Node().Key()) })
	first, begun, _ := at()
	stranger := udpSocket(t)
	r := mrand.NewChaCha8([32]byte{3})
	annoy := func(where netip.AddrPort) {
		_, _, before := at()
		sent := 0
		for _, old := range n.newest(40) {
			garbage := make([]byte, len(old))
			r.Read(garbage)
			for _, f := range [][]byte{old, garbage} {
				stranger.WriteToUDPAddrPort(f, addr)
				sent++
			}
		}
		handled := func() bool { // each is counted as something
			_, _, c := at()
			return c.Replayed > before.Replayed && c.Unknown+c.FirstBadFilter >= before.Unknown+before.FirstBadFilter+uint64(sent)*9/10
		}
		until(t, "what the stranger sent is dropped and counted", handled)
		if now, since, _ := at(); now != where || since != begun {
			t.Errorf("the link is at %v since %v; want %v since %v", now, since, where, begun)
		}
	}
	annoy(first)
	for range 2 {
		next := n.move(t)
		until(t, "the link follows", func() bool { where, _, _ := at(); return where == next })
		for range 3 {
			if !a.pings(b.Node().Key()) {
				t.Error("no answer after the move")
			}
		}
		annoy(next)
	}
	if _, since, c := at(); since != begun || c.LinksLost != 0 {
		t.Errorf("the link is another: since %v, before %v; %d lost", since, begun, c.LinksLost)
	}
	stranger.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if k, _, err := stranger.ReadFromUDPAddrPort(make([]byte, 2048)); err == nil {
		t.Errorf("the stranger was sent %d bytes", k)
	}
}

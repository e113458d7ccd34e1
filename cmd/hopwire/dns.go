package main

import (
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/file"
	"hopwire/hop/names"
	"hopwire/link/identity"
)

const (
	dnsRetry   = 5 * time.Second        // until an address can be listened on
	dnsPause   = 100 * time.Millisecond // until the next try to accept
	dnsIdle    = 5 * time.Second
	dnsQueries = 16 // on one connection
)

// A resolver answers for names, on several sockets.
type resolver struct {
	d    *router
	own  [16]byte // our mesh address
	near near

	mu      sync.Mutex // of all below, but hosts
	names   names.Resolver
	hosts   hosts // of whom looks at it
	looking bool
	second  int64 // of the last look, and of the shares
	counted int64
	shares  shares
	conns   dnsConnections
}

func newResolver(d *router) *resolver {
	r := &resolver{d: d, own: d.ID.Key().IPv6().As16()}
	r.names.Mesh = d
	r.hosts.place(d.c)
	r.names.Table = new(names.Table)
	r.look() // what is wrong in the file is said at the start
	return r
}

// Lookup and Teach are the node, for the names.
func (d *router) Lookup(ip netip.Addr) (key identity.Key, ok bool) {
	d.Runner.Turn(func(time.Time) { key, ok = d.Runner.Node().Lookup(ip) })
	return key, ok
}

func (d *router) Teach(key identity.Key) {
	d.Runner.Turn(func(time.Time) { d.Runner.Node().Teach(key) })
}

func (r *resolver) counters() names.Counters {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names.N
}

// table returns the friendly names as they are now.
func (r *resolver) table() *names.Table {
	r.look()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names.Table
}

// look looks at the file, once a second. Nobody holds the lock meanwhile: a file on a
// medium that hangs holds who looks, and the names that were read before stand.
func (r *resolver) look() {
	now := time.Now().Unix()
	r.mu.Lock()
	begin := now != r.second && !r.looking
	if begin {
		r.second, r.looking = now, true
	}
	r.mu.Unlock()
	if !begin {
		return
	}
	var t *names.Table
	bad := 0
	if r.hosts.changed() {
		t, bad = r.hosts.read(r.d.Log)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looking = false; t != nil {
		r.names.Table = t
		r.names.N.BadLines += uint64(bad)
	}
}

// start listens on the mesh address, if there is one, and where it is told to.
func (r *resolver) start(stop <-chan struct{}) {
	listen := r.d.c.DNS
	if slices.Contains(listen, "none") {
		return
	}
	if r.d.tun {
		listen = append(listen, "["+r.d.ID.Key().IPv6().String()+"]:53")
	}
	for _, at := range listen {
		go r.keep(stop, at, unix.SOCK_DGRAM)
		go r.keep(stop, at, unix.SOCK_STREAM)
	}
}

// keep serves one address, and tries again where that fails: the LAN may come
// later, and another resolver may let go of it.
func (r *resolver) keep(stop <-chan struct{}, at string, kind int) {
	said := ""
	for {
		err := r.serve(stop, at, kind)
		if ended(stop) {
			return
		}
		if text := err.Error(); text != said {
			r.d.Log.Error("names", "at", at, "error", text, "hint", "another resolver may have the port: tell it to leave out this address; it is tried again")
			said = text
		}
		select {
		case <-stop:
			return
		case <-time.After(dnsRetry):
		}
	}
}

func ended(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func (r *resolver) serve(stop <-chan struct{}, at string, kind int) error {
	s, err := openSocket(at, kind)
	if err != nil {
		return err
	}
	defer s.f.Close()
	served := make(chan struct{})
	defer close(served)
	go func() {
		select {
		case <-stop:
			s.f.Close()
		case <-served:
		}
	}()
	if kind == unix.SOCK_DGRAM {
		return r.serveUDP(s)
	}
	return r.serveTCP(s)
}

// mapped is before an IPv4 address in IPv6.
const mapped = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"

// mayAsk: this node itself, and private addresses: the LAN. A stranger in the mesh
// always comes from a mesh address that is not ours, and hears nothing. No answer
// can be aimed at the internet by a forged source. Who is near may ask whatever his
// address is.
func (r *resolver) mayAsk(from *[16]byte) bool {
	switch v4 := from[12:]; {
	case inMesh(from):
		return *from == r.own
	case string(from[:12]) == mapped:
		return v4[0] == 10 || v4[0] == 127 || v4[0] == 192 && v4[1] == 168 || v4[0] == 172 && v4[1]>>4 == 1 || v4[0] == 169 && v4[1] == 254 ||
			v4[0] == 100 && v4[1]>>6 == 1 // a provider's own (RFC 6598), which some LANs are
	}
	return from[0]&0xfe == 0xfc || from[0] == 0xfe && from[1]>>6 == 2 || *from == [16]byte{15: 1}
}

// inMesh: all of the mesh has one prefix, and nobody in it is near.
func inMesh(a *[16]byte) bool { return string(a[:4]) == "\xfd\x68\x6f\x70" } // identity.MeshPrefix

// isNear says whether a question to s comes from its LAN.
func (r *resolver) isNear(s *socket, from *[16]byte) bool {
	return !inMesh(from) && r.near.is(&s.local, from)
}

// answer reads a message and writes the answer; 0: none.
func (r *resolver) answer(from *[16]byte, near bool, out *[names.MaxAnswer]byte, message []byte) int {
	r.look()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !near && !r.mayAsk(from) {
		r.names.N.Stranger++
		return 0
	}
	if now := time.Now().Unix(); now != r.counted {
		r.counted, r.shares = now, shares{}
	}
	if !r.shares.take(r.sourceOf(from, near)) {
		r.names.N.Limited++
		return 0
	}
	return r.names.Answer(out, message)
}

func (r *resolver) serveUDP(s *socket) error {
	in, out := make([]byte, names.MaxQuery+1), new([names.MaxAnswer]byte)
	for {
		n, from, err := s.receive(in)
		if err != nil {
			return err
		}
		if n = r.answer(&from.Addr, r.isNear(s, &from.Addr), out, in[:n]); n > 0 {
			s.send(out[:n], from)
		}
	}
}

// serveTCP takes connections; those that may not ask, or are too many, are closed.
// Where there are no descriptors left it waits for some: those who have connected
// stay in the kernel's queue.
func (r *resolver) serveTCP(s *socket) error {
	said := false
	for {
		f, from, err := s.accept()
		switch {
		case file.Exhausted(err):
			if !said {
				r.d.Log.Error("names", "error", err)
			}
			said = true
			time.Sleep(dnsPause)
			continue
		case err != nil:
			return err
		}
		said = false
		near := r.isNear(s, &from.Addr)
		if c := r.admit(f, &from.Addr, near); c != nil {
			go r.serveConn(c, &from.Addr, near)
		} else {
			f.Close()
		}
	}
}

// admit takes a connection in; nil: it may not ask, or there are too many.
func (r *resolver) admit(f *os.File, from *[16]byte, near bool) *dnsConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !near && !r.mayAsk(from) {
		r.names.N.Stranger++
		return nil
	}
	c := &dnsConn{f: f, of: r.sourceOf(from, near)}
	ok, full := r.conns.add(c)
	if !ok || full {
		r.names.N.TooManyConnections++
	}
	if !ok {
		return nil
	}
	r.names.N.Connections++
	return c
}

// serveConn answers on a connection (RFC 7766), each message behind its length.
func (r *resolver) serveConn(c *dnsConn, from *[16]byte, near bool) {
	b := make([]byte, names.MaxQuery)
	for i, ok := 0, true; ok && i < dnsQueries; i++ {
		c.f.SetDeadline(time.Now().Add(dnsIdle))
		ok = r.exchange(c.f, from, near, b)
		r.mu.Lock()
		r.conns.asked(c)
		r.mu.Unlock()
	}
	c.f.Close()
	r.mu.Lock()
	r.conns.remove(c)
	r.mu.Unlock()
}

func (r *resolver) exchange(f *os.File, from *[16]byte, near bool, b []byte) bool {
	var out [2 + names.MaxAnswer]byte
	if _, err := io.ReadFull(f, out[:2]); err != nil {
		return false
	}
	n := int(binary.BigEndian.Uint16(out[:]))
	if n > len(b) {
		return false
	}
	if _, err := io.ReadFull(f, b[:n]); err != nil {
		return false
	}
	n = r.answer(from, near, (*[names.MaxAnswer]byte)(out[2:]), b[:n])
	if n == 0 {
		return false
	}
	binary.BigEndian.PutUint16(out[:], uint16(n))
	_, err := f.Write(out[:2+n])
	return err == nil
}

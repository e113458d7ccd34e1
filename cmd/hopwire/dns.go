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

	"hopwire/hop/names"
	"hopwire/link/identity"
)

const (
	dnsRate    = 250             // queries a second that are read: a new address costs a curve point
	dnsRetry   = 5 * time.Second // until an address can be listened on
	dnsConns   = 16              // TCP, which few need: every answer fits UDP
	dnsIdle    = 5 * time.Second
	dnsQueries = 16 // on one connection
)

// A resolver answers for names, on several sockets.
type resolver struct {
	d     *daemon
	own   [16]byte // our mesh address
	conns chan struct{}

	mu     sync.Mutex // of all below
	names  names.Resolver
	hosts  hosts
	second int64 // of count, and of the last look at the file
	count  int
}

func newResolver(d *daemon) *resolver {
	r := &resolver{d: d, own: d.id.Key().IPv6().As16(), conns: make(chan struct{}, dnsConns)}
	r.names.Mesh = d
	r.hosts.place(d.c)
	r.table() // what is wrong in the file is said at the start
	return r
}

// Lookup and Teach are the node, for the names.
func (d *daemon) Lookup(ip netip.Addr) (key identity.Key, ok bool) {
	d.runner.Turn(func(time.Time) { key, ok = d.runner.Node().Lookup(ip) })
	return key, ok
}

func (d *daemon) Teach(key identity.Key) {
	d.runner.Turn(func(time.Time) { d.runner.Node().Teach(key) })
}

func (r *resolver) counters() names.Counters {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names.N
}

// table returns the friendly names as they are now.
func (r *resolver) table() *names.Table {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tick()
	return r.names.Table
}

// tick begins a new second: the file is looked at.
func (r *resolver) tick() {
	now := time.Now().Unix()
	if now == r.second {
		return
	}
	r.second, r.count = now, 0
	if r.hosts.changed() {
		t, bad := r.hosts.read(r.d.log)
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
	if r.d.tun != nil {
		listen = append(listen, "["+r.d.id.Key().IPv6().String()+"]:53")
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
			r.d.log.Error("names", "at", at, "error", text, "hint", "another resolver may have the port: tell it to leave out this address")
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

// mayAsk: this node itself, and private addresses: the LAN. A stranger in the mesh
// always comes from a mesh address that is not ours, and hears nothing. No answer
// can be aimed at the internet by a forged source.
func (r *resolver) mayAsk(from *[16]byte) bool {
	switch v4 := from[12:]; {
	case string(from[:4]) == "\xfd\x68\x6f\x70": // identity.MeshPrefix
		return *from == r.own
	case string(from[:12]) == "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff":
		return v4[0] == 10 || v4[0] == 127 || v4[0] == 192 && v4[1] == 168 || v4[0] == 172 && v4[1]>>4 == 1 || v4[0] == 169 && v4[1] == 254
	}
	return from[0]&0xfe == 0xfc || from[0] == 0xfe && from[1]>>6 == 2 || *from == [16]byte{15: 1}
}

// answer reads a message and writes the answer; 0: none.
func (r *resolver) answer(from *[16]byte, out *[names.MaxAnswer]byte, message []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tick()
	if !r.mayAsk(from) {
		r.names.N.Stranger++
		return 0
	}
	if r.count++; r.count > dnsRate {
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
		if n = r.answer(&from.Addr, out, in[:n]); n > 0 {
			s.send(out[:n], from)
		}
	}
}

// serveTCP takes connections; those that may not ask, or are too many, are closed.
func (r *resolver) serveTCP(s *socket) error {
	for {
		f, from, err := s.accept()
		if err != nil {
			return err
		}
		if r.admit(&from.Addr) {
			go r.serveConn(f, &from.Addr)
		} else {
			f.Close()
		}
	}
}

func (r *resolver) admit(from *[16]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.mayAsk(from):
		r.names.N.Stranger++
		return false
	case len(r.conns) == dnsConns:
		r.names.N.TooManyConnections++
		return false
	}
	r.names.N.Connections++
	r.conns <- struct{}{}
	return true
}

// serveConn answers on a connection (RFC 7766), each message behind its length.
func (r *resolver) serveConn(f *os.File, from *[16]byte) {
	b := make([]byte, names.MaxQuery)
	for i, ok := 0, true; ok && i < dnsQueries; i++ {
		f.SetDeadline(time.Now().Add(dnsIdle))
		ok = r.exchange(f, from, b)
	}
	f.Close()
	<-r.conns
}

func (r *resolver) exchange(f *os.File, from *[16]byte, b []byte) bool {
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
	n = r.answer(from, (*[names.MaxAnswer]byte)(out[2:]), b[:n])
	if n == 0 {
		return false
	}
	binary.BigEndian.PutUint16(out[:], uint16(n))
	_, err := f.Write(out[:2+n])
	return err == nil
}

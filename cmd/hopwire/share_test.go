package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/logs"
	"hopwire/hop/names"
	"hopwire/link/nic"
)

// asks returns how many of n questions of an address are let through.
func asks(r *resolver, s *shares, address string, near bool, n int) (answered int) {
	a := netip.MustParseAddr(address).As16()
	for range n {
		if s.take(r.sourceOf(&a, near)) {
			answered++
		}
	}
	return answered
}

// TestShares: one source that floods takes nothing of another's, forty that do leave
// some to who asks little, and what all have together is bounded. (One bound for all
// was gone before anybody else was heard.)
func TestShares(t *testing.T) {
	r := &resolver{own: netip.MustParseAddr("fd68:6f70::1").As16()}
	for _, c := range []struct {
		name         string
		flood        func(s *shares)
		who          string
		near         bool
		asked, least int
	}{
		{"nobody else", func(*shares) {}, "192.168.1.2", false, 500, dnsSource},
		{"one of the LAN", func(s *shares) { asks(r, s, "192.168.1.3", false, 500) }, "192.168.1.2", false, 500, dnsSource},
		{"another prefix", func(s *shares) { asks(r, s, "fd12::7", false, 500) }, "fd12:0:0:1::7", false, 500, dnsSource},
		{"the same prefix", func(s *shares) { asks(r, s, "fd12::7", false, 500) }, "fd12::8", false, 500, 0},
		{"the same prefix, of the LAN", func(s *shares) { asks(r, s, "fd12::7", true, 500) }, "fd12::8", true, 500, dnsSource},
		{"link-local", func(s *shares) { asks(r, s, "fe80::7", false, 500) }, "fe80::8", false, 500, dnsSource},
		{"five of the LAN", func(s *shares) {
			for range 100 {
				for i := range 5 {
					asks(r, s, fmt.Sprint("192.168.1.", 10+i), false, 1)
				}
			}
		}, "192.168.1.2", false, 500, dnsScarce},
		{"forty of the LAN", func(s *shares) {
			for i := range 40 {
				asks(r, s, fmt.Sprint("192.168.1.", 10+i), false, 500)
			}
		}, "::1", false, 500, dnsRate - dnsSide},
		{"this node", func(s *shares) { asks(r, s, "127.0.0.1", false, 500) }, "192.168.1.2", false, 500, dnsRate - dnsSide},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s shares
			c.flood(&s)
			if got := asks(r, &s, c.who, c.near, c.asked); got != c.least {
				t.Errorf("%d answered, want %d", got, c.least)
			}
			if s.own+s.others > dnsRate || s.own > dnsSide || s.others > dnsSide {
				t.Errorf("%d and %d in one second", s.own, s.others)
			}
		})
	}
	var s shares // more sources than places
	for i := range 1000 {
		asks(r, &s, fmt.Sprintf("10.0.%d.%d", i/250, i%250), false, 3)
	}
	if s.told != dnsSources || s.others > dnsSide {
		t.Errorf("%d places, %d queries", s.told, s.others)
	}
}

// TestConnectionsBySource: forty half queries of one source leave places for others,
// and when all are taken, who has been silent longest gives way.
func TestConnectionsBySource(t *testing.T) {
	var c dnsConnections
	open := func(of source) (n *dnsConn, ok bool) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		n = &dnsConn{f: r, of: of}
		ok, _ = c.add(n)
		return n, ok
	}
	taken := 0
	for range 40 {
		if _, ok := open(source{7}); ok {
			taken++
		}
	}
	if taken != dnsConnsSource {
		t.Errorf("one source has %d connections, want %d", taken, dnsConnsSource)
	}
	var first *dnsConn
	for i := range 2 * dnsConns {
		n, ok := open(source{1, byte(i)})
		if first == nil {
			first = n
		}
		if !ok {
			t.Errorf("source %d is refused", i)
		}
		c.asked(first)
	}
	if i := slices.Index(c.all[:], first); i < 0 {
		t.Error("who asks gave way to who is silent")
	}
	for _, n := range c.all {
		if _, err := n.f.Write(nil); errors.Is(err, os.ErrClosed) {
			t.Error("one that has a place is closed")
		}
	}
	c.remove(&dnsConn{})
	if c.remove(first); slices.Contains(c.all[:], first) || !slices.Contains(c.all[:], nil) {
		t.Error("what is removed is not what has a place")
	}
}

// TestSilentConnectionGivesWay: over a socket, to somebody who asks.
func TestSilentConnectionGivesWay(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	tcp := serveTest(t, d.names, unix.SOCK_STREAM)
	other := netip.MustParseAddr("192.168.1.2").As16()
	held := dial(t, "tcp", tcp) // of this node
	q := question("x.hop.")
	q = append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...)
	held.Write(q)
	if _, err := held.Read(make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	held.Write(q[:9])
	held.SetDeadline(time.Now().Add(dnsIdle / 2))
	for i := range dnsConns {
		r, w, _ := os.Pipe()
		defer w.Close()
		defer r.Close()
		other[14] = byte(i)
		d.names.admit(r, &other, false)
	}
	if _, err := held.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("a silent connection was not closed: %v", err)
	}
	c := dial(t, "tcp", tcp)
	c.Write(q)
	if _, err := c.Read(make([]byte, 512)); err != nil {
		t.Errorf("a question is not answered: %v", err)
	}
}

// TestAcceptAgain: where there are no descriptors, a connection waits until there are.
// The listener was closed, with all that waited.
func TestAcceptAgain(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	said := make(saying, 9)
	d.Log = logs.New(said, program, logs.Info)
	tcp := serveTest(t, d.names, unix.SOCK_STREAM)
	at := netip.MustParseAddrPort(tcp)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := os.NewFile(uintptr(fd), "client")
	defer c.Close()
	withoutDescriptors(t, func() {
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
			t.Fatal(err)
		}
		if got := <-said; !strings.Contains(got, "too many open files") {
			t.Errorf("%q", got)
		}
	})
	q := question("x.hop.")
	c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...))
	if n, err := c.Read(make([]byte, 512)); err != nil || n == 0 {
		t.Errorf("no answer: %v", err)
	}
}

// TestNear: an address of the prefix of the interface that was asked is the LAN's,
// whatever it is; of another interface's it is not, nor is any of the mesh.
func TestNear(t *testing.T) {
	prefix := func(index int, address string, bits int) nic.Prefix {
		return nic.Prefix{Addr: netip.MustParseAddr(address).As16(), Bits: bits, Index: index}
	}
	all := []nic.Prefix{prefix(2, "192.168.1.1", 120), prefix(2, "2001:db8:1::1", 64), prefix(3, "203.0.113.7", 120), prefix(4, "fd68:6f70::1", 32)}
	d, _ := testDaemon(t, &config{})
	for _, c := range []struct {
		local, from string
		want        bool
	}{
		{"192.168.1.1", "192.168.1.9", true},
		{"192.168.1.1", "2001:db8:1::9", true},
		{"2001:db8:1::1", "2001:db8:1::9", true},
		{"192.168.1.1", "2001:db8:2::9", false},
		{"192.168.1.1", "203.0.113.9", false},
		{"203.0.113.7", "203.0.113.9", true},
		{"127.0.0.1", "192.168.1.9", false},
		{"fd68:6f70::1", "fd68:6f70::9", false},
	} {
		d.names.near = near{at: time.Now().Add(time.Hour), all: all}
		s, from := &socket{local: netip.MustParseAddr(c.local).As16()}, netip.MustParseAddr(c.from).As16()
		if got := d.names.isNear(s, &from); got != c.want {
			t.Errorf("%s asked at %s: near %v, want %v", c.from, c.local, got, c.want)
		}
	}
	var fresh near
	if fresh.is(new([16]byte), new([16]byte)); len(fresh.all) == 0 {
		t.Error("no prefixes were read")
	}
	// Who is near is answered.
	from := netip.MustParseAddr("2001:db8:1::9").As16()
	for _, near := range []bool{false, true} {
		if n := d.names.answer(&from, near, new([names.MaxAnswer]byte), question("x.hop.")); (n > 0) != near {
			t.Errorf("near %v: answer of %d bytes", near, n)
		}
	}
}

// TestHostsThatHang: a look that takes for ever holds no lock: what was read stands,
// and counters are there. (A FIFO in the file's place did this between look and open.)
func TestHostsThatHang(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names")
	d, _ := testDaemon(t, &config{Hosts: path})
	os.WriteFile(path, []byte(d.ID.Key().String()+" gate\n"), 0o644)
	d.names.second = 0
	if _, ok := d.names.table().Find("gate"); !ok {
		t.Fatal("gate is not read")
	}
	d.names.mu.Lock()
	d.names.looking, d.names.second = true, 0 // somebody looks, and does not come back
	d.names.mu.Unlock()
	if _, ok := d.names.table().Find("gate"); !ok {
		t.Error("gate is forgotten")
	}
	if d.names.counters().BadLines != 0 {
		t.Error("no counters")
	}
}

// TestHostsWithoutDescriptors: names are not forgotten, and read when there are some.
func TestHostsWithoutDescriptors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names")
	d, log := testDaemon(t, &config{Hosts: path})
	find := func(name string) bool {
		d.names.second = 0
		_, ok := d.names.table().Find(name)
		return ok
	}
	os.WriteFile(path, []byte(d.ID.Key().String()+" gate\n"), 0o644)
	if !find("gate") {
		t.Fatal("gate is not read")
	}
	os.WriteFile(path, []byte(d.ID.Key().String()+" barn house\n"), 0o644)
	withoutDescriptors(t, func() {
		if !find("gate") || find("barn") || find("house") {
			t.Errorf("names are forgotten: %s", log)
		}
	})
	if !find("barn") || find("gate") {
		t.Errorf("names are not read again: %s", log)
	}
}

// withoutDescriptors does something while no descriptor can be had.
func withoutDescriptors(t *testing.T, do func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	none := was
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	do()
}

// saying is a log whose lines a test waits for.
type saying chan string

func (s saying) Write(line []byte) (int, error) {
	s <- string(line)
	return len(line), nil
}

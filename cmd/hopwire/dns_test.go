package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/hop/names"
	"hopwire/link/identity"
)

// testDaemon is one that has a node but no ports; its log is returned too.
func testDaemon(t *testing.T, c *config) (*router, *bytes.Buffer) {
	t.Helper()
	return testRouter(t, c, func(*daemon.Parts) {})
}

// testRouter is the same with other parts.
func testRouter(t *testing.T, c *config, change func(p *daemon.Parts)) (*router, *bytes.Buffer) {
	t.Helper()
	if c.State == "" {
		c.State = t.TempDir()
	}
	log := new(bytes.Buffer)
	id, _, err := c.node().Folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	n := c.node()
	n.Settings, n.Budget = &c.Settings, daemon.Budget{Circuits: 64, Nodes: 16, Frames: 128}
	d := &daemon.Daemon{Config: n, ID: id, Keys: []identity.NetworkKey{{1}}, Log: logs.New(log, program, logs.Debug)}
	r := newRouter(d, c)
	d.Parts = r.parts()
	change(&d.Parts)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Runner.Close)
	return r, log
}

// serveTest answers on loopback until the test ends; it returns the address.
func serveTest(t *testing.T, r *resolver, kind int) string {
	t.Helper()
	s, err := openSocket("127.0.0.1:0", kind)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		if kind == unix.SOCK_DGRAM {
			done <- r.serveUDP(s)
		} else {
			done <- r.serveTCP(s)
		}
	}()
	t.Cleanup(func() {
		s.f.Close()
		if err := <-done; err == nil {
			t.Error("it ended without an error")
		}
	})
	var port int
	s.raw.Control(func(fd uintptr) {
		sa, _ := unix.Getsockname(int(fd))
		port = sa.(*unix.SockaddrInet6).Port
	})
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func question(name string) []byte {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 7, RecursionDesired: true})
	b.StartQuestions()
	b.Question(dnsmessage.Question{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeAAAA, Class: dnsmessage.ClassINET})
	m, _ := b.Finish()
	return m
}

// addressIn returns the address in an answer.
func addressIn(t *testing.T, b []byte) netip.Addr {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil || len(m.Answers) != 1 {
		t.Fatalf("%v %v", m, err)
	}
	return netip.AddrFrom16(m.Answers[0].Body.(*dnsmessage.AAAAResource).AAAA)
}

func dial(t *testing.T, network, at string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, at)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c
}

func TestResolverSockets(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	self := d.ID.Key()
	udp, tcp := serveTest(t, d.names, unix.SOCK_DGRAM), serveTest(t, d.names, unix.SOCK_STREAM)
	b := make([]byte, 2048)

	c := dial(t, "udp", udp)
	c.Write([]byte("?")) // no answer
	c.Write(make([]byte, 4000))
	c.Write(question(self.String() + ".hop."))
	for {
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if n > 12 { // the long one is malformed
			if got := addressIn(t, b[:n]); got != self.IPv6() {
				t.Errorf("UDP: %v", got)
			}
			break
		}
	}
	if n := d.names.counters(); n.Queries != 3 || n.Answered != 1 || n.Dropped != 1 || n.Malformed != 1 {
		t.Errorf("UDP: %+v", n)
	}

	c = dial(t, "tcp", tcp)
	q := question(self.String() + ".hop.")
	q = append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...)
	for _, part := range [][]byte{q, q[:1], q[1:30], append(bytes.Clone(q[30:]), q...)} { // in one, in pieces, two at once
		c.Write(part)
	}
	for range 3 {
		if _, err := io.ReadFull(c, b[:2]); err != nil {
			t.Fatal(err)
		}
		n := binary.BigEndian.Uint16(b)
		if _, err := io.ReadFull(c, b[:n]); err != nil || addressIn(t, b[:n]) != self.IPv6() {
			t.Errorf("TCP: %v", err)
		}
	}
	for _, bad := range []string{"\xff\xff", "\x00\x00", "\x00\x01x"} {
		c := dial(t, "tcp", tcp)
		c.Write([]byte(bad))
		if n, err := c.Read(b); err == nil || n > 0 {
			t.Errorf("%q is answered: %d", bad, n)
		}
	}
	c = dial(t, "tcp", tcp)
	c.Write(bytes.Repeat(q, dnsQueries+1))
	if all, _ := io.ReadAll(c); len(all) != dnsQueries*(2+12+4+len(self.String()+".hop.")+1+28) {
		t.Errorf("%d bytes for %d queries", len(all), dnsQueries)
	}
}

// TestResolverConnections: no more than dnsConns at once.
func TestResolverConnections(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	tcp := serveTest(t, d.names, unix.SOCK_STREAM)
	var held []net.Conn
	for range dnsConns {
		c := dial(t, "tcp", tcp)
		q := question("x.hop.")
		c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...))
		if _, err := c.Read(make([]byte, 512)); err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	if n, err := dial(t, "tcp", tcp).Read(make([]byte, 1)); err == nil {
		t.Errorf("one more is served: %d", n)
	}
	if n := d.names.counters(); n.Connections != dnsConns || n.TooManyConnections != 1 {
		t.Errorf("%+v", n)
	}
	for _, c := range held {
		c.Close()
	}
}

// TestMayAsk: who is answered.
func TestMayAsk(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	own := d.ID.Key().IPv6()
	stranger := own.As16()
	stranger[15] ^= 1
	for text, want := range map[string]bool{
		own.String(): true, "::1": true, "fe80::1": true, "fd12::7": true, "fc00::7": true, "::ffff:127.0.0.1": true, "::ffff:10.1.2.3": true,
		"::ffff:192.168.1.2": true, "::ffff:172.16.0.1": true, "::ffff:172.31.0.1": true, "::ffff:169.254.1.1": true, "::ffff:100.64.0.1": true, "::ffff:100.127.255.1": true, "::ffff:100.128.0.1": false, "::ffff:100.63.0.1": false,
		netip.AddrFrom16(stranger).String(): false, "fd68:6f70::1": false, "2001:db8::1": false, "::": false, "::2": false, "fec0::1": false, "ff02::1": false,
		"::ffff:192.0.2.1": false, "::ffff:172.32.0.1": false, "::ffff:11.0.0.1": false, "::10.0.0.1": false,
	} {
		from := netip.MustParseAddr(text).As16()
		if got := d.names.mayAsk(&from); got != want {
			t.Errorf("%s: %v", text, got)
		}
		before := d.names.counters()
		n := d.names.answer(&from, false, new([names.MaxAnswer]byte), question("x.hop."))
		if after := d.names.counters(); (n > 0) != want || (after.Stranger > before.Stranger) == want {
			t.Errorf("%s: answer of %d bytes, %+v", text, n, after)
		}
	}
}

// TestResolverLimit: a flood costs little.
func TestResolverLimit(t *testing.T) {
	d, _ := testDaemon(t, &config{})
	from := netip.MustParseAddr("::1").As16()
	answered := uint64(0)
	for range 3 * dnsRate {
		if d.names.answer(&from, false, new([names.MaxAnswer]byte), question("x.hop.")) > 0 {
			answered++
		}
	}
	if n := d.names.counters(); n.Limited == 0 || n.Limited+answered != 3*dnsRate || answered > 2*dnsRate { // a second may end meanwhile
		t.Errorf("%d answered, %+v", answered, n)
	}
}

func TestHostsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names")
	d, log := testDaemon(t, &config{Hosts: path})
	a := d.ID.Key().String()
	look := func(name string) bool {
		d.names.second = 0 // as if a second had passed
		_, err := d.Target([]string{name})
		return err == nil
	}
	if look("gate.hop") || strings.Count(log.String(), "info: no names file="+path) != 1 {
		t.Errorf("without a file: %s", log)
	}
	os.WriteFile(path, []byte("# ours\n"+a+" gate\nbad line\n"), 0o644)
	if !look("gate.hop") || !look("GATE") || look("barn") || strings.Count(log.String(), "error: bad line file="+path+" line=3 why=") != 1 {
		t.Errorf("with a file: %s", log)
	}
	was := log.Len()
	if look("gate"); log.Len() != was {
		t.Errorf("said again: %s", log)
	}
	// Renamed over it, as long as before and with its time.
	info, _ := os.Stat(path)
	os.WriteFile(path+"2", []byte("# ours\n"+a+" barn\nbad line\n"), 0o644)
	os.Chtimes(path+"2", info.ModTime(), info.ModTime())
	os.Rename(path+"2", path)
	if look("gate") || !look("barn") {
		t.Error("a file that was renamed into place is not read")
	}
	if n := d.names.counters(); n.BadLines != 2 {
		t.Errorf("%d bad lines", n.BadLines)
	}
	os.WriteFile(path, bytes.Repeat([]byte("x y\n"), 1000), 0o644)
	if before := strings.Count(log.String(), "bad line "); look("barn") || strings.Count(log.String(), "bad line ")-before != maxFaults {
		t.Error("the log is not bounded")
	}
	for _, spoil := range []func(){
		func() { os.WriteFile(path, make([]byte, names.MaxText+1), 0o644) },
		func() { os.Remove(path); os.Mkdir(path, 0o755) },
		func() { os.Remove(path); unix.Mkfifo(path, 0o600) },
		func() { os.Remove(path) },
	} {
		os.Remove(path)
		os.WriteFile(path, []byte(a+" gate\n"), 0o644)
		if !look("gate") {
			t.Error("the file is not read again")
		}
		spoil()
		if look("gate") {
			t.Error("what is no file of names is read")
		}
	}
}

func TestTarget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names")
	d, _ := testDaemon(t, &config{Hosts: path})
	key := d.ID.Key()
	os.WriteFile(path, []byte(key.String()+" gate\n"), 0o644)
	d.names.second = 0
	for _, text := range []string{"gate", "gate.hop", key.String(), key.String() + ".hop", key.IPv6().String()} {
		if got, err := d.Target([]string{text}); err != nil || got != key {
			t.Errorf("%s: %v %v", text, got, err)
		}
		var out bytes.Buffer
		if err := d.Answer(&out, []string{"address", text}); err != nil || out.String() != "= "+key.String()+"\n" {
			t.Errorf("%s: %q %v", text, &out, err)
		}
	}
	var out bytes.Buffer
	if d.Answer(&out, []string{"address", "gate", "--ip"}); out.String() != "= "+key.IPv6().String()+"\n" {
		t.Errorf("%q", &out)
	}
	for text, word := range map[string]string{"barn.hop": `no node is named "barn.hop"`, "fd68:6f70::1": "not known", strings.Repeat("a", 56): "checksum", "": "no node"} {
		_, err := d.Target([]string{text})
		if hint.Of(err) == "" || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

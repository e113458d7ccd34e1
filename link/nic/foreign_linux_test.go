package nic

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

// foreign is a pair of ports while /sys is that of the process, as after nsenter -n, or
// in systemd's NetworkNamespacePath.
func foreign(t *testing.T) (ports [2]link.Port, macs [2][6]byte) {
	lab(t)
	for i, name := range []string{"left", "right"} {
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		copy(macs[i][:], l.Attrs().HardwareAddr)
		if ports[i], err = OpenEther(name, testType, 1); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ports[i].Close() })
	}
	return ports, macs
}

// TestForeignSys: ports and interfaces are those of this namespace, though /sys is not.
func TestForeignSys(t *testing.T) {
	ports, macs := foreign(t)
	f := new(link.Frame)
	f.N = link.FrameShort
	if err := ports[0].WriteBroadcast(f); err != nil {
		t.Fatal(err)
	}
	if err := ports[1].ReadBroadcast(f); err != nil || f.Addr != link.MACAddr(macs[0]) {
		t.Errorf("beacon from %v, %v; want %v", f.Addr, err, link.MACAddr(macs[0]))
	}
	all, err := Interfaces()
	if err != nil || len(all) != 3 {
		t.Fatalf("%d interfaces, %v; want lo, left and right", len(all), err)
	}
	l := all[0]
	if err := l.Ask(); err != nil {
		t.Error(err)
	}
	if l.Name != "left" || l.MAC != macs[0] || l.Usable() != "" || l.Capacity != 10_000_000 || l.Wireless {
		t.Errorf("%+v; want left, %v, 10 Gbit/s as veth says", l, link.MACAddr(macs[0]))
	}
}

// TestForeignBridge: a bridge is seen by netlink alone.
func TestForeignBridge(t *testing.T) {
	lab(t)
	br := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br7"}}
	if err := netlink.LinkAdd(br); err != nil {
		t.Fatal(err)
	}
	l, _ := netlink.LinkByName("left")
	if err := netlink.LinkSetMaster(l, br); err != nil {
		t.Fatal(err)
	}
	_, err := OpenEther("left", testType, 1)
	if e, ok := errors.AsType[*BridgeMemberError](err); !ok || e.Bridge != "br7" {
		t.Errorf("got %v, want a port of br7", err)
	}
	if _, err := OpenEther("gone", testType, 1); err == nil || !strings.Contains(err.Error(), "no interface gone") {
		t.Errorf("got %v, want no interface", err)
	}
}

// TestNoDescriptors: the true reason is said, and it is one that passes.
func TestNoDescriptors(t *testing.T) {
	lab(t)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	for free := range uint64(8) { // each step of opening fails once
		first, err := unix.Dup(0) // the lowest that is free
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(first)
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(first) + free, Max: limit.Max})
		p, err := OpenEther("left", testType, 1)
		_, uerr := OpenUDP("")
		_, ierr := Interfaces()
		raw := RawAllowed()
		unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		if err == nil {
			p.Close()
			continue
		}
		if !Transient(err) || !errors.Is(err, unix.EMFILE) || !strings.Contains(err.Error(), "too many open files") {
			t.Errorf("%d descriptors: %v", free, err)
		}
		if free == 0 && (!Transient(uerr) || !Transient(ierr) || !Transient(raw)) {
			t.Errorf("UDP %v, interfaces %v, raw sockets %v", uerr, ierr, raw)
		}
	}
}

// TestUDPLater: an address that is not there yet is an error that passes; other
// names of an interface are found.
func TestUDPLater(t *testing.T) {
	lab(t)
	lo, _ := netlink.LinkByName("lo")
	netlink.LinkSetUp(lo) // a namespace without any address lets everything be bound
	for _, listen := range []string{"192.0.2.1:7000", "[fd00::77]:7000"} {
		if u, err := OpenUDP(listen); !Transient(err) {
			t.Errorf("%s: %v, %v; want an error that passes", listen, u, err)
		}
	}
	l, _ := netlink.LinkByName("left")
	a, _ := netlink.ParseAddr("192.0.2.1/24")
	if err := netlink.AddrAdd(l, a); err != nil {
		t.Fatal(err)
	}
	u, err := OpenUDP("192.0.2.1:7000")
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
	if err := netlink.LinkAddAltName(l, "the-left-one"); err != nil {
		t.Fatal(err)
	}
	if i, err := lookUp("left"); err != nil || !slices.Equal(i.AltNames, []string{"the-left-one"}) {
		t.Errorf("other names %v, %v", i.AltNames, err)
	}
}

// TestWatch: a change is said within a second, a failure is tried again, others' routes
// are none of it.
func TestWatch(t *testing.T) {
	lab(t)
	stop, kick, calls := make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 100)
	mesh := netip.MustParsePrefix("fd68:6f70::/32")
	w := &watch{route: mesh.Addr().AsSlice(), said: make(chan struct{}, 1), ended: make(chan struct{}, 1)}
	w.subscribe() // in this thread's namespace
	defer w.close()
	heard := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		case <-time.After(time.Second):
			return false
		}
	}
	l, _ := netlink.LinkByName("left")
	a, _ := netlink.ParseAddr("fd68:6f70::1/32")
	if err := netlink.AddrAdd(l, a); err != nil || !heard(w.said) {
		t.Errorf("%v, or an address was not heard of", err)
	}
	n := 0
	go WatchInterfaces(stop, kick, mesh, func() bool { calls <- struct{}{}; n++; return n < 2 })
	for i := range 3 { // the first look, one after that failed, and the kick
		if i == 2 {
			kick <- struct{}{}
		}
		if !heard(calls) {
			t.Fatal("not called within a second")
		}
	}
	close(stop)
}

func TestWatchConcerns(t *testing.T) {
	lab(t)
	w := &watch{route: netip.MustParseAddr("fd68:6f70::").AsSlice(), said: make(chan struct{}, 1), ended: make(chan struct{}, 1)}
	l, _ := netlink.LinkByName("left")
	routes := []*netlink.Route{}
	for _, s := range []string{"fd68:6f70::/32", "fd00:1::/32"} {
		dst, _ := netlink.ParseIPNet(s)
		r := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: dst}
		if err := netlink.RouteAdd(r); err != nil {
			t.Fatal(err)
		}
		routes = append(routes, r)
	}
	w.subscribe()
	defer w.close()
	for len(w.said) > 0 {
		<-w.said
	}
	if err := netlink.RouteDel(routes[1]); err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.said:
		t.Error("another's route was said")
	case <-time.After(50 * time.Millisecond):
	}
	netlink.RouteDel(routes[0])
	select {
	case <-w.said:
	case <-time.After(time.Second):
		t.Error("the loss of our route was not said")
	}
}

// FuzzInterface: no answer of netlink, garbled or cut, is too much.
func FuzzInterface(f *testing.F) {
	if messages, err := dumpLinks(); err == nil {
		for _, m := range messages {
			f.Add(m)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, m []byte) {
		i, _, ok := fromNetlink(m)
		if ok && (i.Name == "" || i.Index < 1) {
			t.Errorf("%+v", i)
		}
		readAnswer(m)
		find(body(m), attrIndex)
	})
}

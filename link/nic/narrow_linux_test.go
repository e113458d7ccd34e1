package nic

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

// A room is a network namespace of the test.
type room struct{ fd int }

// enter moves the test's thread into it.
func (r room) enter(t *testing.T) {
	t.Helper()
	if err := unix.Setns(r.fd, unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
}

// newRoom makes a network namespace and enters it.
func newRoom(t *testing.T) room {
	t.Helper()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return room{fd}
}

// cable lays one from the room that we are in to another.
func cable(t *testing.T, name string, mtu int, to room, peer string) {
	t.Helper()
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: mtu}, PeerName: peer, PeerNamespace: netlink.NsFd(to.fd)}
	if err := netlink.LinkAdd(veth); err != nil {
		t.Fatal(err)
	}
}

// address sets up an interface of the room that we are in.
func address(t *testing.T, name string, mtu int, addresses ...string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	netlink.LinkSetMTU(l, mtu)
	for _, s := range addresses {
		a, err := netlink.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		a.Flags = unix.IFA_F_NODAD
		if err := netlink.AddrAdd(l, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := netlink.LinkSetUp(l); err != nil {
		t.Fatal(err)
	}
}

func gateway(t *testing.T, to, via string) {
	t.Helper()
	_, dst, _ := net.ParseCIDR(to)
	if err := netlink.RouteAdd(&netlink.Route{Dst: dst, Gw: net.ParseIP(via)}); err != nil {
		t.Fatal(err)
	}
}

// TestUDPNarrowPath: two nodes behind a router, and its second cable takes 1280 bytes,
// less than a frame. The router cuts IPv4 packets, since they do not forbid it; of
// IPv6 the sender does, once the router has told it.
func TestUDPNarrowPath(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs root, and a skip is a failure in CI")
		}
		t.Skip("needs root")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with its namespaces
	near, far, middle := newRoom(t), newRoom(t), newRoom(t)
	cable(t, "m0", 1500, near, "n0")
	cable(t, "m1", 1280, far, "f0")
	address(t, "m0", 1500, "10.1.0.2/24", "fd01::2/64")
	address(t, "m1", 1280, "10.2.0.2/24", "fd02::2/64")
	for _, path := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+path, []byte("1"), 0); err != nil { // of this thread's namespace
			t.Fatal(err)
		}
	}
	open := func(r room, name, listen string, mtu int, own, other [2]string, via [2]string) *UDP {
		r.enter(t)
		address(t, name, mtu, own[0]+"/24", own[1]+"/64")
		gateway(t, other[0], via[0])
		gateway(t, other[1], via[1])
		u, err := OpenUDP(listen)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		return u
	}
	a := open(near, "n0", ":7001", 1500, [2]string{"10.1.0.1", "fd01::1"}, [2]string{"10.2.0.0/24", "fd02::/64"}, [2]string{"10.1.0.2", "fd01::2"})
	b := open(far, "f0", ":7002", 1280, [2]string{"10.2.0.1", "fd02::1"}, [2]string{"10.1.0.0/24", "fd01::/64"}, [2]string{"10.2.0.2", "fd02::2"})
	middle.enter(t)
	for _, c := range []struct {
		name     string
		from, to *UDP
		address  string
		tries    int // frames until one arrives
	}{
		{"IPv4 there", a, b, "10.2.0.1:7002", 1}, {"IPv4 back", b, a, "10.1.0.1:7001", 1},
		{"IPv6 there", a, b, "[fd02::1]:7002", 200}, {"IPv6 back", b, a, "[fd01::1]:7001", 1},
	} {
		in, out := frames(8), frames(1)
		out[0].N, out[0].Addr = link.FrameLong, link.UDPAddr(netip.MustParseAddrPort(c.address))
		sent, got := 0, 0
		for begun := time.Now(); got == 0 && time.Since(begun) < 5*time.Second; {
			if sent < c.tries {
				if n, err := c.from.Write(out); n != 1 || err != nil {
					t.Fatalf("%s: %d, %v", c.name, n, err)
				}
				sent++
			}
			for wait := time.Now(); got == 0 && time.Since(wait) < 20*time.Millisecond; {
				n, err := c.to.TryRead(0, in)
				if err != nil {
					t.Fatal(err)
				}
				got += n
			}
		}
		if got == 0 || in[0].N != link.FrameLong {
			t.Errorf("%s: %d of %d frames arrived", c.name, got, sent)
		}
	}
}

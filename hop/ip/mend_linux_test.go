package ip

import (
	"errors"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
)

func look(t *testing.T) TUNState {
	t.Helper()
	s, err := LookTUN(testTUN, tunSelf)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTUNMend: whatever an operator or a program takes from the device is seen, and
// comes back, but a device that is down stays down.
func TestTUNMend(t *testing.T) {
	sysctl := func(v string) error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/"+testTUN+"/disable_ipv6", []byte(v), 0)
	}
	for _, c := range []struct {
		name string
		hurt func(l netlink.Link) error
		want TUNState // Index is not compared
	}{
		{"nothing", func(netlink.Link) error { return nil }, TUNState{Up: true, Well: true}},
		{"flush", func(l netlink.Link) error {
			a, _ := netlink.ParseAddr(tunSelf.String() + "/32")
			return netlink.AddrDel(l, a)
		}, TUNState{Up: true}},
		{"route", func(l netlink.Link) error {
			dst, _ := netlink.ParseIPNet("fd68:6f70::/32")
			return netlink.RouteDel(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: dst})
		}, TUNState{Up: true}},
		{"down and up", func(l netlink.Link) error {
			return errors.Join(netlink.LinkSetDown(l), netlink.LinkSetUp(l))
		}, TUNState{Up: true}},
		{"MTU", func(l netlink.Link) error {
			return netlink.LinkSetMTU(l, 1000)
		}, TUNState{Up: true}},
		{"IPv6 off and on", func(netlink.Link) error {
			return errors.Join(sysctl("1"), sysctl("0"))
		}, TUNState{Up: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inNamespace(t)
			d := openTestTUN(t)
			l, err := netlink.LinkByName(testTUN)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.hurt(l); err != nil {
				t.Fatal(err)
			}
			c.want.Name, c.want.Index = testTUN, l.Attrs().Index
			if s := look(t); s != c.want {
				t.Errorf("got %+v, want %+v", s, c.want)
			}
			if s := look(t); !s.Well {
				if err := s.Mend(tunSelf); err != nil {
					t.Fatal(err)
				}
			}
			if s := look(t); s != (TUNState{testTUN, l.Attrs().Index, true, true}) {
				t.Errorf("after mending %+v", s)
			}
			sendUDP(t, 10)
			if p := collectUDP(t, d); len(p) != ipHeader+8+10 {
				t.Errorf("a packet of %d bytes", len(p))
			}
		})
	}
}

// collectUDP returns the first UDP packet: after a change of MTU the kernel solicits
// routers too, and both may be there at once.
func collectUDP(t *testing.T, d *TUN) []byte {
	t.Helper()
	for {
		for _, p := range collect(t, d, 1) {
			if p[offNextHeader] == protoUDP {
				return p
			}
		}
	}
}

// TestTUNMendCannot: what cannot be mended yet is said, and a device that is down stays so.
func TestTUNMendCannot(t *testing.T) {
	inNamespace(t)
	openTestTUN(t)
	path := "/proc/sys/net/ipv6/conf/" + testTUN + "/disable_ipv6"
	if err := os.WriteFile(path, []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	wantTUNError(t, look(t).Mend(tunSelf), hintIPv6)
	os.WriteFile(path, []byte("0"), 0)
	l, _ := netlink.LinkByName(testTUN)
	netlink.LinkSetDown(l)
	s := look(t)
	if s.Up || s.Well {
		t.Errorf("down: %+v", s)
	}
	if err := s.Mend(tunSelf); err != nil {
		t.Errorf("down: %v", err)
	}
	if look(t).Up {
		t.Error("a device that was taken down is up")
	}
}

// TestTUNDeleted: the device is not found, its queues say so, and it can be made again
// when they are closed.
func TestTUNDeleted(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	l, _ := netlink.LinkByName(testTUN)
	if err := netlink.LinkDel(l); err != nil {
		t.Fatal(err)
	}
	if s := look(t); s.Index != 0 {
		t.Errorf("deleted: %+v", s)
	}
	for i := range d.Descriptors() {
		if ok, err := d.Receive(i, nil); ok || err == nil {
			t.Errorf("queue %d of a deleted device: %v, %v; want an error", i, ok, err)
		}
	}
	d.Close()
	openTestTUN(t)
}

// TestTUNManySegments: a piece has no more segments than a turn may take.
func TestTUNManySegments(t *testing.T) {
	inNamespace(t)
	openTestTUN(t)
	l, _ := netlink.LinkByName(testTUN)
	if n := l.Attrs().GSOMaxSegs; n != pieceMost {
		t.Errorf("%d segments, want %d", n, pieceMost)
	}
}

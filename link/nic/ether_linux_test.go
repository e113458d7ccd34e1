package nic

import (
	"bytes"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

// lab moves the test into a network namespace of its own with a pair of veth
// cables; without root it is skipped, but not in CI.
func lab(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs root, and a skip is a failure in CI")
		}
		t.Skip("needs root")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with its namespace
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "left", MTU: 1500}, PeerName: "right"}
	if err := netlink.LinkAdd(veth); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"left", "right"} {
		l, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"left", "right"} { // the kernel drops frames until then
		for begun := time.Now(); ; runtime.Gosched() {
			if l, err := netlink.LinkByName(name); err == nil && l.Attrs().OperState == netlink.OperUp {
				break
			}
			if time.Since(begun) > 5*time.Second {
				t.Fatal(name, "has no carrier")
			}
		}
	}
}

// sysfs shows the namespace of the process, so the test needs one of its own
// mounted to see its interfaces there.
func mountSys(t *testing.T) {
	t.Helper()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		t.Fatal(err)
	}
}

const testType = 0x5ee5

func etherPair(t *testing.T) (a, b link.Port, macs [2][6]byte) {
	lab(t)
	mountSys(t)
	var ports [2]link.Port
	for i, name := range []string{"left", "right"} {
		p, err := OpenEther(name, testType, 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		ifi, _ := net.InterfaceByName(name)
		copy(macs[i][:], ifi.HardwareAddr)
		ports[i] = p
	}
	return ports[0], ports[1], macs
}

func frames(n int) []*link.Frame {
	f := make([]*link.Frame, n)
	for i := range f {
		f[i] = new(link.Frame)
	}
	return f
}

func TestEtherRoundTrip(t *testing.T) {
	a, b, macs := etherPair(t)
	for _, size := range []int{link.FrameShort, link.FrameLong} {
		out, in := frames(20), frames(32)
		for i, f := range out {
			f.N, f.Addr = size, link.MACAddr(macs[1])
			f.Bytes()[0], f.Bytes()[size-1] = byte(i), byte(size)
		}
		if n, err := a.Write(out); n != 20 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		for got := 0; got < 20; {
			n, err := b.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range in[:n] {
				if f.N != size || f.Addr != link.MACAddr(macs[0]) || f.Broadcast || !bytes.Equal(f.Bytes(), out[got].Bytes()) {
					t.Fatalf("frame %d: %d bytes from %v, want %v; first byte %d", got, f.N, f.Addr, link.MACAddr(macs[0]), f.Bytes()[0])
				}
				got++
			}
		}
	}
}

func TestEtherBroadcast(t *testing.T) {
	a, b, macs := etherPair(t)
	f, g := new(link.Frame), new(link.Frame)
	f.N = link.FrameShort
	f.Bytes()[5] = 42
	if err := a.WriteBroadcast(f); err != nil {
		t.Fatal(err)
	}
	if err := b.ReadBroadcast(g); err != nil || !g.Broadcast || g.N != link.FrameShort || g.Bytes()[5] != 42 || g.Addr != link.MACAddr(macs[0]) {
		t.Fatalf("%v %+v", err, g.Addr)
	}
}

func TestEtherCloseWakes(t *testing.T) {
	a, _, _ := etherPair(t)
	closeWakes(t, a)
}

// closeWakes closes a port that two read from, and wants both to be told.
func closeWakes(t *testing.T, p interface {
	Read([]*link.Frame) (int, error)
	ReadBroadcast(*link.Frame) error
	Close() error
}) {
	t.Helper()
	done := make(chan error, 2)
	go func() { _, err := p.Read(frames(4)); done <- err }()
	go func() { done <- p.ReadBroadcast(new(link.Frame)) }()
	runtime.Gosched()
	p.Close()
	for range 2 {
		select {
		case err := <-done:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v, want net.ErrClosed", err)
			}
		case <-time.After(time.Second):
			t.Fatal("a reader still waits a second after Close")
		}
	}
}

func TestEtherBridgeMember(t *testing.T) {
	lab(t)
	mountSys(t)
	br := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
	if err := netlink.LinkAdd(br); err != nil {
		t.Fatal(err)
	}
	l, _ := netlink.LinkByName("left")
	if err := netlink.LinkSetMaster(l, br); err != nil {
		t.Fatal(err)
	}
	_, err := OpenEther("left", testType, 1)
	var e *BridgeMemberError
	if !errors.As(err, &e) || e.Bridge != "br0" {
		t.Errorf("got %v", err)
	}
	all, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Name == "left" && (i.Bridge != "br0" || i.Usable() == "") {
			t.Errorf("%+v", i)
		}
	}
}

// TestEtherNoAllocs: nothing per frame over real sockets, in 100,000 of them.
func TestEtherNoAllocs(t *testing.T) {
	a, b, macs := etherPair(t)
	out, in := frames(batchMost), frames(batchMost)
	for _, f := range out {
		f.N, f.Addr = link.FrameShort, link.MACAddr(macs[1])
	}
	turn := func() {
		sent, err := a.Write(out)
		if err != nil {
			t.Fatal(err)
		}
		for sent > 0 {
			n, err := b.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			sent -= n
		}
	}
	turn()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100_000 / batchMost {
		turn()
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 200 { // the runtime's own now and then
		t.Errorf("%d allocations in 100,000 frames", n)
	}
}

func TestUDPRoundTrip(t *testing.T) {
	a, err := OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	to, _ := net.ResolveUDPAddr("udp", "127.0.0.1:0")
	to.Port = b.LocalPort()
	out, in := frames(3), frames(8)
	for _, f := range out {
		f.N, f.Addr = link.FrameLong, link.UDPAddr(to.AddrPort())
	}
	if n, err := a.Write(out); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for got := 0; got < 3; {
		n, err := b.Read(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range in[:n] {
			if f.N != link.FrameLong || int(f.Addr.UDP().Port()) != a.LocalPort() {
				t.Errorf("%d bytes from %v", f.N, f.Addr)
			}
		}
		got += n
	}
}

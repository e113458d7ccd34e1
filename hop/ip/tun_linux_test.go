package ip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const testTUN = "hopwire7"

var (
	tunSelf = netip.MustParseAddr("fd68:6f70:1::1")
	tunPeer = netip.MustParseAddr("fd68:6f70:2::2")
)

// inNamespace puts the test's thread into a network namespace of its own, which
// ends with it: the thread is never unlocked.
func inNamespace(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root")
		}
		t.Skip("needs root")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("unshare: %v", err)
	}
}

func openTestTUN(t *testing.T) *TUN {
	t.Helper()
	d, err := OpenTUN(testTUN, tunSelf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestTUNDevice(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	l, err := netlink.LinkByName(testTUN)
	if err != nil {
		t.Fatal(err)
	}
	a := l.Attrs()
	if a.MTU != MTU || a.TxQLen != tunQueue || a.Flags&net.FlagUp == 0 {
		t.Errorf("MTU %d, queue %d, %v; want %d, %d, up", a.MTU, a.TxQLen, a.Flags, MTU, tunQueue)
	}
	if p := l.(*netlink.Tuntap); !p.NonPersist {
		t.Error("the device is persistent")
	}
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V6)
	if err != nil || len(addrs) != 1 || addrs[0].IPNet.String() != tunSelf.String()+"/32" || addrs[0].Flags&unix.IFA_F_TENTATIVE != 0 {
		t.Errorf("addresses %v, %v; want %v/32 alone and not tentative", addrs, err, tunSelf)
	}
	routes, err := netlink.RouteGet(net.IP(tunPeer.AsSlice()))
	if err != nil || len(routes) != 1 || routes[0].LinkIndex != a.Index || !routes[0].Src.Equal(net.IP(tunSelf.AsSlice())) {
		t.Errorf("route to the mesh %v, %v; want device %d from %v", routes, err, a.Index, tunSelf)
	}
	d.Close()
	if _, err := netlink.LinkByName(testTUN); err == nil {
		t.Error("the device is there after Close")
	}
}

// sendUDP sends datagrams of the given sizes through the kernel to the mesh.
func sendUDP(t *testing.T, sizes ...int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, n := range sizes {
		if err := unix.Sendto(fd, make([]byte, n), 0, &unix.SockaddrInet6{Port: 9, Addr: tunPeer.As16()}); err != nil {
			t.Fatal(err)
		}
	}
}

// collect reads what the device has until n packets have come.
func collect(t *testing.T, d *TUN, n int) (packets [][]byte) {
	t.Helper()
	for len(packets) < n {
		var fds []unix.PollFd
		for _, fd := range d.Descriptors() {
			fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
		if k, err := unix.Poll(fds, 5000); err != unix.EINTR && k < 1 {
			t.Fatalf("%d of %d packets came", len(packets), n)
		}
		for i := range fds {
			if _, err := d.Receive(i, func(head, rest []byte) { packets = append(packets, Join(head, rest)) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	return packets
}

func TestTUNReceive(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	if ok, err := d.Receive(0, nil); ok || err != nil {
		t.Fatalf("%v, %v of an empty device", ok, err)
	}
	sizes := []int{1, 2, 3, 1300}
	sendUDP(t, sizes...)
	for i, p := range collect(t, d, len(sizes)) {
		if len(p) != ipHeader+8+sizes[i] || !bytes.Equal(p[offDest:ipHeader], tunPeer.AsSlice()) || !sumHolds(p) {
			t.Errorf("packet %d: %d bytes % x, want %d with a checksum that holds", i, len(p), p[:ipHeader], ipHeader+8+sizes[i])
		}
	}
}

// TestTUNSegments: what a program sends in one piece comes as packets that are whole,
// and what they are put together to is one piece again.
func TestTUNSegments(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	if !d.out.udp {
		t.Fatal("no segmentation of UDP in this kernel")
	}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT, 1000)
	data := random(9, 10_500)
	if err := unix.Sendto(fd, data, 0, &unix.SockaddrInet6{Port: 9, Addr: tunPeer.As16()}); err != nil {
		t.Fatal(err)
	}
	packets := collect(t, d, 11)
	var got []byte
	for _, p := range packets {
		if !sumHolds(p) || !wholeLength(p) {
			t.Fatalf("a segment of %d bytes whose checksum or length is wrong", len(p))
		}
		got = append(got, p[ipHeader+8:]...)
	}
	if !bytes.Equal(got, data) {
		t.Error("the segments are not what was sent")
	}
	pieces := 0
	c := coalescer{udp: true, write: func([]byte) { pieces++ }}
	for _, p := range packets {
		c.Put(p)
	}
	if c.Flush(); pieces != 1 {
		t.Errorf("put together to %d pieces", pieces)
	}
}

// wholeLength: the packet is as long as its header says.
func wholeLength(p []byte) bool {
	return int(binary.BigEndian.Uint16(p[offPayloadLength:]))+ipHeader == len(p)
}

func TestTUNClosed(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	d.Close()
	if _, err := d.Receive(0, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want net.ErrClosed", err)
	}
	d.Put(udpPacket(tunPeer, tunSelf, 1, 2, []byte("late")))
	d.Flush()
}

// TestTUNWrite: what is written arrives at a socket of the kernel.
func TestTUNWrite(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
	if err := unix.Bind(fd, &unix.SockaddrInet6{Port: 4000, Addr: tunSelf.As16()}); err != nil {
		t.Fatal(err)
	}
	b, packet := make([]byte, 64), udpPacket(tunPeer, tunSelf, 9, 4000, []byte("hello"))
	for range 100 { // the kernel inserts the local route a little after the address
		d.Put(packet)
		d.Flush()
		if n, _, err := unix.Recvfrom(fd, b, 0); err == nil {
			if string(b[:n]) != "hello" {
				t.Errorf("got %q, want hello", b[:n])
			}
			return
		}
	}
	t.Error("nothing arrived in 100 tries")
}

// TestTUNQueues: a flow's packets come by the queue that its other direction is
// written to, so flows do not wait for each other.
func TestTUNQueues(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	if n := len(d.Descriptors()); n != tunQueues {
		t.Fatalf("%d queues, want %d", n, tunQueues)
	}
	used := map[uint64]bool{}
	for port := uint16(5000); port < 5016; port++ {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrInet6{Port: int(port)}); err != nil {
			t.Fatal(err)
		}
		p := udpPacket(tunPeer, tunSelf, 9, port, []byte("data"))
		d.Put(p)
		d.Flush()
		if err := unix.Sendto(fd, []byte("back"), 0, &unix.SockaddrInet6{Port: 9, Addr: tunPeer.As16()}); err != nil {
			t.Fatal(err)
		}
		want := FlowHash(p, [16]byte{}) % tunQueues
		used[want] = true
		got := 0
		if ok, err := d.Receive(int(want), func(head, rest []byte) { got++ }); !ok || err != nil || got != 1 {
			t.Errorf("port %d: %d packets in queue %d (%v, %v)", port, got, want, ok, err)
		}
	}
	if len(used) < tunQueues/2 {
		t.Errorf("16 flows use %d queues", len(used))
	}
}

// udpPacket makes an IPv6 packet with a UDP datagram.
func udpPacket(src, dst netip.Addr, sport, dport uint16, data []byte) []byte {
	u := binary.BigEndian.AppendUint16(nil, sport)
	u = binary.BigEndian.AppendUint16(u, dport)
	u = binary.BigEndian.AppendUint16(u, uint16(8+len(data)))
	u = append(append(u, 0, 0), data...)
	p := ipPacket(src, dst, 17, u)
	binary.BigEndian.PutUint16(p[ipHeader+6:], slowChecksum(p))
	return p
}

func TestTUNAllocations(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	packet, take := udpPacket(tunPeer, tunSelf, 9, 9, []byte("data")), func(head, rest []byte) {}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: 9, Addr: tunPeer.As16()}
	for name, f := range map[string]func(){
		"receive": func() {
			unix.Sendto(fd, nil, 0, to)
			for i := range d.Descriptors() {
				d.Receive(i, take)
			}
		},
		"put": func() { d.Put(packet); d.Put(packet); d.Flush() },
	} {
		if n := testing.AllocsPerRun(50, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

func TestTUNNameTaken(t *testing.T) {
	for name, take := range map[string]func() error{
		"not a TUN": func() error { // the one device that every kernel has
			lo, err := netlink.LinkByName("lo")
			if err != nil {
				return err
			}
			return netlink.LinkSetName(lo, testTUN)
		},
		"persistent TUN": func() error {
			return netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: testTUN}, Mode: netlink.TUNTAP_MODE_TUN, Flags: netlink.TUNTAP_NO_PI})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inNamespace(t)
			if err := take(); err != nil {
				t.Fatal(err)
			}
			_, err := OpenTUN(testTUN, tunSelf)
			wantTUNError(t, err, hintTaken)
			if !errors.Is(err, ErrTUNName) || !strings.Contains(err.Error(), testTUN) {
				t.Errorf("got %q, want ErrTUNName and the name", err)
			}
		})
	}
	t.Run("own", func(t *testing.T) {
		inNamespace(t)
		openTestTUN(t)
		_, err := OpenTUN(testTUN, tunSelf)
		wantTUNError(t, err, hintTaken)
	})
}

func wantTUNError(t *testing.T, err error, hint string) {
	t.Helper()
	var e *TUNError
	if !errors.As(err, &e) || e.Hint != hint {
		t.Errorf("got %#v, want a TUNError with hint %q", err, hint)
	}
}

func TestTUNNameInvalid(t *testing.T) {
	for _, name := range []string{"", "sixteen-bytes-xx", "a/b", "tun%d", "a b", ".", "..", "a\x00b", "a:b"} {
		_, err := OpenTUN(name, tunSelf)
		wantTUNError(t, err, hintName)
	}
}

// TestTUNDisabledIPv6: the device must not stay behind when a later step fails.
func TestTUNDisabledIPv6(t *testing.T) {
	inNamespace(t)
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1\n"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := OpenTUN(testTUN, tunSelf)
	wantTUNError(t, err, hintIPv6)
	if _, err := netlink.LinkByName(testTUN); err == nil {
		t.Error("the device stayed behind")
	}
}

func TestTUNErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		hint string
	}{
		{"no module", openError("x", unix.ENOENT), hintModule},
		{"module not loaded", openError("x", unix.ENODEV), hintModule},
		{"device file closed to us", openError("x", unix.EACCES), hintCapability},
		{"no capability", attachError("x", unix.EPERM), hintCapability},
		{"taken", attachError("x", unix.EBUSY), hintTaken},
		{"no capability for netlink", configureError("x", unix.EPERM), hintCapability},
		{"no IPv6", configureError("x", unix.EACCES), hintIPv6},
		{"emulation", configureError("x", unix.EINVAL), hintNetlink},
		{"no descriptor", openError("x", unix.EMFILE), hintFiles},
		{"no descriptor for netlink", configureError("x", unix.EMFILE), hintFiles},
		{"unforeseen", openError("x", unix.ENFILE), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantTUNError(t, c.err, c.hint)
			var errno syscall.Errno
			if !errors.As(c.err, &errno) {
				t.Errorf("%v hides the error number", c.err)
			}
		})
	}
}

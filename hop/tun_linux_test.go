package hop

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
	"time"

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
	if a.MTU != MTU || a.TxQLen != 100 || a.Flags&net.FlagUp == 0 {
		t.Errorf("MTU %d, queue %d, %v; want %d, 100, up", a.MTU, a.TxQLen, a.Flags, MTU)
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

// buffers returns n packet buffers and room for their sizes.
func buffers(n int) ([][]byte, []int) {
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = make([]byte, MTU)
	}
	return packets, make([]int, n)
}

func TestTUNReadBatch(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	sendUDP(t, 1, 2, 3, 4, 5)
	packets, sizes := buffers(3)
	for _, want := range [][]int{{1, 2, 3}, {4, 5}} {
		n, err := d.ReadBatch(packets, sizes)
		if err != nil || n != len(want) {
			t.Fatalf("got %d packets, %v; want %d", n, err, len(want))
		}
		for i, w := range want {
			if sizes[i] != ipHeader+8+w || !bytes.Equal(packets[i][offDest:ipHeader], tunPeer.AsSlice()) {
				t.Errorf("packet %d: %d bytes % x, want %d", i, sizes[i], packets[i][:ipHeader], ipHeader+8+w)
			}
		}
	}
}

// TestTUNClose: a reader that waits is woken.
func TestTUNClose(t *testing.T) {
	inNamespace(t)
	d := openTestTUN(t)
	got := make(chan error)
	go func() {
		packets, sizes := buffers(2)
		_, err := d.ReadBatch(packets, sizes)
		got <- err
	}()
	d.Close()
	select {
	case err := <-got:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the reader still waits")
	}
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
		if _, err := d.Write(packet); err != nil {
			t.Fatal(err)
		}
		if n, _, err := unix.Recvfrom(fd, b, 0); err == nil {
			if string(b[:n]) != "hello" {
				t.Errorf("got %q, want hello", b[:n])
			}
			return
		}
	}
	t.Error("nothing arrived in 100 tries")
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
	packets, sizes := buffers(8)
	packet := udpPacket(tunPeer, tunSelf, 9, 9, nil)
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: 9, Addr: tunPeer.As16()}
	for name, f := range map[string]func(){
		"batch": func() { unix.Sendto(fd, nil, 0, to); d.ReadBatch(packets, sizes) },
		"write": func() { d.Write(packet) },
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
		{"unforeseen", openError("x", unix.EMFILE), ""},
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

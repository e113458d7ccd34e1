package hop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

// A TUN is the network device by which the kernel's IPv6 reaches the mesh. One
// goroutine may read and one write at a time; Close wakes both, and the device
// goes with it.
type TUN struct {
	file *os.File
	raw  syscall.RawConn
	name string

	packets [][]byte // of the batch being read
	sizes   []int
	n       int
	err     error
	read    func(fd uintptr) bool // made once: a closure per call would be garbage
}

// A TUNError says why there is no device; Hint what to do about it.
type TUNError struct {
	Name, Hint string
	Err        error
}

func (e *TUNError) Error() string { return fmt.Sprintf("hop: TUN device %s: %v", e.Name, e.Err) }
func (e *TUNError) Unwrap() error { return e.Err }

func tunError(name string, err error) error {
	e := &TUNError{Name: name, Err: err}
	switch {
	case errors.Is(err, unix.EPERM):
		e.Hint = "the node needs CAP_NET_ADMIN: run it as root or give it that capability"
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV):
		e.Hint = "there is no /dev/net/tun: load the tun module (OpenWrt: install kmod-tun)"
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EEXIST):
		e.Hint = "another device has this name: set HOPWIRE_TUN to a free one, or stop what uses it"
	}
	return e
}

// OpenTUN makes the device, gives it the mesh address and the route for the whole
// mesh, and brings it up. Its errors are *TUNError.
func OpenTUN(name string, addr netip.Addr) (*TUN, error) {
	if _, err := net.InterfaceByName(name); err == nil {
		return nil, tunError(name, unix.EEXIST)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, tunError(name, err)
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		unix.Close(fd)
		return nil, tunError(name, err)
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := tunIoctl(fd, req); err != nil {
		unix.Close(fd)
		return nil, tunError(name, err)
	}
	t := &TUN{file: os.NewFile(uintptr(fd), "/dev/net/tun"), name: req.Name()}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		t.Close()
		return nil, tunError(name, err)
	}
	t.read = t.drain
	if err := t.configure(addr); err != nil {
		t.Close()
		return nil, tunError(name, err)
	}
	return t, nil
}

func tunIoctl(fd int, req *unix.Ifreq) error {
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(req)))
	if e != 0 {
		return e
	}
	return nil
}

// configure sets MTU, queue, address and route by netlink.
func (t *TUN) configure(addr netip.Addr) error {
	l, err := netlink.LinkByName(t.name)
	if err != nil {
		return err
	}
	os.WriteFile("/proc/sys/net/ipv6/conf/"+t.name+"/addr_gen_mode", []byte("1\n"), 0) // no link-local address: nobody would answer
	os.WriteFile("/proc/sys/net/ipv6/conf/"+t.name+"/accept_ra", []byte("0\n"), 0)
	ip := net.IP(addr.AsSlice())
	a := &netlink.Addr{IPNet: &net.IPNet{IP: ip, Mask: net.CIDRMask(128, 128)}, Flags: unix.IFA_F_NODAD}
	mesh := link.MeshPrefix()
	dst := &net.IPNet{IP: net.IP(mesh.Addr().AsSlice()), Mask: net.CIDRMask(mesh.Bits(), 128)}
	for _, step := range []func() error{
		func() error { return netlink.LinkSetMTU(l, MTU) },
		func() error { return netlink.LinkSetTxQLen(l, 100) },
		func() error { return netlink.LinkSetUp(l) },
		func() error { return netlink.AddrAdd(l, a) },
		func() error {
			return netlink.RouteReplace(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: dst, Src: ip, MTU: MTU})
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Name returns the device's name.
func (t *TUN) Name() string { return t.name }

// ReadBatch blocks for one IP packet and then takes those that are there, at most
// one into each of packets; their lengths go to sizes. It allocates nothing.
func (t *TUN) ReadBatch(packets [][]byte, sizes []int) (int, error) {
	t.packets, t.sizes, t.n, t.err = packets, sizes, 0, nil
	if err := t.raw.Read(t.read); err != nil {
		return 0, err
	}
	return t.n, t.err
}

// drain reads until nothing is left; false: wait.
func (t *TUN) drain(fd uintptr) bool {
	for t.n < len(t.packets) {
		n, err := unix.Read(int(fd), t.packets[t.n])
		if err == unix.EINTR {
			continue
		}
		if err == unix.EAGAIN {
			return t.n > 0
		}
		if err != nil {
			t.err = err
			return true
		}
		t.sizes[t.n] = n
		t.n++
	}
	return true
}

// Write hands one packet to the kernel; it allocates nothing.
func (t *TUN) Write(packet []byte) (int, error) { return t.file.Write(packet) }

// Close removes the device.
func (t *TUN) Close() error { return t.file.Close() }

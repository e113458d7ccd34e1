package ip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hopwire/link/identity"
)

// A TUN is the network device by which the kernel's IPv6 reaches the mesh; Close removes
// it.
//
// It has several queues, so that one flow does not wait behind what another has put
// there (McKenney 1990: stochastic fairness). The kernel puts a flow into the queue by
// which packets of its other direction last came, so those are what we spread.
// Somebody may delete the device, or flush its address: LookTUN sees that, and MendTUN
// gives back what it can.
//
// It is not safe for concurrent use, and nothing in it blocks.
type TUN struct {
	fds  []int // one a queue; nil: closed
	name string
	in   [vnetSize + 1<<16]byte
	head [maxHead]byte
	out  coalescer
}

// ErrTUNName is wrapped by a TUNError about a name that another device has.
var ErrTUNName = errors.New("the name is in use by another device")

// A TUNError says why there is no device; Hint what to do about it, maybe nothing.
type TUNError struct {
	_          [0]func() // not compared: saves the code
	Name, Hint string
	Err        error
}

func (e *TUNError) Error() string { return fmt.Sprintf("ip: TUN device %s: %v", e.Name, e.Err) }
func (e *TUNError) Unwrap() error { return e.Err }

const (
	hintCapability = "the node needs CAP_NET_ADMIN: run it as root or give it that capability"
	hintModule     = "there is no /dev/net/tun: load the tun module (OpenWrt: install kmod-tun)"
	hintTaken      = "set HOPWIRE_TUN to a free name, or stop what uses this one"
	hintName       = "a device name has 1 to 15 characters, none of them a slash, a colon, a percent sign or a space"
	hintIPv6       = "IPv6 is disabled here: see the sysctls net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6"
	hintFiles      = "raise the number of open files that a process may have (ulimit -n)"
	hintNetlink    = "the kernel refused by rtnetlink, which does not work under user-mode emulation of big-endian MIPS: use a real or a system-emulated machine"
)

const (
	// tunQueue is how many packets wait in each queue, for bursts of small ones while
	// another program has the core. A queue that stands is made shorter by ease.
	tunQueue  = 256
	tunQueues = 8

	// Of linux/if_link.h.
	inet6AddrGenMode = 8 // IFLA_INET6_ADDR_GEN_MODE
	addrGenModeNone  = 1 // IN6_ADDR_GEN_MODE_NONE
)

// The same error number means another thing at each step, so each has its own hints.
func openError(name string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		hint = hintCapability
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		hint = hintModule
	case errors.Is(err, unix.EMFILE):
		hint = hintFiles
	}
	return &TUNError{Name: name, Hint: hint, Err: fmt.Errorf("open /dev/net/tun: %w", err)}
}

func attachError(name string, err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return &TUNError{Name: name, Hint: hintCapability, Err: err}
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EEXIST):
		return &TUNError{Name: name, Hint: hintTaken, Err: fmt.Errorf("%w (%w)", ErrTUNName, err)}
	}
	return &TUNError{Name: name, Err: err}
}

func configureError(name string, err error) error {
	hint := hintNetlink
	switch {
	case errors.Is(err, unix.EPERM):
		hint = hintCapability
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EAFNOSUPPORT):
		hint = hintIPv6
	case errors.Is(err, unix.EMFILE):
		hint = hintFiles
	}
	return &TUNError{Name: name, Hint: hint, Err: err}
}

// validTUNName is the kernel's rule, without the patterns that it would fill in.
func validTUNName(name string) bool {
	return len(name) > 0 && len(name) < unix.IFNAMSIZ && name != "." && name != ".." && !strings.ContainsAny(name, "/:% \t\n\v\f\r\x00")
}

// OpenTUN makes the device, gives it the mesh address and the route for the whole
// mesh, and brings it up. Its errors are *TUNError.
func OpenTUN(name string, addr netip.Addr) (*TUN, error) {
	if !validTUNName(name) {
		return nil, &TUNError{Name: name, Hint: hintName, Err: errors.New("not a device name")}
	}
	t := &TUN{name: name}
	if err := t.open(unix.IFF_TUN_EXCL); err != nil { // never join a device that is there
		return nil, err
	}
	for len(t.fds) < tunQueues && t.open(0) == nil {
	}
	t.out.write = t.write
	t.offload()
	if err := t.configure(addr); err != nil {
		t.Close()
		return nil, configureError(name, err)
	}
	return t, nil
}

// open makes a queue of the device.
func (t *TUN) open(flags uint16) error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return openError(t.name, err)
	}
	req, err := unix.NewIfreq(t.name)
	if err == nil {
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR | unix.IFF_MULTI_QUEUE | flags)
		err = ioctl(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		unix.Close(fd)
		return attachError(t.name, err)
	}
	t.fds = append(t.fds, fd)
	return nil
}

func ioctl(fd int, op uintptr, req *unix.Ifreq) error {
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), op, uintptr(unsafe.Pointer(req)))
	if e != 0 {
		return e
	}
	return nil
}

// offload asks for segmentation by us, as much of it as the kernel has; without any,
// packets come one by one.
func (t *TUN) offload() {
	const plain = unix.TUN_F_CSUM | unix.TUN_F_TSO6
	const udp = unix.TUN_F_USO4 | unix.TUN_F_USO6 // only both together
	t.out.udp = unix.IoctlSetInt(t.fds[0], unix.TUNSETOFFLOAD, plain|udp) == nil
	if !t.out.udp {
		unix.IoctlSetInt(t.fds[0], unix.TUNSETOFFLOAD, plain)
	}
}

// configure sets MTU, queue and address by netlink and brings the device up. The
// address has the mesh's prefix length, by which the kernel makes the route for
// the whole mesh, and removes it with the device.
func (t *TUN) configure(addr netip.Addr) error {
	index, err := ifreq(t.name, unix.SIOCGIFINDEX)
	if err != nil {
		return err
	}
	// No link-local address: nobody would answer. Without one no router solicitation
	// leaves either. By netlink: a jail may have /proc/sys read-only. Old kernels
	// lack it, and a stray address does no harm.
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	spec.AddRtAttr(unix.AF_INET6, nil).AddRtAttr(inet6AddrGenMode, nl.Uint8Attr(addrGenModeNone))
	setLink(index, 0, spec)
	// No more segments in a piece than a turn may take: a neighbour of a program here
	// may ask for small ones.
	setLink(index, 0, nl.NewRtAttr(unix.IFLA_GSO_MAX_SEGS, nl.Uint32Attr(pieceMost)))
	err = setLink(index, unix.IFF_UP, nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(MTU)), nl.NewRtAttr(unix.IFLA_TXQLEN, nl.Uint32Attr(tunQueue)))
	if err != nil {
		return err
	}
	return setAddr(unix.RTM_NEWADDR, index, addr)
}

// ifreq asks the kernel for a number of a device, by name.
func ifreq(name string, op uintptr) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = ioctl(fd, op, req)
	if op == unix.SIOCGIFFLAGS {
		return int(req.Uint16()), err
	}
	return int(req.Uint32()), err
}

// These two do what netlink.LinkSetUp and netlink.AddrAdd do, for a device whose
// index is known: those look it up by name too, with the parsers of every kind of
// device behind them (100 kB of program).

// setLink sets flags and attributes of a device.
func setLink(index int, flags uint32, attrs ...*nl.RtAttr) error {
	r := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index, m.Flags, m.Change = int32(index), flags, flags
	r.AddData(m)
	for _, a := range attrs {
		r.AddData(a)
	}
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// setAddr gives a device a mesh address, or takes it away (RTM_NEWADDR, RTM_DELADDR), at
// once: it is derived from a key, so there is nothing that duplicate address detection
// could find.
func setAddr(op, index int, addr netip.Addr) error {
	flags := unix.NLM_F_ACK
	if op == unix.RTM_NEWADDR {
		flags |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	r := nl.NewNetlinkRequest(op, flags)
	m := nl.NewIfAddrmsg(unix.AF_INET6)
	m.Index, m.Prefixlen, m.IfAddrmsg.Flags = uint32(index), uint8(identity.MeshPrefix().Bits()), unix.IFA_F_NODAD
	r.AddData(m)
	r.AddData(nl.NewRtAttr(unix.IFA_LOCAL, addr.AsSlice()))
	r.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, addr.AsSlice()))
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// Name returns the device's name.
func (t *TUN) Name() string { return t.name }

// Descriptors can be polled for packets, one a queue.
func (t *TUN) Descriptors() []int { return t.fds }

// Receive passes on the packets of one read of a queue, in parts, which are valid
// during take: a head with all headers and the rest. False: there was nothing to read.
// It allocates nothing. After Close the error is net.ErrClosed; any other error means
// that the device is gone.
func (t *TUN) Receive(queue int, take func(head, rest []byte)) (bool, error) {
	if queue >= len(t.fds) {
		return false, net.ErrClosed
	}
	n, err := unix.Read(t.fds[queue], t.in[:])
	switch {
	case err == unix.EAGAIN:
		return false, nil
	case err == unix.EINTR, err == unix.ENOBUFS, err == unix.ENOMEM, err == nil && n < vnetSize:
		return true, nil // of this moment, or this packet
	case err != nil:
		return false, err
	}
	split(t.in[:vnetSize], t.in[vnetSize:n], &t.head, take)
	return true, nil
}

// Put takes a packet for the kernel, which gets it with Flush or before; it is copied.
func (t *TUN) Put(packet []byte) { t.out.Put(packet) }

// Flush hands everything over that was put.
func (t *TUN) Flush() { t.out.Flush() }

// write hands one piece to the kernel, by its flow's queue. What it does not take is
// lost, as in any queue.
func (t *TUN) write(b []byte) {
	if n := uint64(len(t.fds)); n > 0 {
		unix.Write(t.fds[FlowHash(b[vnetSize:], [16]byte{})%n], b)
	}
}

// Close removes the device.
func (t *TUN) Close() error {
	if t.fds == nil {
		return net.ErrClosed
	}
	for _, fd := range t.fds {
		unix.Close(fd)
	}
	t.fds = nil
	return nil
}

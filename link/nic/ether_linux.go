package nic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	//lint:ignore SA1019 asked for by the project; its one socket carries a few frames a second
	"github.com/mdlayher/raw"

	"hopwire/link"
)

// An Ether is a Port over an Ethernet-like interface. Frames go by AF_PACKET sockets
// of its own (one or more bound to the EtherType that receive, one bound to nothing
// that sends), in batches and without allocation; beacons, a few a second, go by
// mdlayher/raw, whose convenience costs nothing there.
type Ether struct {
	name   string
	index  int
	mac    [6]byte // whoever changes it has the port opened anew
	typ    uint16
	recv   []*batchSocket // receive queues
	send   *batchSocket
	beacon *raw.Conn
	closed atomic.Bool
	to     func(b *[nameSize]byte, a link.Addr) uint32 // receiver, made once
}

// A BridgeMemberError says that the interface is a port of a bridge, which hears
// nothing of our EtherType.
type BridgeMemberError struct {
	_            [0]func() // not compared: saves the code
	Name, Bridge string
}

func (e *BridgeMemberError) Error() string {
	return fmt.Sprintf("nic: %s is a port of the bridge %s and would hear nothing", e.Name, e.Bridge)
}

// ErrNoCapability means that raw sockets are not allowed.
var ErrNoCapability = errors.New("nic: raw sockets need CAP_NET_RAW")

// RawAllowed returns ErrNoCapability when raw sockets are not allowed, or what else
// is in their way.
func RawAllowed() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if denied(err) {
		return ErrNoCapability
	}
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// Buffers of the kernel at first: the receiving one holds a burst, the sending one
// little, or the queue would stand there and not in ours.
const (
	receiveBuffer = 128 << 10
	sendBuffer    = 64 << 10
)

// OpenEther opens the interface for an EtherType, with as many receive queues (1 to
// maxQueues), or one where the kernel does not steer frames. Where it has no recvmmsg
// or sendmmsg, the port is a slower one (see rawEther).
func OpenEther(name string, etherType uint16, queues int) (link.Port, error) {
	return openEther(name, etherType, queues, !mmsgThere())
}

func openEther(name string, etherType uint16, queues int, plain bool) (link.Port, error) {
	i, err := lookUp(name)
	if err != nil {
		return nil, err
	}
	if i.Bridge != "" {
		return nil, &BridgeMemberError{Name: name, Bridge: i.Bridge}
	}
	e := &Ether{name: name, index: i.Index, mac: i.MAC, typ: etherType}
	e.to = e.receiver
	if plain {
		return openRaw(e)
	}
	if err := e.open(queues); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func (e *Ether) open(queues int) (err error) {
	if err := e.openQueues(queues); err != nil {
		return err
	}
	if e.send, err = e.socket(0); err != nil {
		return err
	}
	e.beacon, err = e.listen(onlyBroadcast)
	return err
}

// listen opens a socket by mdlayher/raw, which looks at the interface's index alone.
func (e *Ether) listen(filter []bpf.RawInstruction) (*raw.Conn, error) {
	c, err := raw.ListenPacket(&net.Interface{Index: e.index, Name: e.name}, e.typ, nil)
	if denied(err) {
		return nil, ErrNoCapability
	}
	if err != nil {
		return nil, fmt.Errorf("nic: socket on %s: %w", e.name, err)
	}
	c.SetBPF(filter) // optional: what gets through is checked again
	return c, nil
}

// socket opens one AF_PACKET socket; protocol 0 receives nothing.
func (e *Ether) socket(protocol uint16) (*batchSocket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if denied(err) {
		return nil, ErrNoCapability
	}
	if err != nil {
		return nil, fmt.Errorf("nic: socket on %s: %w", e.name, err)
	}
	if protocol != 0 {
		// In place before the bind, so that nothing unwanted is ever queued.
		attach(fd, onlyHost)
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	} else {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(protocol), Ifindex: e.index}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("nic: bind to %s: %w", e.name, err)
	}
	return newBatchSocket(fd)
}

// bigEndian is a number whose bytes in memory are the network's.
func bigEndian(v uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(v >> 8), byte(v)})
}

// Packet types of the kernel (linux/if_packet.h).
const (
	packetHost      = 0
	packetBroadcast = 1
)

// Filters: what the sockets shall see, by the kernel's own packet type.
var (
	onlyHost      = packetType(packetHost)
	onlyBroadcast = packetType(packetBroadcast)
)

// packetType passes packets of type t whole. (bpf.Assemble would bring every kind
// of instruction along.)
func packetType(t uint32) []bpf.RawInstruction {
	const typeField = 0xfffff000 + 4 // SKF_AD_OFF + SKF_AD_PKTTYPE (linux/filter.h)
	return []bpf.RawInstruction{
		{Op: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: typeField},
		{Op: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: t, Jf: 1},
		{Op: unix.BPF_RET | unix.BPF_K, K: 1 << 16},
		{Op: unix.BPF_RET | unix.BPF_K, K: 0},
	}
}

// attach sets a filter; it is optional, and missing under emulation.
func attach(fd int, p []bpf.RawInstruction) { fprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, p) }

// fprog gives a socket option a program of the kernel's packet filter.
func fprog(fd, level, option int, p []bpf.RawInstruction) error {
	f := make([]unix.SockFilter, len(p))
	for i, r := range p {
		f[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return unix.SetsockoptSockFprog(fd, level, option, &unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]})
}

// Offsets in a sockaddr_ll.
const (
	offSLLProtocol = 2
	offSLLIndex    = 4
	offSLLType     = 10
	offSLLLength   = 11
	offSLLAddr     = 12
	sllSize        = 20
)

// sender reads a frame's source; broadcasts and our own are marked by no address.
func sender(b *[nameSize]byte) link.Addr {
	if b[offSLLType] != packetHost {
		return link.Addr{}
	}
	return link.MACAddr([6]byte(b[offSLLAddr:]))
}

// Read implements Port; with several receive queues it reads the first alone.
func (e *Ether) Read(frames []*link.Frame) (int, error) {
	return e.recv[0].readBatch(frames, sender)
}

// TryRead, Descriptors, Queued and the setters implement Pollable.
func (e *Ether) TryRead(queue int, frames []*link.Frame) (int, error) {
	if queue >= len(e.recv) {
		return 0, nil // meant for a port that was here before
	}
	return e.recv[queue].tryRead(frames, sender)
}

func (e *Ether) Descriptors() (read []int, write int) {
	for _, s := range e.recv {
		read = append(read, s.fd)
	}
	return read, e.send.fd
}

func (e *Ether) Queued() int             { return e.send.queued() }
func (e *Ether) SetSendBuffer(bytes int) { e.send.setBuffer(unix.SO_SNDBUF, bytes) }

func (e *Ether) SetReceiveBuffer(queue, bytes int) {
	if queue < len(e.recv) {
		e.recv[queue].setBuffer(unix.SO_RCVBUF, bytes)
	}
}

// Write implements Port.
func (e *Ether) Write(frames []*link.Frame) (int, error) {
	return e.send.writeBatch(frames, e.to)
}

// receiver writes a sockaddr_ll.
func (e *Ether) receiver(b *[nameSize]byte, a link.Addr) uint32 {
	mac, _ := a.MAC()
	binary.NativeEndian.PutUint16(b[:], unix.AF_PACKET)
	binary.BigEndian.PutUint16(b[offSLLProtocol:], e.typ)
	binary.NativeEndian.PutUint32(b[offSLLIndex:], uint32(e.index))
	b[offSLLLength] = 6
	copy(b[offSLLAddr:], mac[:])
	return sllSize
}

const etherHeader = 14

// ReadBroadcast implements Port.
func (e *Ether) ReadBroadcast(f *link.Frame) error {
	b := make([]byte, etherHeader+len(link.Buffer{}))
	for {
		n, _, err := e.beacon.ReadFrom(b)
		if err != nil {
			if errors.Is(err, unix.ENETDOWN) {
				continue
			}
			return e.ended(err)
		}
		if n < etherHeader || string(b[:6]) != "\xff\xff\xff\xff\xff\xff" {
			continue
		}
		f.Addr, f.Broadcast, f.N = link.MACAddr([6]byte(b[6:])), true, n-etherHeader
		copy(f.Room(), b[etherHeader:n])
		return nil
	}
}

// ended is the error of a socket that was closed, or else err.
func (e *Ether) ended(err error) error {
	if e.closed.Load() {
		return net.ErrClosed
	}
	return err
}

// WriteBroadcast implements Port.
func (e *Ether) WriteBroadcast(f *link.Frame) error {
	b := append([]byte("\xff\xff\xff\xff\xff\xff"), e.mac[:]...)
	b = binary.BigEndian.AppendUint16(b, e.typ)
	_, err := e.beacon.WriteTo(append(b, f.Bytes()...), &raw.Addr{HardwareAddr: net.HardwareAddr(b[:6])})
	return err
}

// Close implements Port.
func (e *Ether) Close() error {
	e.closed.Store(true)
	for _, s := range e.recv {
		s.Close()
	}
	if e.send != nil {
		e.send.Close()
	}
	if e.beacon != nil {
		e.beacon.Close()
	}
	return nil
}

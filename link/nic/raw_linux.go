package nic

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"golang.org/x/sys/unix"

	//lint:ignore SA1019 asked for by the project; here it is the way out where mmsg is missing
	"github.com/mdlayher/raw"

	"hopwire/link"
)

// A rawEther is a Port where the kernel has no recvmmsg or sendmmsg. It goes by
// mdlayher/raw: a system call for each frame, and some 22 allocations for one that is
// received and sent (counted). That library blocks until there is room to send, so a
// goroutine of the port does, and Write copies into a few buffers of its own. The port
// cannot be polled, and the kernel's queue keeps its size, since the library hides the
// descriptor.
type rawEther struct {
	e    *Ether // name and beacon side; it has no other sockets
	data *raw.Conn
	mine net.HardwareAddr
	in   []byte

	free, out chan []byte // buffers of frames with their Ethernet header
	done      chan struct{}
	writer    sync.WaitGroup
}

const rawBuffers = 32

// mmsgThere says whether the kernel has the calls that move batches.
func mmsgThere() bool {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return true // what is wrong will be said by who opens the port
	}
	defer unix.Close(fd)
	m := newMmsg()
	for _, trap := range []uintptr{unix.SYS_SENDMMSG, unix.SYS_RECVMMSG} {
		if _, err := m.call(trap, uintptr(fd), 0); err == unix.ENOSYS {
			return false
		}
	}
	return true
}

func openRaw(e *Ether) (link.Port, error) {
	r := &rawEther{e: e, mine: e.mac[:], in: make([]byte, etherHeader+len(link.Buffer{})),
		free: make(chan []byte, rawBuffers), out: make(chan []byte, rawBuffers), done: make(chan struct{})}
	var err error
	if r.data, err = e.listen(onlyHost); err != nil {
		return nil, err
	}
	if e.beacon, err = e.listen(onlyBroadcast); err != nil {
		r.data.Close()
		return nil, err
	}
	for range rawBuffers {
		r.free <- make([]byte, 0, etherHeader+link.FrameLong)
	}
	r.writer.Add(1)
	go r.write()
	return r, nil
}

// Read implements Port: one frame each time.
func (r *rawEther) Read(frames []*link.Frame) (int, error) {
	for {
		n, _, err := r.data.ReadFrom(r.in)
		if errors.Is(err, unix.ENETDOWN) {
			continue // it may come up again, or be removed
		}
		if err != nil {
			return 0, r.e.ended(err)
		}
		if n < etherHeader || !bytes.Equal(r.in[:6], r.mine) {
			continue
		}
		f := frames[0]
		f.Addr, f.Broadcast, f.N = link.MACAddr([6]byte(r.in[6:])), false, n-etherHeader
		copy(f.Room(), r.in[etherHeader:n])
		return 1, nil
	}
}

// Write implements Port.
func (r *rawEther) Write(frames []*link.Frame) (int, error) {
	for i, f := range frames {
		if r.e.closed.Load() {
			return i, net.ErrClosed
		}
		select {
		case b := <-r.free:
			mac, _ := f.Addr.MAC()
			b = append(append(b[:0], mac[:]...), r.mine...)
			b = binary.BigEndian.AppendUint16(b, r.e.typ)
			r.out <- append(b, f.Bytes()...) // as many places as buffers
		default:
			return i, link.ErrFull
		}
	}
	return len(frames), nil
}

// write sends what Write has left; what the interface does not take is lost.
func (r *rawEther) write() {
	defer r.writer.Done()
	for {
		select {
		case b := <-r.out:
			r.data.WriteTo(b, &raw.Addr{HardwareAddr: net.HardwareAddr(b[:6])})
			r.free <- b
		case <-r.done:
			return
		}
	}
}

// ReadBroadcast and WriteBroadcast implement Port.
func (r *rawEther) ReadBroadcast(f *link.Frame) error  { return r.e.ReadBroadcast(f) }
func (r *rawEther) WriteBroadcast(f *link.Frame) error { return r.e.WriteBroadcast(f) }

// Close implements Port.
func (r *rawEther) Close() error {
	if r.e.closed.Swap(true) {
		return nil
	}
	close(r.done)
	r.data.Close()
	r.e.beacon.Close()
	r.writer.Wait()
	return nil
}

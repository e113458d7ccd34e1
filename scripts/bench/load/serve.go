package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A server swallows and echoes. What it has swallowed is asked for over the control
// socket, one line a question: "sunk" (bytes by TCP) or "run N" (UDP packets of that
// run), answered by a number.
type server struct {
	sunk atomic.Int64
	mu   sync.Mutex
	runs map[uint32]int
}

// The first byte of a TCP stream says what is to be done with the rest.
const (
	modeSink = 's'
	modeEcho = 'e'
)

// serve runs until killed: TCP and UDP on the port of o.to.
func serve(o *options) error {
	s := &server{runs: map[uint32]int{}}
	udp, err := net.ListenPacket("udp", o.to)
	if err != nil {
		return err
	}
	fd, err := descriptor(udp.(*net.UDPConn))
	if err != nil {
		return err
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20) // the sink is not what is measured
	tcp, err := net.Listen("tcp", o.to)
	if err != nil {
		return err
	}
	os.Remove(o.control)
	control, err := net.Listen("unix", o.control)
	if err != nil {
		return err
	}
	go s.count(fd)
	go accept(control, s.answer)
	return accept(tcp, s.stream)
}

func accept(l net.Listener, do func(c net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go do(c)
	}
}

// descriptor takes a socket out of Go's hands and makes it block.
func descriptor(c *net.UDPConn) (int, error) {
	f, err := c.File()
	if err != nil {
		return 0, err
	}
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		return 0, err
	}
	return fd, unix.SetNonblock(fd, false)
}

// count notes packets by run: the first four bytes.
func (s *server) count(fd int) {
	runtime.LockOSThread()
	b := newBatch()
	for {
		n, err := b.receive(fd)
		if err != nil {
			fail(fmt.Errorf("serve: %w", err))
		}
		s.mu.Lock()
		for i := range n {
			s.runs[binary.LittleEndian.Uint32(b.data[i][:])]++
		}
		s.mu.Unlock()
	}
}

func (s *server) stream(c net.Conn) {
	defer c.Close()
	b := make([]byte, 128<<10)
	if _, err := io.ReadFull(c, b[:1]); err != nil {
		return
	}
	for echo := b[0] == modeEcho; ; {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		s.sunk.Add(int64(n))
		if echo {
			c.Write(b[:n])
		}
	}
}

func (s *server) answer(c net.Conn) {
	defer c.Close()
	for r := bufio.NewScanner(c); r.Scan(); {
		var run uint32
		if n, _ := fmt.Sscanf(r.Text(), "run %d", &run); n == 1 {
			s.mu.Lock()
			fmt.Fprintln(c, s.runs[run])
			s.mu.Unlock()
		} else {
			fmt.Fprintln(c, s.sunk.Load())
		}
	}
}

// A question is asked of a server over its control socket.
func (o *options) ask(format string, args ...any) (n int64, err error) {
	c, err := net.Dial("unix", o.control)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	fmt.Fprintf(c, format+"\n", args...)
	_, err = fmt.Fscan(c, &n)
	return n, err
}

package nic

import (
	"bytes"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"hopwire/link"
)

// withoutMmsg takes recvmmsg and sendmmsg away from the thread of the test, as an old
// or cut-down kernel does. The thread is locked, and ends with the test.
func withoutMmsg(t *testing.T) {
	t.Helper()
	statement := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	equal := func(nr uint32, jump uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jt: jump}
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		equal(unix.SYS_RECVMMSG, 2),
		equal(unix.SYS_SENDMMSG, 1),
		statement(0x7fff0000),                       // SECCOMP_RET_ALLOW
		statement(0x00050000 | uint32(unix.ENOSYS)), // SECCOMP_RET_ERRNO
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, 2, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(filter)
}

// rawPair is a fallback port and an ordinary one, on one cable.
func rawPair(t *testing.T) (plain *rawEther, fast link.Port, macs [2][6]byte) {
	lab(t)
	mountSys(t)
	fast, err := OpenEther("right", testType, 1)
	if err != nil {
		t.Fatal(err)
	}
	withoutMmsg(t)
	p, err := OpenEther("left", testType, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain, ok := p.(*rawEther)
	if !ok {
		t.Fatalf("without mmsg the port is a %T", p)
	}
	for i, name := range []string{"left", "right"} {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			t.Fatal(err)
		}
		copy(macs[i][:], ifi.HardwareAddr)
	}
	t.Cleanup(func() { plain.Close(); fast.Close() })
	return plain, fast, macs
}

// elsewhere runs f on a thread that has the calls, and waits.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
}

// TestRawRoundTrip: both ways between the fallback and an ordinary port, both lengths.
func TestRawRoundTrip(t *testing.T) {
	plain, fast, macs := rawPair(t)
	for _, size := range []int{link.FrameShort, link.FrameLong} {
		for back := range 2 {
			from, to := link.Port(plain), fast
			if back == 1 {
				from, to = to, from
			}
			elsewhere(func() {
				out, in := frames(20), frames(32)
				for i, f := range out {
					f.N, f.Addr = size, link.MACAddr(macs[1-back])
					f.Bytes()[0], f.Bytes()[size-1] = byte(i), byte(size)
				}
				if n, err := from.Write(out); n != 20 || err != nil {
					t.Errorf("wrote %d, %v", n, err)
					return
				}
				for got := 0; got < 20; {
					n, err := to.Read(in)
					if err != nil {
						t.Error(err)
						return
					}
					for _, f := range in[:n] {
						if f.N != size || f.Addr != link.MACAddr(macs[back]) || f.Broadcast || !bytes.Equal(f.Bytes(), out[got].Bytes()) {
							t.Errorf("frame %d: %d bytes from %v, want %v; first byte %d", got, f.N, f.Addr, link.MACAddr(macs[back]), f.Bytes()[0])
						}
						got++
					}
				}
			})
		}
	}
}

// TestRawBroadcast: beacons pass both ways, and are not taken for unicast frames.
func TestRawBroadcast(t *testing.T) {
	plain, fast, macs := rawPair(t)
	for back, ports := range [2][2]link.Port{{plain, fast}, {fast, plain}} {
		f, g := new(link.Frame), new(link.Frame)
		f.N = link.FrameShort
		f.Bytes()[5] = byte(42 + back)
		if err := ports[0].WriteBroadcast(f); err != nil {
			t.Fatal(err)
		}
		if err := ports[1].ReadBroadcast(g); err != nil || !g.Broadcast || g.N != link.FrameShort || g.Bytes()[5] != byte(42+back) || g.Addr != link.MACAddr(macs[back]) {
			t.Fatalf("%v %+v", err, g.Addr)
		}
	}
	elsewhere(func() {
		f := frames(1)
		f[0].N, f[0].Addr = link.FrameShort, link.MACAddr(macs[0])
		fast.Write(f)
		in := frames(4)
		if n, err := plain.Read(in); n != 1 || err != nil || in[0].Broadcast {
			t.Errorf("read %d, %v, broadcast %v", n, err, in[0].Broadcast)
		}
	})
}

// TestRawOversize: what is longer than a frame is told apart.
func TestRawOversize(t *testing.T) {
	plain, _, macs := rawPair(t)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	ifi, _ := net.InterfaceByName("right")
	to := &unix.SockaddrLinklayer{Protocol: bigEndian(testType), Ifindex: ifi.Index, Halen: 6}
	copy(to.Addr[:], macs[0][:])
	if err := unix.Sendto(fd, make([]byte, 1500), 0, to); err != nil {
		t.Fatal(err)
	}
	in := frames(1)
	if n, err := plain.Read(in); n != 1 || err != nil || in[0].N <= link.FrameLong {
		t.Errorf("read %d, %v: %d bytes", n, err, in[0].N)
	}
}

// TestRawFull: frames that find no room are the caller's, and those that had some all
// leave; Close wakes who reads.
func TestRawFull(t *testing.T) {
	plain, _, macs := rawPair(t)
	out := frames(10 * rawBuffers)
	for _, f := range out {
		f.N, f.Addr = link.FrameShort, link.MACAddr(macs[1])
	}
	sent, full := 0, 0
	for begun := time.Now(); sent < len(out); runtime.Gosched() {
		n, err := plain.Write(out[sent:])
		if sent += n; err != nil && !errors.Is(err, link.ErrFull) || err == nil && sent < len(out) {
			t.Fatalf("%d sent, %v", sent, err)
		}
		if errors.Is(err, link.ErrFull) {
			full++
		}
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("%d of %d sent", sent, len(out))
		}
	}
	if full == 0 {
		t.Error("it was never full")
	}
	closeWakes(t, plain)
	if _, err := plain.Write(out[:1]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestRawAllocs says what the fallback costs: the bound is what the document states.
func TestRawAllocs(t *testing.T) {
	plain, _, macs := rawPair(t)
	other, err := openEther("right", testType+1, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	back, err := openEther("left", testType+1, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	plain.Close()
	out, in := frames(1), frames(1)
	out[0].N, out[0].Addr = link.FrameLong, link.MACAddr(macs[1])
	n := testing.AllocsPerRun(2000, func() {
		if k, err := back.Write(out); k != 1 || err != nil {
			t.Fatal(k, err)
		}
		if _, err := other.Read(in); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%.1f allocations for a frame that is sent and received", n)
	if n > 24 {
		t.Errorf("%v allocations a frame", n)
	}
}

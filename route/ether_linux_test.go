//go:build !race

package route_test

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/hop/node"
	"hopwire/hop/onion"
	"hopwire/hop/run"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/nic"
	"hopwire/route"
	"hopwire/route/announce"
)

// relayVariable makes this test binary a relay; withoutMmsg one on a kernel that has
// no recvmmsg and sendmmsg.
const (
	relayVariable = "HOPWIRETEST_RELAY"
	withoutMmsg   = "without mmsg"
)

func TestMain(m *testing.M) {
	if how := os.Getenv(relayVariable); how != "" {
		if how == withoutMmsg {
			takeMmsg()
		}
		relayProcess("r0", "r1")
		return
	}
	os.Exit(m.Run())
}

// takeMmsg has the kernel answer ENOSYS to both calls, in all threads of the process.
func takeMmsg() {
	const allow, fail = 0x7fff0000, 0x00050000
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_RECVMMSG, Jt: 2},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SENDMMSG, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: allow}, {Code: unix.BPF_RET | unix.BPF_K, K: fail | uint32(unix.ENOSYS)}}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	const setFilter, allThreads = 1, 1
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, setFilter, allThreads, uintptr(unsafe.Pointer(&program))); e != 0 {
		fmt.Println("seccomp:", e)
		os.Exit(1)
	}
	runtime.UnlockOSThread()
}

// etherNode starts a whole node on interfaces of this network namespace.
func etherNode(deliver func([]byte), interfaces ...string) (*run.Runner, error) {
	id, err := identity.NewIdentity(rand.Reader)
	if err != nil {
		return nil, err
	}
	key := identity.NetworkKey{7}
	runner, err := run.New(640)
	if err != nil {
		return nil, err
	}
	var n *node.Node
	jitter := mrand.New(mrand.NewPCG(1, mrand.Uint64()))
	n = node.New(time.Now(), node.Config{Deliver: deliver, Links: link.Config{Identity: id, NetworkKeys: []identity.NetworkKey{key},
		Beacon: true, Rand: rand.Reader, Jitter: jitter, Env: runner}}, func(o *onion.Keys) node.Map {
		return route.New(route.Config{Identity: id, Env: runner, Jitter: jitter, Onion: o.Public, Flags: announce.FlagRelay,
			Load: func() (int, int) { return n.Circuits.Load() }})
	})
	runner.Start(n)
	for _, name := range interfaces {
		port, err := nic.OpenEther(name, key.EtherType(), runner.Lanes())
		if err != nil {
			return nil, err
		}
		info := link.PortInfo{Name: name, Broadcast: true}
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			return nil, err
		}
		copy(info.MAC[:], ifi.HardwareAddr)
		runner.AddPort(port, info)
	}
	return runner, nil
}

// relayProcess relays until its input ends. For each byte of it, it prints how
// many objects it has allocated and how many frames it has relayed.
func relayProcess(interfaces ...string) {
	debug.SetGCPercent(25) // as the daemon
	runner, err := etherNode(nil, interfaces...)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	in, out := make([]byte, 1), make([]byte, 0, 64)
	var relayed uint64
	count := func(time.Time) {
		n := runner.Node().Circuits.N
		relayed = n.Relayed + n.RelayedBack
	}
	var m runtime.MemStats
	for {
		if _, err := os.Stdin.Read(in); err != nil {
			return
		}
		runtime.ReadMemStats(&m)
		runner.Turn(count)
		out = append(strconv.AppendUint(out[:0], m.Mallocs, 10), ' ')
		os.Stdout.Write(append(strconv.AppendUint(out, relayed, 10), '\n'))
	}
}

// A relayer is the other process as the test sees it.
type relayer struct {
	in  *os.File
	out *bufio.Reader
}

func startRelay(t *testing.T, how string) *relayer {
	t.Helper()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), relayVariable+"="+how)
	c.Stderr = os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin = r
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close(); c.Wait() })
	return &relayer{w, bufio.NewReader(out)}
}

func (r *relayer) ask(t *testing.T) (mallocs, relayed int) {
	t.Helper()
	r.in.Write([]byte{'?'})
	line, err := r.out.ReadString('\n')
	if n, _ := fmt.Sscan(line, &mallocs, &relayed); n != 2 {
		t.Fatalf("the relay says %q, %v", line, err)
	}
	return mallocs, relayed
}

// cables moves the test's thread (never unlocked: it ends with its namespaces)
// into a network namespace with the cables a0-r0 and r1-b0, and a /sys that shows it.
func cables(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root")
		}
		t.Skip("needs root")
	}
	runtime.LockOSThread()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS))
	unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	must(unix.Mount("sysfs", "/sys", "sysfs", 0, ""))
	for _, ends := range [][2]string{{"a0", "r0"}, {"r1", "b0"}} {
		must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: ends[0], MTU: 1500}, PeerName: ends[1]}))
		for _, name := range ends {
			l, err := netlink.LinkByName(name)
			must(err)
			must(netlink.LinkSetUp(l))
		}
	}
	for _, name := range []string{"a0", "r0", "r1", "b0"} {
		until(t, name+" has a carrier", func() bool {
			l, err := netlink.LinkByName(name)
			return err == nil && l.Attrs().OperState == netlink.OperUp
		})
	}
}

func newEnd(t *testing.T, name string) *end {
	t.Helper()
	e := &end{}
	r, err := etherNode(func([]byte) { e.got.Add(1) }, name)
	if err != nil {
		t.Fatal(err)
	}
	e.Runner = r
	t.Cleanup(r.Close)
	return e
}

// packet is an IPv6 packet of n bytes without a next header.
func packet(from, to *node.Node, n int) []byte {
	src, dst := from.IP().As16(), to.IP().As16()
	b := make([]byte, n)
	b[0], b[6], b[7] = 6<<4, 59, 64
	binary.BigEndian.PutUint16(b[4:], uint16(n-40))
	copy(b[8:], src[:])
	copy(b[24:], dst[:])
	return b
}

// send sends n packets to the other end in one turn.
func (e *end) send(n int) {
	e.Turn(func(now time.Time) {
		for range n {
			e.Node().Packet(now, e.pack, nil)
		}
	})
	e.sent += int64(n)
}

// TestEtherRelayAllocatesNothing: a relay in a process of its own passes 100,000
// frames of a circuit on between two neighbours, both ways and in both lengths,
// over real interfaces. What it allocates meanwhile is its control plane's: hellos
// and their answers, a few a second, and the runtime's own.
func TestEtherRelayAllocatesNothing(t *testing.T) {
	cables(t)
	relay := startRelay(t, "1")
	a, b := newEnd(t, "a0"), newEnd(t, "b0")
	until(t, "a reaches b", func() bool { return a.pings(b.Node().Key()) })
	a.pack, b.pack = packet(a.Node(), b.Node(), 1300), packet(b.Node(), a.Node(), 230)
	turn := func() {
		a.send(16)
		b.send(1)
		for begun := time.Now(); (b.got.Load() < a.sent || a.got.Load() < b.sent) && time.Since(begun) < 100*time.Millisecond; {
			runtime.Gosched()
		}
		lost := a.sent - b.got.Load() + b.sent - a.got.Load()
		if a.sent, b.sent = b.got.Load(), a.got.Load(); lost > 0 {
			t.Log(lost, "packets lost")
		}
	}
	for range 100 { // what grows once has grown then
		turn()
	}
	mallocs, relayed := relay.ask(t)
	begun, after, now := time.Now(), 0, 0
	for now-relayed < 100_000 {
		for range 500 {
			turn()
		}
		if after, now = relay.ask(t); time.Since(begun) > 60*time.Second {
			t.Fatal(now-relayed, "frames in a minute")
		}
	}
	took := time.Since(begun)
	t.Logf("%d allocations, %d frames, %v", after-mallocs, now-relayed, took)
	// An idle relay allocates 3 to 45 objects a second in its first ten.
	if most := 100 + int(50*took.Seconds()); after-mallocs > most {
		t.Errorf("%d allocations while relaying %d frames in %v, want at most %d", after-mallocs, now-relayed, took, most)
	}
}

// TestEtherRelayWithoutMmsg: a relay on a kernel that cannot move batches relays all
// the same, by the fallback, which is known by what it allocates for each frame.
func TestEtherRelayWithoutMmsg(t *testing.T) {
	cables(t)
	relay := startRelay(t, withoutMmsg)
	a, b := newEnd(t, "a0"), newEnd(t, "b0")
	until(t, "a reaches b", func() bool { return a.pings(b.Node().Key()) })
	a.pack, b.pack = packet(a.Node(), b.Node(), 1300), packet(b.Node(), a.Node(), 230)
	mallocs, relayed := relay.ask(t)
	for range 200 {
		a.send(4)
		b.send(1)
		for begun := time.Now(); (b.got.Load() < a.sent || a.got.Load() < b.sent) && time.Since(begun) < 100*time.Millisecond; {
			runtime.Gosched()
		}
	}
	until(t, "most packets are there", func() bool { return b.got.Load() >= 750 && a.got.Load() >= 180 })
	after, now := relay.ask(t)
	each := float64(after-mallocs) / float64(now-relayed)
	t.Logf("%d and %d of 800 and 200 packets arrived; %.1f allocations a frame", b.got.Load(), a.got.Load(), each)
	if now-relayed < 900 || each < 5 || each > 40 {
		t.Errorf("%d frames relayed, %.1f allocations each", now-relayed, each)
	}
}

// Command capture looks at every frame on one interface as an outsider would and
// says, per class, whether anything about it can be told from random bytes:
// lengths, the distribution at each byte position, and strings that come twice.
//
// An outsider cannot tell the classes apart. They are told here by what the person
// at the keyboard knows: broadcasts are beacons, the first long frame each way
// between two addresses is a handshake, what follows while nobody has sent any
// traffic is control, and after SIGUSR1 (traffic begins) it is data, with a little
// control in between. SIGTERM or SIGINT ends it with a report; exit status 1 when
// a class fails.
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/signal"
	"sort"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	header = 14
	most   = 1500
	words  = 4000 // frames of a class whose 8-byte strings are compared
)

// A class is what is known of one kind of frames.
type class struct {
	name    string
	frames  int
	lengths map[int]int
	counts  [][256]uint32 // by byte position behind the MAC header
	seen    map[uint64]struct{}
	repeats int
}

func newClass(name string) *class {
	return &class{name: name, lengths: map[int]int{}, counts: make([][256]uint32, most), seen: map[uint64]struct{}{}}
}

func (c *class) add(b []byte) {
	c.frames++
	c.lengths[len(b)]++
	for i, v := range b[:min(len(b), most)] {
		c.counts[i][v]++
	}
	if c.frames > words {
		return
	}
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if _, ok := c.seen[w]; ok {
			c.repeats++
		}
		c.seen[w] = struct{}{}
	}
}

// A sorter tells the classes.
type sorter struct {
	classes map[string]*class
	greeted map[[12]byte]bool
	traffic atomic.Bool
}

func newSorter() *sorter {
	s := &sorter{classes: map[string]*class{}, greeted: map[[12]byte]bool{}}
	for _, n := range []string{"beacon", "handshake", "control", "data"} {
		s.classes[n] = newClass(n)
	}
	return s
}

func (s *sorter) add(frame []byte) {
	if len(frame) < header {
		return
	}
	name := "control"
	if s.traffic.Load() {
		name = "data"
	}
	pair := [12]byte(frame)
	switch {
	case string(frame[:6]) == "\xff\xff\xff\xff\xff\xff":
		name = "beacon"
	case !s.greeted[pair] && len(frame) > 1000:
		name, s.greeted[pair] = "handshake", true
	}
	s.classes[name].add(frame[header:])
}

// chi returns the probability of a count as uneven as this one, or more, if every
// value is as likely (Wilson and Hilferty 1931), for the given bins.
func chi(counts []uint32) float64 {
	var n, x float64
	for _, c := range counts {
		n += float64(c)
	}
	want := n / float64(len(counts))
	for _, c := range counts {
		d := float64(c) - want
		x += d * d / want
	}
	k := float64(len(counts) - 1)
	z := (math.Cbrt(x/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
	return math.Erfc(z/math.Sqrt2) / 2
}

// worst is the least probability over all positions, with as many bins as the
// number of frames allows (256, 16 or 2 values of the byte), times the number of
// tests: the chance that any of them is as bad in random data.
func (c *class) worst() (p float64, position, tests int) {
	p = 1
	for i := range c.counts {
		var n uint32
		for _, v := range c.counts[i] {
			n += v
		}
		for _, bins := range split(c.counts[i][:], n) {
			tests++
			if q := chi(bins); q < p {
				p, position = q, i
			}
		}
	}
	return min(1, p*float64(max(tests, 1))), position, tests
}

// split folds the counts of one position into what can be tested.
func split(counts []uint32, n uint32) (all [][]uint32) {
	fold := func(size int, value func(b int) int) {
		bins := make([]uint32, size)
		for b, v := range counts {
			bins[value(b)] += v
		}
		all = append(all, bins)
	}
	switch {
	case n >= 5*256:
		return [][]uint32{counts}
	case n >= 10*16:
		fold(16, func(b int) int { return b >> 4 })
		fold(16, func(b int) int { return b & 15 })
	case n >= 16:
		for bit := range 8 {
			fold(2, func(b int) int { return b >> bit & 1 })
		}
	}
	return all
}

// pooled tests all bytes of the class together.
func (c *class) pooled() float64 {
	var sum [256]uint32
	for i := range c.counts {
		for v, n := range c.counts[i] {
			sum[v] += n
		}
	}
	return chi(sum[:])
}

// report prints the table; false: a class can be told from random bytes.
func (s *sorter) report() bool {
	fmt.Println("class      frames  lengths (payload)      per position          pooled   repeats  verdict")
	ok := true
	for _, name := range []string{"beacon", "handshake", "control", "data"} {
		c := s.classes[name]
		if c.frames == 0 {
			fmt.Printf("%-9s %7d\n", name, 0)
			continue
		}
		p, at, tests := c.worst()
		pool := c.pooled()
		verdict := "random"
		if p < 1e-4 || pool < 1e-6 || c.repeats > 0 || len(c.lengths) > 2 {
			verdict, ok = "NOT random", false
		}
		per := fmt.Sprintf("p=%.2g at %d", p, at)
		if tests == 0 {
			per = "too few frames"
		}
		fmt.Printf("%-9s %7d  %-21s  %-20s  p=%-6.2g  %6d  %s\n", name, c.frames, lengths(c.lengths), per, pool, c.repeats, verdict)
	}
	return ok
}

func lengths(m map[int]int) (s string) {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	sort.Ints(keys)
	for _, k := range keys {
		s += fmt.Sprintf("%d:%d ", k, m[k])
	}
	return s
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: capture INTERFACE")
		os.Exit(2)
	}
	fd, err := listen(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "capture: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	s := newSorter()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGUSR1, unix.SIGTERM, unix.SIGINT)
	var done atomic.Bool
	go func() {
		for sig := range signals {
			if sig == unix.SIGUSR1 {
				s.traffic.Store(true)
				continue
			}
			done.Store(true)
		}
	}()
	b := make([]byte, 65536)
	for !done.Load() {
		if n, err := unix.Read(fd, b); err == nil {
			s.add(b[:n])
		}
	}
	if !s.report() {
		os.Exit(1)
	}
}

// listen opens a socket that sees everything on an interface, and looks up now
// and then.
func listen(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(htons(unix.ETH_P_ALL)))
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile("/sys/class/net/" + name + "/ifindex")
	if err != nil {
		return 0, err
	}
	index := 0
	fmt.Sscan(string(text), &index)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20)
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: index})
}

// htons is for little-endian machines, where the lab runs.
func htons(v uint16) uint16 { return v<<8 | v>>8 }

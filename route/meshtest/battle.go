package meshtest

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

// A Battle is honest nodes around a victim that relays for them, while foes do what
// they like: node 0 is the victim, and each other node has a cable to it and to nobody
// else. What the others get of it is measured before, during and after.
type Battle struct {
	*Mesh
	t     testing.TB
	pairs [][2]int // ping each other all the time
	fresh [][2]int // have not talked yet
}

// Span says how long the phases last and how many honest nodes there are.
type Span struct {
	Quiet, Attack time.Duration
	Leaves        int // at least 6
}

// ShortSpan is for 'make test'; 'make attack' (ATTACK=full) takes ten times as long.
func ShortSpan() Span {
	if os.Getenv("ATTACK") == "full" {
		return Span{20 * time.Second, 100 * time.Second, 14}
	}
	return Span{3 * time.Second, 10 * time.Second, 8}
}

// NewBattle builds the mesh and waits until everybody knows everybody.
func NewBattle(t testing.TB, o Options, leaves int) *Battle {
	b := &Battle{Mesh: New(o), t: t}
	for i := range leaves + 1 {
		b.Add()
		if i > 0 {
			b.Connect(0, i)
		}
	}
	b.BootAll()
	b.Run(15 * time.Second)
	b.pairs = [][2]int{{1, 2}, {3, 4}}
	for i := 5; i <= leaves; i++ {
		for j := 1; j < i; j++ {
			b.fresh = append(b.fresh, [2]int{i, j})
		}
	}
	b.Rand.Shuffle(len(b.fresh), func(i, j int) { b.fresh[i], b.fresh[j] = b.fresh[j], b.fresh[i] })
	return b
}

// A Phase is what honest nodes got in one part of a battle.
type Phase struct {
	Sent, Lost   int
	P50, P99     time.Duration
	First, Found int           // first pings of pairs that had not talked: begun, answered within 2 s
	Slowest      time.Duration // of them
	LinksLost    uint64        // honest links that went down
	Heap         uint64        // bytes of the whole mesh at the end
}

// Loss is the share of pings without an answer within a second.
func (p Phase) Loss() float64 { return float64(p.Lost) / float64(max(1, p.Sent)) }

// Measure pings for a while: established pairs every 20 ms, and a pair that has not
// talked yet every second.
func (b *Battle) Measure(d time.Duration) (p Phase) {
	var rtts []time.Duration
	down := b.linksLost()
	note := func(rtt time.Duration, ok bool) {
		if ok && rtt <= time.Second {
			rtts = append(rtts, rtt)
		}
	}
	for at := time.Duration(0); at < d; at += 20 * time.Millisecond {
		for _, pair := range b.pairs {
			p.Sent++
			b.After(at, func() { b.Ping(pair[0], pair[1], note) })
		}
	}
	for at := time.Duration(0); at < d && len(b.fresh) > 0; at += time.Second {
		pair := b.fresh[0]
		b.fresh = b.fresh[1:]
		p.First++
		b.After(at, func() {
			b.Ping(pair[0], pair[1], func(rtt time.Duration, ok bool) {
				if ok && rtt <= 2*time.Second {
					p.Found++
					p.Slowest = max(p.Slowest, rtt)
				}
			})
		})
	}
	b.Run(d + 2*time.Second)
	slices.Sort(rtts)
	p.Lost = p.Sent - len(rtts)
	if n := len(rtts); n > 0 {
		p.P50, p.P99 = rtts[n/2], rtts[n*99/100]
	}
	p.LinksLost = b.linksLost() - down
	p.Heap = heap()
	return p
}

// heap is what the process holds after a collection: all nodes, the foes too.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (b *Battle) linksLost() (n uint64) {
	for _, m := range b.Nodes[1:] {
		n += m.Links.N.LinksLost
	}
	return n
}

// Fight measures, has the attack begin (it schedules what it does; stop ends it),
// measures, waits two seconds and measures again. It reports what breaks the promise:
// others' loss at most 1 %, p99 at most slack more than before (0: 5 ms), every first
// ping answered, no honest link down, and all of it as before two seconds after.
func (b *Battle) Fight(name string, s Span, slack time.Duration, attack func() (stop func())) (before, during, after Phase) {
	b.t.Helper()
	b.Measure(time.Second) // sessions open
	before = b.Measure(s.Quiet)
	stop := attack()
	during = b.Measure(s.Attack)
	stop()
	b.Run(2 * time.Second)
	after = b.Measure(s.Quiet)
	if slack == 0 {
		slack = 5 * time.Millisecond
	}
	fmt.Printf("attack: | %s | %s | %s | %s |\n", name, before, during, after)
	for when, p := range map[string]Phase{"during": during, "after": after} {
		if p.Loss() > 0.01 || p.P99 > before.P99+slack || p.Found < p.First || p.LinksLost > 0 {
			b.t.Errorf("%s: %s the attack: %s; before: %s", name, when, p, before)
		}
	}
	return before, during, after
}

// String is a cell of the table that 'make attack' prints.
func (p Phase) String() string {
	return fmt.Sprintf("p50 %.1f p99 %.1f ms, lost %.1f %%, first %d/%d, down %d, heap %.1f MB",
		float64(p.P50)/1e6, float64(p.P99)/1e6, 100*p.Loss(), p.Found, p.First, p.LinksLost, float64(p.Heap)/1e6)
}

// Every has do called at gaps until the returned function is called.
func (b *Battle) Every(gap time.Duration, do func()) (stop func()) {
	on := true
	var next func()
	next = func() {
		if on {
			do()
			b.After(gap, next)
		}
	}
	next()
	return func() { on = false }
}

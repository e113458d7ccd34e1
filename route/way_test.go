package route

import (
	"slices"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/link/wiretest"
	"hopwire/route/announce"
)

// A net is ways in a map of which all announcements are known: a server, and chains of
// relays from it to neighbours of ours, each on a port of its own.
type net struct {
	*Map
	t      *testing.T
	now    time.Time
	server identity.ShortID
	chains [][]identity.ShortID // the neighbour last
}

// newNet has a chain of each length, from the server to a neighbour.
func newNet(t *testing.T, lengths ...int) *net {
	m, _ := newTestMap(t, 0)
	x := &net{Map: m, t: t, now: testNow}
	id := byte(1)
	server := someone(t, id)
	x.server = server.Key().Short()
	stated := []announce.Statement{}
	for i, n := range lengths {
		chain, before := []identity.ShortID{x.server}, x.server
		var last func(next identity.ShortID)
		for range n - 1 {
			id++
			o, b := someone(t, id), before
			short := o.Key().Short()
			if last != nil {
				last(short)
			} else {
				stated = append(stated, announce.Statement{ID: short, RTT: time.Millisecond})
			}
			last = func(next identity.ShortID) {
				store(t, m, identity.ShortID{}, o, 1, announce.Statement{ID: b, RTT: time.Millisecond}, announce.Statement{ID: next, RTT: time.Millisecond})
			}
			chain, before = append(chain, short), short
		}
		if last != nil {
			last(m.short)
		}
		x.chains = append(x.chains, chain)
		m.enter(m.port(i), before).flying = sendWindow
	}
	a := sample(server)
	a.Flags |= announce.FlagServer
	a.Links = announce.Sort(stated)
	m.install(&near{port: &port{}, repute: &repute{}, queued: m.marks(), newer: m.marks()}, said(a.Signed(server), testNow))
	return x
}

// tell has a neighbour tell its way.
func (x *net) tell(i int) {
	b := []byte{7, 0, 0, 0}
	for _, id := range x.chains[i] {
		b = append(b, id[:]...)
	}
	x.takeWay(x.now, x.near[i], b)
	x.settle()
}

func (x *net) lose(i int) {
	x.takeNoWay(x.now, x.near[i], x.server[:])
	x.settle()
}

func (x *net) wait(d time.Duration) {
	x.now = x.now.Add(d)
	x.settle()
}

func (x *net) settle() {
	for i := 0; i == 0 || x.ways.stale; i++ {
		x.advanceWays(x.now)
		if i > 10 {
			x.t.Fatal("it does not settle")
		}
	}
}

// holds says by which neighbour the server is reached, and which way others are told; −1:
// none.
func (x *net) holds() (held, out int) {
	by := func(w *way) int {
		return slices.IndexFunc(x.near, func(n *near) bool { return w != nil && w.from == n })
	}
	s := x.slotOf(x.server)
	if s == nil {
		return -1, -1
	}
	return by(s.held), by(s.out)
}

func (x *net) want(when string, held, out int) {
	x.t.Helper()
	if h, o := x.holds(); h != held || o != out {
		x.t.Errorf("%s: held by %d, others told %d; want %d and %d", when, h, o, held, out)
	}
}

// TestHysteresis: a way is given up for one that is two hops shorter at once, for one that
// is a hop shorter when it has stood for half a minute, and never for an equal one. Others
// are told of the better one when the hold-down is over; of a loss at once.
func TestHysteresis(t *testing.T) {
	x := newNet(t, 6, 6, 5, 3)
	x.tell(0)
	x.want("the first", 0, 0)
	x.wait(time.Minute)
	x.tell(1)
	x.wait(time.Hour / 2)
	x.tell(1)
	x.tell(0)
	x.want("an equal one", 0, 0)
	x.tell(2)
	x.wait(29 * time.Second)
	x.want("a hop shorter, for 29 s", 0, 0)
	x.wait(time.Second)
	x.want("for 30 s", 2, 0)
	x.wait(4 * time.Second)
	x.want("in the hold-down", 2, 0)
	x.wait(time.Second)
	x.want("after it", 2, 2)
	x.wait(time.Minute)
	x.tell(3)
	x.want("two hops shorter", 3, 2)
	x.lose(2)
	x.want("what others know is lost", 3, -1)
	x.wait(settleAfter)
	x.want("and has settled", 3, 3)
	x.lose(3)
	x.want("the best is lost", 0, -1)
	x.wait(settleAfter)
	x.want("another instead", 0, 0)
}

// TestHoldDown: what flaps is told at growing gaps, up to a minute, and what is lost is
// withdrawn each time.
func TestHoldDown(t *testing.T) {
	for _, c := range []struct {
		name    string
		lengths []int
		most    int // changes in ten minutes
	}{
		{"a better one", []int{6, 3}, 1},
		{"the only one", []int{3}, 2 * (lostBurst + 10 + 14)},
		{"one of two", []int{3, 4, 3}, 2 * (lostBurst + 10 + 14)},
	} {
		x := newNet(t, c.lengths...)
		flaps, told, last := len(c.lengths)-1, 0, -1
		if flaps > 0 {
			x.tell(0)
		}
		for i := range 1200 {
			if i%2 == 0 {
				x.tell(flaps)
			} else {
				x.lose(flaps)
			}
			x.near[flaps].news, x.near[flaps].port.news = step.Bucket{}, step.Bucket{} // it may
			x.wait(500 * time.Millisecond)
			if _, out := x.holds(); out != last {
				told, last = told+1, out
			}
		}
		t.Logf("%s: others are told %d times", c.name, told)
		if told > c.most {
			t.Errorf("%s: others are told %d times in ten minutes, want at most %d", c.name, told, c.most)
		}
	}
}

// TestWayRefused: each vector that is no way is refused, and what was told before with it.
func TestWayRefused(t *testing.T) {
	x := newNet(t, 4)
	good := x.chains[0]
	far := make([]identity.ShortID, 45)
	for i := range far {
		far[i] = identity.ShortID{1, byte(i)}
	}
	for _, c := range []struct {
		name string
		ids  []identity.ShortID
		gone bool
	}{
		{"good", good, false},
		{"none", nil, false},
		{"a loop", []identity.ShortID{good[0], good[1], good[1], good[3]}, true},
		{"we on it", []identity.ShortID{good[0], x.short, good[3]}, true},
		{"to us", []identity.ShortID{x.short, good[3]}, false},
		{"by another", good[:3], true},
		{"49 hops", append(append(slices.Clone(good[:3]), far...), good[3]), false},
		{"48 hops", append(append(slices.Clone(good[:3]), far[1:]...), good[3]), false},
	} {
		x.tell(0)
		b := []byte{7, 0, 0, 0}
		for _, id := range c.ids {
			b = append(b, id[:]...)
		}
		x.takeWay(x.now, x.near[0], b)
		x.takeWay(x.now, x.near[0], b[:max(0, len(b)-1)]) // no whole ids
		if got := x.near[0].wayTo(x.server) == nil; got != c.gone {
			t.Errorf("%s: the way is gone: %v", c.name, got)
		}
		x.wait(time.Minute)
	}
}

// TestWayVector: the messages of testdata are what is told of a way and of its loss, and
// they are taken.
func TestWayVector(t *testing.T) {
	v := wiretest.ReadVector(t, "testdata/way.txt")
	x := newNet(t, 4)
	x.takeWay(x.now, x.near[0], v.Bytes("taken"))
	x.settle()
	x.want("taken", 0, 0)
	n := x.enter(x.port(1), identity.ShortID{1})
	n.flying = sendWindow
	n.tell = 1
	kind, told := x.sayWay(x.now, n)
	v.Output("told", append([]byte{kind}, told...))
	x.takeNoWay(x.now, x.near[0], v.Bytes("lost"))
	x.settle()
	n.tell = 1
	kind, told = x.sayWay(x.now, n)
	v.Output("withdrawn", append([]byte{kind}, told...))
	v.Save()
}

// TestWaysHaveRoom: neighbours tell ways that are as long as can be, of which nothing is
// known, and more than there is room for. No more is asked for than the class has room.
func TestWaysHaveRoom(t *testing.T) {
	m, _ := newTestMap(t, 64)
	x := &net{Map: m, t: t, now: testNow}
	for i := range 8 {
		n := m.enter(m.port(i), identity.ShortID{9, byte(i)})
		n.flying = sendWindow
		b := []byte{7, 0, 0, 0}
		for j := range maxWay - 1 {
			id := identity.ShortID{1, byte(i), byte(j)}
			b = append(b, id[:]...)
		}
		m.takeWay(x.now, n, append(b, n.short[:]...))
	}
	asked := func() (sum int) {
		for _, n := range m.near {
			sum += len(n.wants) / 8
		}
		return sum
	}
	for range 20 {
		x.settle()
		m.rankSoon(x.now)
		if got := asked(); got > maxOnWay || got < maxOnWay/2 {
			t.Fatalf("%d are asked for, and there is room for %d", got, maxOnWay)
		}
	}
}

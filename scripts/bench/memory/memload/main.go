// Command memload plays the mesh around one relay and measures the relay's memory:
// neighbours with links of their own over UDP, announcements of hundreds of nodes,
// thousands of circuits through it, and frames over all of them. It prints one line
// of JSON, and exits with 1 when the relay grew above -most.
//
//	memload -relay ADDRESS@IP:PORT -key FILE -pid PID [-circuits 2048] [-most 12]
//
// With -guest the process is an emulator (qemu-user), and what is measured is the
// memory of the program that it runs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
)

// A load is all players and what they know together.
type load struct {
	keys    []identity.NetworkKey
	from    string // address to send from
	players []*player
	index   map[*player]int
	cores   chan struct{} // bounds public-key work to the machine's cores
	atOnce  int
	flying  atomic.Int64 // announcements that are not acknowledged
	downs   atomic.Int64

	offering atomic.Bool
	pinged   time.Time
	turn     int // whose circuit is next

	mu    sync.Mutex
	known map[identity.ShortID]bool // the relay has accepted it
}

func (l *load) accepted(id identity.ShortID) {
	l.mu.Lock()
	l.known[id] = true
	l.mu.Unlock()
}

func (l *load) has(id identity.ShortID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[id]
}

func (l *load) accepts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.known)
}

type options struct {
	relay, key, what                  string
	base                              uint64
	pid, circuits, most               int
	neighbours, nodes, degree, atOnce int
	rate                              int
	duration, limit                   time.Duration
}

func parse() (o options) {
	flag.StringVar(&o.relay, "relay", "", "the relay, as ADDRESS@IP:PORT")
	flag.StringVar(&o.key, "key", "", "file with the network key")
	flag.IntVar(&o.pid, "pid", 0, "the relay's process")
	flag.Uint64Var(&o.base, "guest", 0, "the process is qemu-user's: where its program's memory begins")
	flag.StringVar(&o.what, "what", runtime.GOARCH, "name in the result")
	flag.IntVar(&o.circuits, "circuits", 2048, "circuits through the relay")
	flag.IntVar(&o.most, "most", 0, "most MB that the relay may have; 0: any")
	flag.IntVar(&o.neighbours, "neighbours", 32, "neighbours played")
	flag.IntVar(&o.nodes, "nodes", 512, "nodes in the mesh, the neighbours included")
	flag.IntVar(&o.degree, "links", 8, "links of each node")
	flag.IntVar(&o.atOnce, "at-once", 256, "set-ups and announcements under way at once; links are begun one by one when it is below 64")
	flag.IntVar(&o.rate, "rate", 4000, "frames a second")
	flag.DurationVar(&o.duration, "for", time.Minute, "how long the frames flow")
	flag.DurationVar(&o.limit, "limit", 2*time.Minute, "most time until all circuits are there")
	flag.Parse()
	return o
}

func newLoad(o options) (*load, error) {
	text, err := os.ReadFile(o.key)
	if err != nil {
		return nil, err
	}
	l := &load{atOnce: o.atOnce, from: "127.0.0.1:0", index: map[*player]int{}, known: map[identity.ShortID]bool{}, cores: make(chan struct{}, runtime.NumCPU())}
	if l.keys, err = identity.ParseNetworkKeys(text); err != nil {
		return nil, err
	}
	address, where, _ := strings.Cut(o.relay, "@")
	relay := link.Static{}
	if relay.Key, err = identity.ParseKey(address); err != nil {
		return nil, err
	}
	ap, err := netip.ParseAddrPort(where)
	if err != nil {
		return nil, err
	}
	relay.Addr = link.UDPAddr(ap)
	nodes, err := newMesh(time.Now(), relay.Key.Short(), o.nodes, o.neighbours, o.degree)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes[:o.neighbours] {
		p, err := newPlayer(l, n, relay)
		if err != nil {
			return nil, err
		}
		l.index[p] = len(l.players)
		l.players = append(l.players, p)
	}
	for i, n := range nodes {
		p := l.players[i%o.neighbours]
		p.share = append(p.share, n)
	}
	return l, nil
}

// fill brings up the links, then has the relay know all nodes, then opens the circuits:
// a slow relay that is asked for everything at once loses links.
func (l *load) fill(o options, watch func() error) error {
	begun, said, started := time.Now(), time.Now(), 0
	for {
		up, answered := 0, 0
		for _, p := range l.players[:started] {
			up += p.linked()
		}
		if started < len(l.players) && (up == started || o.atOnce >= 64) {
			l.players[started].start()
			started++
		}
		nodes := l.accepts()
		if up == len(l.players) {
			l.offering.Store(true)
		}
		if nodes >= o.nodes {
			answered = l.open(o)
		}
		if answered >= o.circuits {
			return nil
		}
		state := fmt.Sprintf("%d of %d links, %d of %d nodes, %d of %d circuits; %d links lost", up, o.neighbours, nodes, o.nodes, answered, o.circuits, l.downs.Load())
		if time.Since(begun) > o.limit {
			return fmt.Errorf("after %v only %s", o.limit, state)
		}
		if time.Since(said) > 20*time.Second {
			said = time.Now()
			fmt.Fprintln(os.Stderr, "memload:", state)
		}
		if err := watch(); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// open opens circuits up to what is wanted, some at once, and has those pinged that
// have not been answered on; it returns how many have.
func (l *load) open(o options) (answered int) {
	open := 0
	for _, p := range l.players {
		a, n := p.count()
		answered, open = answered+a, open+n
	}
	room := o.atOnce - (open - answered)
	ping := time.Since(l.pinged) > 500*time.Millisecond
	if ping {
		l.pinged = time.Now()
	}
	for i := range l.players {
		i = (i + l.turn) % len(l.players)
		room -= l.players[i].open((o.circuits+i)/len(l.players), min(room, 1+room/len(l.players)))
		if ping {
			l.players[i].ping()
		}
	}
	l.turn++
	return answered
}

// flow sends frames in bursts of four milliseconds' worth, and each second one of 32
// frames per neighbour at once, so that the relay's queues fill.
func (l *load) flow(o options, watch func() error) error {
	const gap = 4 * time.Millisecond
	begun, sent, burst := time.Now(), 0, time.Now()
	for range time.Tick(gap) {
		run := time.Since(begun)
		if run > o.duration {
			return nil
		}
		due := int(float64(o.rate) * run.Seconds())
		for ; sent < due; sent += 4 {
			l.players[sent/4%len(l.players)].send(4)
		}
		if time.Since(burst) > time.Second {
			burst = time.Now()
			l.open(o) // a link may have been lost on a busy machine, and its circuits
			for _, p := range l.players {
				p.send(min(32, o.rate/len(l.players)))
			}
		}
		if err := watch(); err != nil {
			return err
		}
	}
	return nil
}

func run(o options) (exceeded bool, err error) {
	l, err := newLoad(o)
	if err != nil {
		return false, err
	}
	var m meter
	m.source = procSource(o.pid)
	if o.base != 0 {
		m.source = guestSource(o.pid, o.base)
	}
	begun := time.Now()
	if err := l.fill(o, m.watch); err != nil {
		return false, err
	}
	filled := m
	took := time.Since(begun)
	if err := l.flow(o, m.watch); err != nil {
		return false, err
	}
	var sent, got, echoed, lost, answered uint64
	for _, p := range l.players {
		p.do(func(time.Time) {
			sent, got, echoed, lost = sent+p.sent, got+p.got, echoed+p.echoed, lost+p.lost
			answered += uint64(len(p.own))
		})
	}
	if answered != uint64(o.circuits) {
		return false, fmt.Errorf("%d of %d circuits stand at the end, %d links were lost", answered, o.circuits, l.downs.Load())
	}
	if sent == 0 || got < sent/2 || echoed < got/4 {
		return false, fmt.Errorf("of %d frames %d came through the relay, and %d back", sent, got, echoed)
	}
	fmt.Printf(`{"what":"memory","on":%q,"neighbours":%d,"known":%d,"links":%d,"circuits":%d,"broken":%d,"filled_s":%.0f,"flow_s":%.0f,"frames":%d,"through":%d,"back":%d,`+
		`"down":%d,"rss_kb":%d,"anon_kb":%d,"file_kb":%d,"peak_kb":%d,"filled_rss_kb":%d,"limit_kb":%d}`+"\n",
		o.what, o.neighbours, l.accepts(), o.degree, answered, lost, took.Seconds(), o.duration.Seconds(), sent, got, echoed, l.downs.Load(),
		m.most.rss, m.most.anon, m.most.file, m.most.peak, filled.most.rss, o.most<<10)
	return o.most > 0 && max(m.most.peak, m.most.rss) > o.most<<10, nil
}

func main() {
	o := parse()
	if o.relay == "" || o.key == "" || o.pid == 0 {
		fmt.Fprintln(os.Stderr, "memload: error: -relay, -key and -pid are needed")
		os.Exit(2)
	}
	exceeded, err := run(o)
	if err == nil && exceeded {
		err = errors.New("the relay has more memory than its limit")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "memload: error:", err)
		os.Exit(1)
	}
}

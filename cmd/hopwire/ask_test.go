package main

import (
	"bytes"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/table"
	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/ask"
)

// A curious map asks others for whatever is wanted of it, and never hears from them before
// the test says so.
type curious struct {
	node.Map
	resolves chan func(now time.Time, key identity.Key, ok bool)
	paths    int // the turn's
}

func (m *curious) Resolve(_ time.Time, _ netip.Addr, done func(now time.Time, key identity.Key, ok bool)) bool {
	m.resolves <- done
	return true
}

func (m *curious) Paths(now time.Time, to identity.Key, n int) ([]hop.Path, error) {
	m.paths++
	return m.Map.Paths(now, to, n)
}

// curiousRouter is a router whose map is curious.
func curiousRouter(t *testing.T) (*router, *curious) {
	m := &curious{resolves: make(chan func(time.Time, identity.Key, bool), 100)}
	r, _ := testRouter(t, &config{}, func(p *daemon.Parts) {
		p.Wrap = func(own *route.Map, _ *mrand.Rand) node.Map {
			m.Map = own
			return m
		}
	})
	return r, m
}

// reverseQuestion asks for the name of a mesh address.
func reverseQuestion(ip netip.Addr) []byte {
	const hex = "0123456789abcdef"
	var name []byte
	b := ip.As16()
	for _, c := range slices.Backward(b[:]) {
		name = append(name, hex[c&15], '.', hex[c>>4], '.')
	}
	q := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 9, RecursionDesired: true})
	q.StartQuestions()
	q.Question(dnsmessage.Question{Name: dnsmessage.MustNewName(string(name) + "ip6.arpa."), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET})
	m, _ := q.Finish()
	return m
}

// TestReverseNamesNeverAsk: sshd asks for the name of whoever calls. Were a route server
// asked then, it would learn who calls whom. And whatever else waits for one, names do not.
func TestReverseNamesNeverAsk(t *testing.T) {
	r, m := curiousRouter(t)
	self, stranger := r.ID.Key(), netip.MustParseAddr("fd68:6f70:1::7")
	udp := dial(t, "udp", serveTest(t, r.names, unix.SOCK_DGRAM))
	ask := func(q []byte) dnsmessage.Message {
		b := make([]byte, 2048)
		udp.Write(q)
		n, err := udp.Read(b)
		var answer dnsmessage.Message
		if err != nil || answer.Unpack(b[:n]) != nil {
			t.Fatalf("%v", err)
		}
		return answer
	}
	names := func() {
		t.Helper()
		if a := ask(reverseQuestion(stranger)); a.RCode != dnsmessage.RCodeNameError {
			t.Errorf("a stranger: %v, want NXDOMAIN", a.RCode)
		}
		if a := ask(reverseQuestion(self.IPv6())); len(a.Answers) != 1 {
			t.Errorf("our own address: %v", a)
		}
		if a := ask(question(self.String() + ".hop.")); len(a.Answers) != 1 {
			t.Errorf("our own name: %v", a)
		}
	}
	r.Runner.Turn(func(time.Time) { m.paths = 0 })
	if names(); len(m.resolves) != 0 {
		t.Error("a name was asked for")
	}
	// What the operator asks for waits, and names are answered meanwhile.
	target := make(chan error, 1)
	go func() {
		_, err := r.Target([]string{stranger.String()})
		target <- err
	}()
	done := <-m.resolves
	names()
	r.Runner.Turn(func(now time.Time) {
		if m.paths != 0 {
			t.Errorf("a way was asked for: %d", m.paths)
		}
		done(now, identity.Key{}, false)
	})
	if err := <-target; err == nil || err.Error() != "fd68:6f70:1::7 is not known" || hint.Of(err) == "" || len(m.resolves) != 0 {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

// TestTargetAsks: an address that a server knows is one that commands take.
func TestTargetAsks(t *testing.T) {
	r, m := curiousRouter(t)
	far, _ := identity.NewIdentity(mrand.NewChaCha8([32]byte{1}))
	answer := make(chan string, 1)
	go func() {
		var b bytes.Buffer
		err := r.Answer(&b, []string{"address", far.Key().IPv6().String()})
		answer <- b.String() + hint.Of(err)
	}()
	done := <-m.resolves
	r.Runner.Turn(func(now time.Time) { done(now, far.Key(), true) })
	if got := <-answer; got != "= "+far.Key().String()+"\n" {
		t.Errorf("%q", got)
	}
}

// TestRouteSettings: servers that are set have their slots; with own there is room for the
// whole map.
func TestRouteSettings(t *testing.T) {
	a := testIdentity(t, 1).Key()
	for _, c := range []struct {
		servers        []string
		memory         int
		keys           []identity.Key
		answers, slots int
	}{
		{nil, 12, nil, 0, 4},
		{nil, 14, nil, 0, 0},
		{[]string{a.String()}, 14, []identity.Key{a}, 0, 0},
		{[]string{"none"}, 12, nil, 0, 4},
		{[]string{"own"}, 16, nil, 2048, 0},
	} {
		var m route.Config
		(&router{c: &config{RouteServers: c.servers, Memory: c.memory}}).configure(nil, &m)
		if !slices.Equal(m.Servers, c.keys) || m.MaxAnswers != c.answers || m.Slots != c.slots {
			t.Errorf("%v, %d MB: %v, %d answers, %d slots", c.servers, c.memory, m.Servers, m.MaxAnswers, m.Slots)
		}
	}
}

func testIdentity(t *testing.T, n byte) *identity.Identity {
	t.Helper()
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestWayCommands: what is asked of ways to nobody is one line and a hint.
func TestWayCommands(t *testing.T) {
	r, _ := testDaemon(t, &config{})
	far := testIdentity(t, 2).Key().String()
	for line, want := range map[string]string{
		"paths " + far:                     "is not known",
		"paths " + far + " -k 0":           "bad option -k 0",
		"paths " + far + " -k 17":          "bad option -k 17",
		"paths " + far + " --avoid nobody": "no node is named",
		"paths " + far + " --via":          "no node is named",
		"paths":                            "no address",
		"ping " + far + " --path 1":        "is not known",
		"ping " + far + " --paths 1":       "bad option --paths 1",
		"trace " + far + " --path 1":       "is not known",
		"trace " + far + " --hop 1":        "bad option --hop",
		"trace " + far + " --path":         "bad option --path",
	} {
		var b bytes.Buffer
		err := r.Answer(&b, strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, hint %q; want %q", line, err, hint.Of(err), want)
		}
	}
	var b bytes.Buffer
	if err := r.Answer(&b, []string{"servers"}); err != nil || !strings.HasPrefix(b.String(), "# list address:s") || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("servers: %q, %v", &b, err)
	}
}

// TestJudgeServers: what the doctor says of route servers.
func TestJudgeServers(t *testing.T) {
	a, b := identity.ShortID{1}, identity.ShortID{2}
	way := func(first identity.ShortID, asked, answered uint32) ask.ServerStatus {
		return ask.ServerStatus{Known: true, Way: []identity.ShortID{first, {9}, {8}}, Asked: asked, Answered: answered}
	}
	near := ask.ServerStatus{Known: true, NoDetour: true}
	for name, c := range map[string]struct {
		list []ask.ServerStatus
		own  bool
		want string
	}{
		"none is known":         {nil, false, "bad no route server is known"},
		"none answers":          {[]ask.ServerStatus{way(a, 3, 0), way(b, 1, 0)}, false, "bad no route server answers"},
		"one answers":           {[]ask.ServerStatus{way(a, 3, 0), way(b, 1, 1)}, false, "ok 2 route servers"},
		"none was asked":        {[]ask.ServerStatus{way(a, 0, 0)}, false, "ok 1 route servers"},
		"all are beside us":     {[]ask.ServerStatus{near, near}, false, "bad no way to a route server has two relays"},
		"beside us, but copied": {[]ask.ServerStatus{near}, true, "ok 1 route servers"},
		"one is beside us":      {[]ask.ServerStatus{near, way(a, 1, 1)}, false, "ok 2 route servers, note all ways"},
		"all by one neighbour":  {[]ask.ServerStatus{way(a, 1, 1), way(a, 0, 0)}, false, "ok 2 route servers, note all ways"},
		"by one, and only one":  {[]ask.ServerStatus{way(a, 1, 1)}, false, "ok 1 route servers"},
		"the way has gone":      {[]ask.ServerStatus{{Asked: 2, Answered: 2}}, false, "bad no route server is known"},
	} {
		f := &daemon.Findings{Table: table.New("verdict:s what:s hint:s")}
		judgeServers(f, c.list, c.own)
		want := strings.Split(c.want, ", ")
		if len(f.Rows) != len(want) {
			t.Errorf("%s: %v", name, f.Rows)
			continue
		}
		for i, r := range f.Rows {
			verdict, words, _ := strings.Cut(want[i], " ")
			if r[0] != verdict || !strings.Contains(r[1], words) || (r[0] == "ok") != (r[2] == "") {
				t.Errorf("%s: %v, want %s", name, r, want[i])
			}
		}
	}
}

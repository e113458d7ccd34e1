package link

import (
	"encoding/binary"
	mrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"hopwire/link/handshake"
	"hopwire/link/identity"
)

// newTestLink is a link of ls that is up, with a neighbour whose keys the test holds.
func newTestLink(tb testing.TB, ls *Links, now time.Time, n byte) (*Link, *identity.Identity) {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 9}))
	if err != nil {
		tb.Fatal(err)
	}
	p := ls.ports[0]
	l := ls.newLink(now, p, MACAddr([6]byte{2, 9, n}), id.Key(), [8]byte{n}, &handshake.Keys{Version: 1}, true).confirm(now)
	ls.Flush(now)
	return l, id
}

func appendRecord(b []byte, kind byte, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint16(append(b, kind), uint16(len(data))), data...)
}

// TestAttackRekeys: a neighbour rekeys 40 times a second inside its link; the worker does
// what two take, and the rest is counted.
func TestAttackRekeys(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	l, id := newTestLink(t, ls, now, 1)
	jobs := 0
	for i := range 200 {
		_, message, err := handshake.Initiate(mrand.NewChaCha8([32]byte{byte(i)}), handshake.InitiateConfig{Kind: handshake.KindLink, Identity: id,
			NetworkKey: ls.keys[0].key, Peer: ls.c.Identity.Key(), Size: rekeySize})
		if err != nil {
			t.Fatal(err)
		}
		l.records(now, appendRecord(nil, recordRekey1, message))
		jobs += len(env.done)
		env.finish(now)
		now = now.Add(25 * time.Millisecond)
	}
	if jobs != 2 || ls.N.RekeysEarly != 198 || l.next == nil {
		t.Errorf("%d of 200 rekeys in 5 s were answered, %d counted as early", jobs, ls.N.RekeysEarly)
	}
	now = now.Add(time.Minute)
	_, message, _ := handshake.Initiate(mrand.NewChaCha8([32]byte{1, 1}), handshake.InitiateConfig{Kind: handshake.KindLink, Identity: id,
		NetworkKey: ls.keys[0].key, Peer: ls.c.Identity.Key(), Size: rekeySize})
	if l.records(now, appendRecord(nil, recordRekey1, message)); len(env.done) != 1 {
		t.Error("a rekey that is due was not answered")
	}
}

// TestAttackWorkerQueue: what one port asks of the worker leaves room for the others.
func TestAttackWorkerQueue(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	p, taken := ls.ports[0], 0
	for range 64 {
		if ls.work(p, maxJobs, Cost{ClassHandshake, 5, 1, 0}, func() func(time.Time) { return func(time.Time) {} }) {
			taken++
		}
	}
	if taken != maxJobs || p.jobs != maxJobs {
		t.Errorf("one port has %d of 64 places, want %d", taken, maxJobs)
	}
	if env.finish(now); p.jobs != 0 {
		t.Errorf("%d jobs after all are done", p.jobs)
	}
}

// knock has neighbour i send a first message to port 0.
func knock(t *testing.T, ls *Links, now time.Time, i byte) {
	t.Helper()
	id, _ := identity.NewIdentity(mrand.NewChaCha8([32]byte{i, 8}))
	_, m, err := handshake.Initiate(mrand.NewChaCha8([32]byte{i}), handshake.InitiateConfig{Kind: handshake.KindLink, Identity: id,
		NetworkKey: ls.keys[0].key, Peer: ls.c.Identity.Key(), Filter: &ls.ports[0].filters[0], PortNonce: [8]byte{i}, Size: FrameLong})
	if err != nil {
		t.Fatal(err)
	}
	f := &Frame{N: FrameLong, Addr: MACAddr([6]byte{2, i})}
	copy(f.Bytes(), m)
	ls.Receive(now, 0, f)
}

// TestLetters: first messages that the worker has no room for are answered when it has,
// and dropped when they are old.
func TestLetters(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	p := ls.ports[0]
	for i := range byte(20) {
		knock(t, ls, now, i)
	}
	if p.jobs != maxJobs || len(p.letters) != 20-maxJobs {
		t.Errorf("%d jobs, %d letters", p.jobs, len(p.letters))
	}
	env.finish(now)
	if len(p.links) != maxJobs || p.jobs != maxJobs {
		t.Errorf("%d sessions, %d jobs", len(p.links), p.jobs)
	}
	env.finish(now.Add(time.Second))
	if len(p.letters) != 0 || ls.N.FirstLimited != 20-2*maxJobs || p.jobs != 0 {
		t.Errorf("%d letters, %d dropped, %d jobs", len(p.letters), ls.N.FirstLimited, p.jobs)
	}
}

// hello is a hello record's data.
func helloData(number, echo uint32, held time.Duration, flags byte) []byte {
	h := make([]byte, helloSize)
	binary.LittleEndian.PutUint32(h[offHelloNumber:], number)
	binary.LittleEndian.PutUint32(h[offHelloEcho:], echo)
	binary.LittleEndian.PutUint32(h[offHelloHeld:], uint32(held.Microseconds()))
	h[offHelloFlags] = flags
	return h
}

// TestAttackStatedRTT: whatever a neighbour echoes, and for however long it says that it
// held a hello, the RTT is at most what has passed, and messages wait a second at most.
func TestAttackStatedRTT(t *testing.T) {
	r := mrand.New(mrand.NewPCG(1, 4))
	for range 200 {
		ls, _, _, now := newTestLinks(t)
		l, _ := newTestLink(t, ls, now, 1)
		start := now
		for i := range uint32(40) {
			now = now.Add(time.Duration(r.IntN(1000)) * time.Millisecond)
			held := time.Duration(r.Uint32()) * time.Microsecond
			if r.IntN(2) == 0 {
				held = -time.Duration(r.IntN(60)) * time.Second // as an unsigned number: nearly 2^32 µs
			}
			l.takeHello(now, helloData(i+1, uint32(r.IntN(int(l.live.number)+2)), held, 0))
			if passed := now.Sub(start); l.live.rtt > passed || l.resendAfter() > resendMost {
				t.Fatalf("RTT %v after %v, %v until a message is sent again", l.live.rtt, passed, l.resendAfter())
			}
			l.hello(now, 0)
		}
		if most := rttHellos * time.Second; l.live.rtt > most {
			t.Errorf("RTT %v, want at most the time of four hellos, %v", l.live.rtt, most)
		}
	}
}

// TestRTTByNumbers: a hello that was answered at once, and one that was held.
func TestRTTByNumbers(t *testing.T) {
	ls, _, _, now := newTestLinks(t)
	l, _ := newTestLink(t, ls, now, 1)
	l.takeHello(now.Add(30*time.Millisecond), helloData(1, l.live.number, 10*time.Millisecond, 0))
	if l.live.rtt != 20*time.Millisecond {
		t.Errorf("RTT %v, want 20ms", l.live.rtt)
	}
}

// TestAttackAsking: a neighbour asks for a hello 10,000 times a second and has 100.
func TestAttackAsking(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	l, _ := newTestLink(t, ls, now, 1)
	env.sent = 0
	for i := range uint32(10000) {
		l.records(now, appendRecord(nil, recordHello, helloData(i+1, 0, 0, helloAsk)))
		ls.Flush(now)
		now = now.Add(100 * time.Microsecond)
	}
	if env.sent < 90 || env.sent > 102 {
		t.Errorf("%d hellos in a second, want 100", env.sent)
	}
}

// TestAttackAckRate: a neighbour sends 10,000 messages a second; the first is acknowledged
// at once, and the others 200 times a second.
func TestAttackAckRate(t *testing.T) {
	ls, env, up, now := newTestLinks(t)
	l, _ := newTestLink(t, ls, now, 1)
	ls.Advance(now)
	env.sent = 0
	for i := range uint32(10000) {
		l.records(now, appendRecord(nil, KindHop, binary.LittleEndian.AppendUint32(nil, i+1)))
		ls.Flush(now)
		if i == 0 && env.sent != 1 {
			t.Error("the first message was not acknowledged at once")
		}
		now = now.Add(100 * time.Microsecond)
		l.live.heard = now
		ls.Advance(now)
	}
	ls.Advance(now.Add(ackLeast))
	if env.sent < 190 || env.sent > 220 || up.messages != 10000 || l.control.ack {
		t.Errorf("%d acknowledgements of %d messages in a second, want 200", env.sent, up.messages)
	}
}

// TestAttackNoAcks: neighbours that acknowledge nothing hold the share of a link, and of
// a port, and give it back.
func TestAttackNoAcks(t *testing.T) {
	ls, _, _, now := newTestLinks(t)
	var links []*Link
	data := make([]byte, MaxMessage)
	for n := range byte(20) {
		l, _ := newTestLink(t, ls, now, n)
		links = append(links, l)
		for l.Post(now, KindHop, slices.Clone(data), nil) {
		}
		if got := l.control.held; got > maxHeld || got < maxHeld-MaxMessage && n < 8 {
			t.Errorf("link %d holds %d bytes, want up to %d", n, got, maxHeld)
		}
	}
	if got := ls.ports[0].held; got > maxPortHeld || got < maxPortHeld-MaxMessage {
		t.Errorf("the port holds %d bytes, want %d", got, maxPortHeld)
	}
	if !links[19].PostTail(now, KindRoute, data[:MaxMessage-4], 1, nil) {
		t.Error("a message whose data others hold too was refused")
	}
	for range 8 { // two windows, each lost after four tries
		now = now.Add(resendMost)
		for _, l := range links {
			l.live.heard = now
		}
		ls.Advance(now)
	}
	if got := ls.ports[0].held; got != 0 {
		t.Errorf("%d bytes are held after all was given up", got)
	}
	for links[0].Post(now, KindHop, data, nil) {
	}
	if links[0].close(now); ls.ports[0].held != 0 {
		t.Errorf("%d bytes are held for a link that is down", ls.ports[0].held)
	}
}

// TestAttackAcks: a frame full of acknowledgements that say nothing new, on a full queue,
// costs a look at the window for each.
func TestAttackAcks(t *testing.T) {
	ls, _, _, now := newTestLinks(t)
	l, _ := newTestLink(t, ls, now, 1)
	for range maxQueued {
		l.Post(now, KindHop, []byte{1}, nil)
	}
	ls.Flush(now)
	var body []byte
	for len(body)+15 <= BodyLong {
		body = appendRecord(body, recordAck, make([]byte, 12))
	}
	allocations := testing.AllocsPerRun(10, func() { l.records(now, body) })
	if len(l.control.queue) != maxQueued || allocations > 0 {
		t.Errorf("%d messages wait, %v allocations", len(l.control.queue), allocations)
	}
}

// FuzzRecords: whatever a neighbour puts into link control, nothing panics, what is kept
// of it is bounded, and the link still takes a hello or is down for good.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{recordHello, 18, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0, 5, 1})
	f.Add(appendRecord(appendRecord(nil, KindHop, []byte{1, 0, 0, 0, 7}), recordAck, make([]byte, 12)))
	f.Add(appendRecord(nil, recordRekey1, make([]byte, rekeySize)))
	f.Add([]byte{recordBye, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		ls, env, up, now := newTestLinks(t)
		env.idle = true
		l, _ := newTestLink(t, ls, now, 1)
		for i := range 100 {
			l.Post(now, KindRoute, []byte{byte(i)}, nil)
		}
		for range 4 {
			l.records(now, body[:min(len(body), BodyLong)])
			now = now.Add(100 * time.Millisecond)
			ls.Advance(now)
			ls.Flush(now)
		}
		if p := ls.ports[0]; p.jobs > 2*maxJobs || len(p.letters) > maxLetters || len(l.control.queue) > maxQueued || l.control.held < 0 || p.held != l.control.held || up.messages > 4*len(body) {
			t.Errorf("%d jobs, %d messages wait with %d of %d bytes, %d came", p.jobs, len(l.control.queue), l.control.held, p.held, up.messages)
		}
		if l.gone != (up.downs == 1) || !l.gone && !l.takeHello(now, helloData(1, 0, 0, 0)) {
			t.Errorf("gone %v, %d downs", l.gone, up.downs)
		}
	})
}

// TestAttackSeconds: an insider has us begin with as many senders as it likes and answers
// all at once; another port still gets its places with the worker, and an answer for
// which there was no room may come again.
func TestAttackSeconds(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	p := ls.ports[0]
	var seconds []*Frame
	for i := range byte(maxAttempts) {
		id, _ := identity.NewIdentity(mrand.NewChaCha8([32]byte{i, 8}))
		filter := handshake.NewFirstFilter(id.Key(), handshake.KindLink, ls.keys[0].key, nil)
		c := handshake.InitiateConfig{Kind: handshake.KindLink, Identity: ls.c.Identity, NetworkKey: ls.keys[0].key, Peer: id.Key(), Filter: &filter, Size: FrameLong}
		in, first, _ := handshake.Initiate(mrand.NewChaCha8([32]byte{i}), c)
		r, err := handshake.Respond(mrand.NewChaCha8([32]byte{i, 1}), handshake.RespondConfig{Kind: handshake.KindLink, Identity: id,
			NetworkKey: ls.keys[0].key, Prefiltered: true, PortNonce: [8]byte{i}, Size: FrameLong}, first)
		if err != nil {
			t.Fatal(err)
		}
		p.attempts = append(p.attempts, &attempt{peer: id.Key(), addr: MACAddr([6]byte{2, i}), live: [2]*handshake.Initiation{in}, at: now.Add(time.Hour)})
		f := &Frame{N: FrameLong, Addr: MACAddr([6]byte{2, i})}
		copy(f.Bytes(), r.Message)
		seconds = append(seconds, f)
	}
	for _, f := range seconds {
		ls.Receive(now, 0, f)
	}
	if len(env.done) > 64-maxJobs {
		t.Errorf("one port has %d places of 64 with the worker", len(env.done))
	}
	env.finish(now)
	for _, f := range seconds {
		ls.Receive(now, 0, f)
	}
	if env.finish(now); len(p.links) != maxAttempts || p.jobs != 0 {
		t.Errorf("%d links of %d, %d jobs", len(p.links), maxAttempts, p.jobs)
	}
}

// TestLettersLeft: first messages that waited when the worker had no room, and no job of
// the port was left to end, do not keep out those that come later.
func TestLettersLeft(t *testing.T) {
	ls, env, _, now := newTestLinks(t)
	p := ls.ports[0]
	for i := range byte(maxJobs + 1) {
		knock(t, ls, now, i)
	}
	env.full = true
	env.finish(now)
	env.full = false
	if p.jobs != 0 || len(p.letters) != 1 {
		t.Fatalf("%d jobs, %d letters", p.jobs, len(p.letters))
	}
	now = now.Add(time.Second)
	if knock(t, ls, now, 100); p.jobs != 1 || len(p.letters) != 0 {
		t.Errorf("%d jobs, %d letters after another message; %d were dropped", p.jobs, len(p.letters), ls.N.FirstLimited)
	}
}

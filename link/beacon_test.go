package link

import (
	"bytes"
	mrand "math/rand/v2"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/link/wiretest"
)

// A testEnv is an outside without ports: what is sent is counted and freed, and jobs are
// done between two turns.
type testEnv struct {
	sent int
	done []func(now time.Time)
	full bool // no more jobs
	idle bool // jobs stay where they are: public-key work is slow
}

func (e *testEnv) Send(int, *Frame) { e.sent++ }
func (e *testEnv) Alloc() *Frame    { return new(Frame) }
func (e *testEnv) Free(*Frame)      {}
func (e *testEnv) Work(_ Cost, job func() func(now time.Time)) bool {
	if e.full {
		return false
	}
	if !e.idle {
		e.done = append(e.done, job())
	}
	return true
}

func (e *testEnv) finish(now time.Time) {
	done := e.done
	e.done = nil
	for _, d := range done {
		d(now)
	}
}

// A testUpper is a layer above that counts what it gets.
type testUpper struct {
	ups, downs, messages int
}

func (u *testUpper) LinkUp(time.Time, *Link)                { u.ups++ }
func (u *testUpper) LinkDown(time.Time, *Link)              { u.downs++ }
func (u *testUpper) Frame(time.Time, *Link, Header, *Frame) {}
func (u *testUpper) Message(time.Time, *Link, byte, []byte) { u.messages++ }

// newTestLinks are links with one port and nobody on it.
func newTestLinks(tb testing.TB) (*Links, *testEnv, *testUpper, time.Time) {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{1}))
	if err != nil {
		tb.Fatal(err)
	}
	env, up, now := new(testEnv), new(testUpper), time.Unix(1000, 0)
	ls := New(Config{Identity: id, NetworkKeys: []identity.NetworkKey{{1}}, Beacon: true, Rand: mrand.NewChaCha8([32]byte{2}),
		Jitter: mrand.New(mrand.NewPCG(1, 1)), Env: env}, up)
	ls.AddPort(now, 0, PortInfo{Name: "eth", MAC: [6]byte{2, 1}, Broadcast: true})
	ls.Advance(now)
	return ls, env, up, now
}

// TestBeaconVector: a beacon of a fixed text, byte for byte (testdata/beacon.txt).
func TestBeaconVector(t *testing.T) {
	v := wiretest.ReadVector(t, "testdata/beacon.txt")
	k := newNetKey(identity.NetworkKey(v.Bytes("network key")))
	b := make([]byte, FrameShort)
	copy(b[offBeaconNonce:], v.Bytes("nonce"))
	copy(b[offBeaconText:], v.Bytes("text"))
	k.seal(b)
	v.Output("beacon", b)
	v.Save()
	if text, err := k.open(bytes.Clone(b)); err != nil || !bytes.HasPrefix(text, v.Bytes("text")) {
		t.Errorf("opened as %x, %v", text, err)
	}
	was := k.check(b)
	for i := offBeaconNonce; i < len(b); i++ {
		b[i] ^= 0x10
		if k.check(b) == was {
			t.Errorf("byte %d changed: the check is the same", i)
		}
		b[i] ^= 0x10
	}
}

// FuzzBeacon: whatever the holder of the network key puts into beacons, what a port keeps
// of them is bounded.
func FuzzBeacon(f *testing.F) {
	f.Add(uint64(1), []byte{1, 2, 3}, true)
	f.Fuzz(func(t *testing.T, seed uint64, text []byte, sealed bool) {
		ls, env, _, now := newTestLinks(t)
		env.idle = true
		r := mrand.New(mrand.NewPCG(seed, 3))
		for i := range 200 {
			g := &Frame{N: FrameShort, Broadcast: true, Addr: MACAddr([6]byte{2, byte(r.IntN(100))})}
			b := g.Bytes()
			copy(b[offBeaconText:], text)
			b[offBeaconText+r.IntN(offBeaconEchoes)] ^= byte(i)
			b[offBeaconNonce], b[offBeaconNonce+1] = byte(i), byte(i>>8)
			mac, _ := g.Addr.MAC()
			copy(b[offBeaconText+offBeaconMAC:], mac[:])
			if b[offBeaconText+offBeaconVersion] = 1; sealed {
				ls.keys[0].seal(b)
			}
			ls.Receive(now, 0, g)
			now = now.Add(time.Duration(r.IntN(1000)) * time.Millisecond)
			ls.Advance(now)
		}
		p := ls.ports[0]
		if len(p.heard) > maxHeard || len(p.attempts) > maxAttempts || p.jobs > 2*maxJobs || len(p.letters) > maxLetters {
			t.Errorf("%d heard, %d attempts, %d jobs", len(p.heard), len(p.attempts), p.jobs)
		}
		if !sealed && ls.N.BeaconsHeard > 0 {
			t.Error("a beacon without the key was heard")
		}
	})
}

package call

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func echo(request []byte) []byte { return request }

// warm makes calls both ways until both ends know the round trip.
func warm(w *wire) {
	for w.a.srtt == 0 || w.b.srtt == 0 {
		left := 2
		for _, c := range []*Endpoint{w.a, w.b} {
			c.Call(w.now, make([]byte, 3*callFragment), func(time.Time, []byte, error) { left-- })
		}
		w.run(time.Minute, func() bool { return left == 0 })
	}
	w.run(time.Minute, func() bool { return w.a.Idle() && w.b.Idle() })
	w.served = 0
}

// deafen drops what end sends for as long as dead says so.
func deafen(end *Endpoint, dead func() bool) {
	send := end.c.Send
	end.c.Send = func(now time.Time, f []byte) bool { return dead() || send(now, f) }
}

// TestCallOnceOneWay: the way back is dead for a while, so the answers and the
// acknowledgements are lost and the request comes again and again.
func TestCallOnceOneWay(t *testing.T) {
	for _, dead := range []time.Duration{time.Second, 3 * time.Second, 6 * time.Second, 10 * time.Second} {
		w := newWire(3, 0, echo)
		warm(w)
		until := w.now.Add(dead)
		deafen(w.b, func() bool { return w.now.Before(until) })
		ended := false
		var err error
		w.a.Call(w.now, []byte("once"), func(_ time.Time, _ []byte, e error) { ended, err = true, e })
		w.run(2*time.Minute, func() bool { return ended })
		if w.served != 1 || err != nil || !ended {
			t.Errorf("dead for %v: served %d times, ended %v, %v; want once and no error", dead, w.served, ended, err)
		}
	}
}

// TestCallSilence: a link that goes down takes about four seconds to be replaced;
// calls outlive it whatever the round trip was.
func TestCallSilence(t *testing.T) {
	w := newWire(4, 0, echo)
	warm(w)
	var err error
	ended := false
	until := w.now.Add(5 * time.Second)
	dead := func() bool { return w.now.Before(until) }
	deafen(w.a, dead)
	deafen(w.b, dead)
	w.a.Call(w.now, []byte("through silence"), func(_ time.Time, _ []byte, e error) { ended, err = true, e })
	if w.run(time.Minute, func() bool { return ended }); err != nil || !ended {
		t.Errorf("ended %v, %v; want an answer", ended, err)
	}
}

// TestCallMany: a served call is remembered but does not use up the calls that
// may be open.
func TestCallMany(t *testing.T) {
	w := newWire(5, 0, echo)
	for i := range 10 * callOpen {
		var err error
		ended := false
		w.a.Call(w.now, []byte{byte(i)}, func(_ time.Time, _ []byte, e error) { ended, err = true, e })
		if w.run(time.Minute, func() bool { return ended }); err != nil || !ended {
			t.Fatalf("call %d: ended %v, %v", i, ended, err)
		}
	}
}

// TestCallReplayed: the request of a finished call comes once more, late.
func TestCallReplayed(t *testing.T) {
	w := newWire(6, 0, echo)
	var first []byte
	send := w.a.c.Send
	w.a.c.Send = func(now time.Time, f []byte) bool {
		if f[offCallKind] == callRequest {
			first = bytes.Clone(f)
		}
		return send(now, f)
	}
	ended := false
	w.a.Call(w.now, []byte("once"), func(time.Time, []byte, error) { ended = true })
	w.run(time.Minute, func() bool { return ended })
	w.run(time.Second, func() bool { return false })
	w.b.Receive(w.now, first)
	if w.served != 1 {
		t.Errorf("served %d times, want once", w.served)
	}
}

// TestCallRefusalLost: the response is too large and the refusal of it is lost.
func TestCallRefusalLost(t *testing.T) {
	w := newWire(7, 0, func([]byte) []byte { return make([]byte, Max+1) })
	lost := 0
	send := w.b.c.Send
	w.b.c.Send = func(now time.Time, f []byte) bool {
		if f[offCallKind] == callRefused && lost < 2 {
			lost++
			return true
		}
		return send(now, f)
	}
	var err error
	begun := w.now
	w.a.Call(w.now, []byte("x"), func(_ time.Time, _ []byte, e error) { err = e })
	w.run(time.Minute, func() bool { return err != nil })
	if d := w.now.Sub(begun); err != ErrRefused || d > 10*time.Second {
		t.Errorf("got %v after %v, want ErrRefused within 10s", err, d)
	}
}

func TestCallMalformedTakesNothing(t *testing.T) {
	for name, f := range map[string][]byte{
		"too large in all": record(callRequest, 1, Max+1, 0, callFragment),
		"index beyond":     record(callRequest, 1, 10, 1, 10),
		"short":            record(callRequest, 1, 10, 0, 9),
		"long":             record(callRequest, 1, 10, 0, 11),
		"half":             record(callRequest, 1, 2*callFragment, 0, 7),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(1, 0, echo)
			w.a.Receive(w.now, f)
			if !w.a.Idle() || w.a.held != 0 || len(w.queue) != 0 {
				t.Errorf("%d calls, %d bytes, %d answers; want none", len(w.a.in), w.a.held, len(w.queue))
			}
		})
	}
}

func record(kind byte, id, total uint32, index uint16, size int) []byte {
	b := make([]byte, offCallData+size)
	putCall(b, kind, id, total, index)
	return b
}

// TestCallMemory: whoever begins as many of the largest requests as it can holds
// no more than the budget, and what it only announces holds nothing.
func TestCallMemory(t *testing.T) {
	w := newWire(1, 0, echo)
	for id := range uint32(2 * callOpen) {
		w.a.Receive(w.now, record(callRequest, id, Max, 0, callFragment))
	}
	if want := callOpen * callFragment; w.a.held != want || len(w.a.in) != callOpen {
		t.Errorf("announced: %d bytes in %d calls, want %d in %d", w.a.held, len(w.a.in), want, callOpen)
	}
	for id := range uint32(callOpen) {
		for i := range uint16(callMost - 1) {
			w.a.Receive(w.now, record(callRequest, id, Max, i, callFragment))
			if w.a.held > callMemory {
				t.Fatalf("%d bytes held, want at most %d", w.a.held, callMemory)
			}
		}
	}
	w.now = w.now.Add(callKeep)
	if w.a.Advance(w.now); w.a.held != 0 || !w.a.Idle() {
		t.Errorf("%d bytes held afterwards, want none", w.a.held)
	}
}

// TestCallClose: every call ends once, and none begins any more, not even out of
// the report of one that ends.
func TestCallClose(t *testing.T) {
	w := newWire(1, 0, echo)
	ended := 0
	var again error
	for range 3 {
		w.a.Call(w.now, []byte("x"), func(now time.Time, _ []byte, err error) {
			ended++
			if !errors.Is(err, ErrClosed) {
				t.Errorf("ended with %v, want ErrClosed", err)
			}
			w.a.Close(ErrClosed)
			_, again = w.a.Call(now, []byte("y"), func(time.Time, []byte, error) { ended++ })
		})
	}
	w.a.Receive(w.now, record(callRequest, 9, Max, 0, callFragment))
	w.a.Close(ErrClosed)
	w.a.Receive(w.now, record(callRequest, 10, Max, 0, callFragment))
	if ended != 3 || !errors.Is(again, ErrClosed) || w.a.held != 0 || !w.a.Idle() {
		t.Errorf("%d ended, a new one %v, %d bytes held, idle %v; want 3, ErrClosed, 0, true", ended, again, w.a.held, w.a.Idle())
	}
}

// TestCallEndsOnceInAdvance: two calls time out together, and the report of the
// first closes all.
func TestCallEndsOnceInAdvance(t *testing.T) {
	w := newWire(1, 1, echo)
	ended := [2]int{}
	for i := range ended {
		w.a.Call(w.now, []byte("x"), func(time.Time, []byte, error) { ended[i]++; w.a.Close(ErrClosed) })
	}
	w.a.Advance(w.now.Add(time.Hour))
	if ended != [2]int{1, 1} {
		t.Errorf("reported %v times, want once each", ended)
	}
}

// TestCallOnceGivenUp: the callee, who knows the round trip, tires of its response
// before the caller, who does not know it, tires of its request.
func TestCallOnceGivenUp(t *testing.T) {
	w := newWire(8, 0, echo)
	warm(w)
	w.a.srtt, w.a.rttvar = 0, 0
	ended := false
	until := w.now.Add(time.Hour)
	deafen(w.b, func() bool { return w.now.Before(until) })
	w.a.Call(w.now, []byte("once"), func(time.Time, []byte, error) { ended = true })
	w.run(2*time.Minute, func() bool { return ended })
	if w.served != 1 {
		t.Errorf("served %d times, want once", w.served)
	}
}

// TestCallSleeps: with a full window nothing is due until a fragment counts as lost.
func TestCallSleeps(t *testing.T) {
	w := newWire(9, 1, echo)
	w.a.Call(w.now, make([]byte, Max), func(time.Time, []byte, error) {})
	if next := w.a.Advance(w.now); next.Sub(w.now) != w.a.patience() {
		t.Errorf("next after %v, want %v", next.Sub(w.now), w.a.patience())
	}
}

package call

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"hopwire/link/step"
)

// A wire joins two ends of calls on virtual time, with faults.
type wire struct {
	now    time.Time
	r      *rand.Rand
	loss   float64
	queue  []delivery
	a, b   *Endpoint
	served int
}

type delivery struct {
	at   time.Time
	to   **Endpoint
	data []byte
}

func newWire(seed uint64, loss float64, serve func(request []byte) []byte) *wire {
	w := &wire{now: time.Unix(1e9, 0), r: rand.New(rand.NewPCG(seed, 1)), loss: loss}
	end := func(to **Endpoint) *Endpoint {
		return New(Config{Send: func(_ time.Time, f []byte) bool { return w.send(to, f) },
			Serve: func(now time.Time, request []byte, reply func(time.Time, []byte)) {
				w.served++
				reply(now, serve(request))
			}})
	}
	w.a, w.b = end(&w.b), end(&w.a)
	return w
}

func (w *wire) send(to **Endpoint, f []byte) bool {
	copies := 1
	if w.r.Float64() < 0.05 {
		copies = 2
	}
	for range copies {
		if w.r.Float64() >= w.loss {
			d := 20*time.Millisecond + time.Duration(w.r.IntN(10_000))*time.Microsecond
			w.queue = append(w.queue, delivery{w.now.Add(d), to, bytes.Clone(f)})
		}
	}
	return true
}

// run lets time pass until done, at most d.
func (w *wire) run(d time.Duration, done func() bool) bool {
	for end := w.now.Add(d); w.now.Before(end) && !done(); {
		next := step.Earliest(w.a.Advance(w.now), w.b.Advance(w.now))
		first := -1
		for i, q := range w.queue {
			if first < 0 || q.at.Before(w.queue[first].at) {
				first = i
			}
		}
		if first >= 0 && (next.IsZero() || !w.queue[first].at.After(next)) {
			q := w.queue[first]
			w.queue = append(w.queue[:first], w.queue[first+1:]...)
			w.now = q.at
			(*q.to).Receive(w.now, q.data)
		} else if next.IsZero() {
			return done()
		} else {
			w.now = next
		}
	}
	return done()
}

func TestCallLossy(t *testing.T) {
	for _, size := range []int{0, 1, callFragment, callFragment + 1, 100_000, Max} {
		w := newWire(uint64(size), 0.2, func(request []byte) []byte { return request })
		request := make([]byte, size)
		for i := range request {
			request[i] = byte(i * 31)
		}
		var got []byte
		var err error
		ended := false
		begun := w.now
		w.a.Call(w.now, request, func(_ time.Time, response []byte, e error) { got, err, ended = response, e, true })
		if !w.run(time.Minute, func() bool { return ended }) || err != nil || !bytes.Equal(got, request) {
			t.Errorf("%d bytes: ended %v, %v, %d bytes back", size, ended, err, len(got))
		}
		if w.served != 1 {
			t.Errorf("%d bytes: served %d times", size, w.served)
		}
		t.Logf("%d bytes there and back in %v", size, w.now.Sub(begun))
		w.run(time.Minute, func() bool { return w.a.Idle() && w.b.Idle() })
		if w.a.held != 0 || w.b.held != 0 || !w.b.Idle() {
			t.Errorf("%d bytes: %d and %d held afterwards", size, w.a.held, w.b.held)
		}
	}
}

func TestCallRefused(t *testing.T) {
	w := newWire(1, 0, nil)
	w.b.c.Serve = nil
	var err error
	w.a.Call(w.now, []byte("x"), func(_ time.Time, _ []byte, e error) { err = e })
	if w.run(time.Second, func() bool { return err != nil }); err != ErrRefused {
		t.Errorf("got %v, want ErrRefused", err)
	}
}

func TestCallTimesOut(t *testing.T) {
	w := newWire(1, 1, nil)
	var err error
	w.a.Call(w.now, []byte("x"), func(_ time.Time, _ []byte, e error) { err = e })
	if w.run(2*time.Minute, func() bool { return err != nil }); err != ErrTimeout {
		t.Errorf("got %v, want ErrTimeout", err)
	}
}

func TestCallTooLarge(t *testing.T) {
	w := newWire(1, 0, nil)
	if _, err := w.a.Call(w.now, make([]byte, Max+1), nil); err != ErrTooMany {
		t.Errorf("got %v, want ErrCallTooMany", err)
	}
}

func FuzzCallReceive(f *testing.F) {
	b := make([]byte, offCallData+1)
	putCall(b, callRequest, 7, 1, 0)
	f.Add(b)
	f.Add([]byte{callResponseAck})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := New(Config{Send: func(time.Time, []byte) bool { return true },
			Serve: func(now time.Time, r []byte, reply func(time.Time, []byte)) { reply(now, r) }})
		now := time.Unix(1e9, 0)
		c.Call(now, []byte("hello"), func(time.Time, []byte, error) {})
		for len(b) > 0 {
			n := min(len(b), 1+int(b[0]))
			c.Receive(now, b[:n])
			b = b[n:]
		}
		if c.held > callMemory {
			t.Fatalf("%d bytes held", c.held)
		}
		c.Close(ErrClosed)
		if c.held != 0 {
			t.Fatalf("%d bytes held after Close", c.held)
		}
	})
}

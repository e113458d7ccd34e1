package node

import (
	"bytes"
	"testing"
	"time"
)

// answering makes a node answer each call with the request, twice, after a while; it
// counts the calls.
func (w *world) answering(index int, after time.Duration) (served *int) {
	served = new(int)
	w.change = func(i int, c *Config) {
		if i != index {
			return
		}
		c.Serve = func(_ time.Time, _ Caller, request []byte, reply func(time.Time, []byte)) {
			*served++
			response := append(bytes.Clone(request), request...)
			w.After(after, func() { w.members[i].host.Turn(func(now time.Time) { reply(now, response) }) })
		}
	}
	return served
}

// TestCallOverMovingSession: in the middle of a request, of the wait for it, or of the
// response the way of the session fails, by a word or by silence. The call is served
// once, and its response comes whole.
func TestCallOverMovingSession(t *testing.T) {
	request := make([]byte, 100_000)
	for i := range request {
		request[i] = byte(i * 7 >> 3)
	}
	for _, c := range []struct {
		name   string
		when   func(w *world, got, served int) bool // frames at the end
		silent bool
	}{
		{"request, broken", func(_ *world, got, _ int) bool { return got > 30 }, false},
		{"request, silent", func(_ *world, got, _ int) bool { return got > 30 }, true},
		{"wait, silent", func(_ *world, _, served int) bool { return served > 0 }, true},
		{"response, broken", func(w *world, _, _ int) bool { return w.members[0].mate(w.members[3]).active.c.Stats().In > 80 }, false},
		{"response, silent", func(w *world, _, _ int) bool { return w.members[0].mate(w.members[3]).active.c.Stats().In > 80 }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newDiamond(t, 80)
			served := w.answering(3, 300*time.Millisecond)
			w.start()
			src, dst := w.ends()
			w.connect(src, dst)
			w.stream(src, dst, 20*time.Millisecond, time.Second, false)
			var response []byte
			ended := 0
			frames := dst.listen(false)
			src.host.Turn(func(now time.Time) {
				if err := src.Call(now, dst.Key(), request, func(_ time.Time, b []byte, err error) {
					if ended++; err != nil {
						t.Error(err)
					}
					response = bytes.Clone(b)
				}); err != nil {
					t.Fatal(err)
				}
			})
			if !w.RunUntil(5*time.Second, func() bool { return c.when(w, len(frames.bodies), *served) }) || ended > 0 {
				t.Fatalf("%d frames at the end, ended %d times, before the way could fail", len(frames.bodies), ended)
			}
			if c.silent {
				w.lane(1, 3).Cut = silent
			} else {
				w.unplug(1, 3)
			}
			if !w.RunUntil(3*time.Second, func() bool { return ended > 0 }) {
				t.Error("the call has not ended in three seconds")
			}
			w.Run(10 * time.Second)
			if ended != 1 || *served != 1 || !bytes.Equal(response, append(bytes.Clone(request), request...)) {
				t.Errorf("ended %d times, served %d times, %d bytes came; want once, once, %d", ended, *served, len(response), 2*len(request))
			}
			if src.N.Moves != 1 {
				t.Errorf("moved %d times, want once", src.N.Moves)
			}
		})
	}
}

// TestCallOpensASession: a call to a peer there is no session with waits for it.
func TestCallOpensASession(t *testing.T) {
	w := newDiamond(t, 81)
	served := w.answering(3, 0)
	w.start()
	src, dst := w.ends()
	var got []byte
	src.host.Turn(func(now time.Time) {
		src.Call(now, dst.Key(), []byte("who"), func(_ time.Time, b []byte, err error) {
			if err != nil {
				t.Error(err)
			}
			got = bytes.Clone(b)
		})
	})
	w.Run(time.Second)
	if string(got) != "whowho" || *served != 1 {
		t.Errorf("got %q, served %d times", got, *served)
	}
}

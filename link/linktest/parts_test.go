package linktest

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"hopwire/link"
)

// A chatter answers each frame with one, and writes down what came.
type chatter struct {
	host *Host
	log  []byte
	left int
}

func (c *chatter) Receive(now time.Time, port int, f *link.Frame) {
	c.log = fmt.Appendf(c.log, "%d %d %x;", now.UnixNano(), port, f.Bytes()[0])
	if c.left--; c.left < 0 {
		c.host.Free(f)
		return
	}
	f.Bytes()[0]++
	c.host.Send(port, f)
}

func (c *chatter) Advance(time.Time) time.Time { return time.Time{} }

// TestPartsRepeat: hosts of two parts send each other frames over cables that lose and
// delay them; each run of a seed is the same, whichever part is faster.
func TestPartsRepeat(t *testing.T) {
	run := func() (sum [32]byte, frames uint64) {
		s := New(3)
		s.Split(2, time.Millisecond)
		var all []*chatter
		for i := range 8 {
			c := &chatter{host: s.Part(i).Host(), left: 300}
			c.host.Core = c
			all = append(all, c)
		}
		for i := range all {
			g := s.Segment(time.Millisecond)
			g.Loss, g.Jitter = 0.002, 3*time.Millisecond
			g.Attach(all[i].host)
			g.Attach(all[(i*3+1)%len(all)].host)
		}
		for i, c := range all {
			s.After(time.Duration(i)*time.Microsecond, func() {
				for _, e := range c.host.Ends {
					f := c.host.Alloc()
					f.Broadcast, f.N = true, link.FrameShort
					f.Bytes()[0] = byte(i)
					c.host.Send(e.Port, f)
				}
			})
		}
		s.Run(3 * time.Second)
		h := sha256.New()
		for _, c := range all {
			h.Write(c.log)
		}
		return [32]byte(h.Sum(nil)), s.Frames
	}
	first, frames := run()
	if frames < 1000 {
		t.Fatalf("%d frames: nobody talks", frames)
	}
	for range 5 {
		if again, _ := run(); again != first {
			t.Fatal("two runs of one seed differ")
		}
	}
}

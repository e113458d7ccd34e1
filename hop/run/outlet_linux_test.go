package run

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/link"
	"hopwire/link/nic"
)

// A slowPort is a port in virtual time: what it is given waits in a queue of bounded
// length, as in the kernel, and leaves at a rate.
type slowPort struct {
	rate   float64 // bytes a second
	now    time.Time
	idle   time.Time   // when it will have sent all that it has
	leaves []time.Time // of each frame that it has
	sent   float64     // bytes, that it has too
	buffer int
	fd     int
}

func (s *slowPort) at(now time.Time) {
	s.now = now
	for len(s.leaves) > 0 && !s.leaves[0].After(now) {
		s.leaves = s.leaves[1:]
	}
}

func (s *slowPort) Queued() int { return len(s.leaves) * kernelFrame }

func (s *slowPort) Write(frames []*link.Frame) (int, error) {
	for i, f := range frames {
		if s.Queued() >= s.buffer {
			return i, link.ErrFull
		}
		if s.idle.Before(s.now) {
			s.idle = s.now
		}
		s.idle = s.idle.Add(time.Duration(float64(f.N) / s.rate * 1e9))
		s.leaves = append(s.leaves, s.idle)
		s.sent += float64(f.N)
	}
	return len(frames), nil
}

// writable is when no more than half of what it may have is left.
func (s *slowPort) writable() time.Time {
	if over := len(s.leaves) - s.buffer/kernelFrame/2; over > 0 {
		return s.leaves[over-1]
	}
	return s.now
}

func (s *slowPort) SetReceiveBuffer(int, int)               {}
func (s *slowPort) SetSendBuffer(bytes int)                 { s.buffer = bytes }
func (s *slowPort) Descriptors() ([]int, int)               { return []int{s.fd}, s.fd }
func (s *slowPort) TryRead(int, []*link.Frame) (int, error) { return 0, nil }
func (s *slowPort) Read([]*link.Frame) (int, error)         { return 0, nil }
func (s *slowPort) ReadBroadcast(*link.Frame) error         { return link.ErrNoBroadcast }
func (s *slowPort) WriteBroadcast(*link.Frame) error        { return link.ErrNoBroadcast }
func (s *slowPort) Close() error                            { return unix.Close(s.fd) }

// drive sends as much as there is room for during some seconds, each time so late
// after the port could take more; it returns the share of the rate that was used and
// how many milliseconds of it the kernel may have at the end.
func drive(t *testing.T, mbits float64, late time.Duration) (used, ms float64) {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	s := &slowPort{rate: mbits * 1e6 / 8, fd: fd, now: time.Unix(1, 0)}
	pool := newPool(256, 0)
	poller, err := nic.NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	p := newRunPort(0, s, link.PortInfo{}, pool)
	defer p.close(pool)
	if ok, err := p.poll([]*lane{{poller: poller}}); !ok || err != nil {
		t.Fatal("not polled", err)
	}
	begun := s.now
	for s.now.Sub(begun) < 5*time.Second {
		for !p.full {
			for p.queue.Len() < 2*batchSize {
				f := pool.get()
				f.N = link.FrameLong
				p.queue.Push(s.now, f)
			}
			p.flush(s.now, pool)
		}
		s.at(s.writable().Add(late))
		p.writable(s.now)
	}
	return s.sent / s.now.Sub(begun).Seconds() / s.rate, float64(s.buffer) / kernelFrame * link.FrameLong / s.rate * 1e3
}

// TestKernelQueue: what waits in the kernel is as short as the time that we take to
// come back allows, and the port hardly ever runs dry.
func TestKernelQueue(t *testing.T) {
	for _, c := range []struct {
		mbits float64
		late  time.Duration
		most  float64 // ms
	}{
		{1, 100 * time.Microsecond, 3 * 11.6}, // three frames
		{20, 100 * time.Microsecond, 3 * 0.58},
		{100, 100 * time.Microsecond, 1.3},
		{100, 3 * time.Millisecond, 8.1},
		{800, 100 * time.Microsecond, 1.3},
		{800, 500 * time.Microsecond, 2.0},
	} {
		used, ms := drive(t, c.mbits, c.late)
		t.Logf("%v Mbit/s, %v late: %.1f %% used, %.2f ms in the kernel", c.mbits, c.late, 100*used, ms)
		if used < 0.97 || ms > c.most {
			t.Errorf("%v Mbit/s, %v late: %.1f %% used, want 97; %.2f ms in the kernel, want at most %v", c.mbits, c.late, 100*used, ms, c.most)
		}
	}
}

// TestIntake: a receive queue has room for 10 ms of the lane's work, within bounds,
// and is not asked to change for less than a fifth.
func TestIntake(t *testing.T) {
	var i intake
	asked := 0
	for _, c := range []struct {
		rate float64
		room int // 0: nothing is asked
	}{{2_000, 0}, {12_000, 0}, {30_000, 300}, {33_000, 0}, {500_000, intakeMost}, {500_000, 0}, {2_000, intakeFirst}} {
		asked = 0
		if i.widen(c.rate, func(bytes int) { asked = bytes / kernelFrame }); asked != c.room {
			t.Errorf("at %v frames/s: room for %d, want %d", c.rate, asked, c.room)
		}
	}
}

func TestStanding(t *testing.T) {
	var s standing
	now, told := time.Unix(1, 0), 0
	look := func(after time.Duration, waits bool) {
		now = now.Add(after)
		if s.tell(now, waits) {
			told++
		}
	}
	for range 100 { // bursts
		look(time.Millisecond, true)
		look(time.Millisecond, true)
		look(time.Millisecond, false)
	}
	look(time.Hour, true) // idle before
	if told != 0 {
		t.Fatalf("told %d times of bursts", told)
	}
	for range 100 {
		look(time.Millisecond, true)
	}
	if told < 9 || told > 11 {
		t.Errorf("told %d times within 100 ms, want 10", told)
	}
}

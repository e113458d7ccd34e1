package run

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/hop"
	"hopwire/link"
	"hopwire/link/nic"
)

// A faultyPort is one whose reads fail as they are told to. Its descriptor is always
// readable, as one with an error is.
type faultyPort struct {
	slowPort
	err   error
	reads int
}

func (p *faultyPort) TryRead(int, []*link.Frame) (int, error) { p.reads++; return 0, p.err }

// faulty is a runner with one lane and a faulty port that it polls, without a goroutine.
func faulty(t *testing.T, err error) (*Runner, *faultyPort, *runPort) {
	t.Helper()
	fd, e := unix.Eventfd(1, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if e != nil {
		t.Fatal(e)
	}
	r := &Runner{pool: newPool(4*batchSize, batchSize), start: time.Now()}
	l, e := newLane(r)
	if e != nil {
		t.Fatal(e)
	}
	l.Lane = hop.NewLane(new(link.Links), new(hop.Circuits), nil)
	r.lanes = []*lane{l}
	f := &faultyPort{slowPort: slowPort{fd: fd}, err: err}
	p := newRunPort(0, f, link.PortInfo{Name: "w0"}, r.pool)
	r.ports = []*runPort{p}
	if ok, err := p.poll(r.lanes); !ok || err != nil {
		t.Fatal(ok, err)
	}
	t.Cleanup(func() { p.close(r.pool); l.poller.Close() })
	return r, f, p
}

// turns has the lane serve its events so many times, in steps of time.
func (r *Runner) turns(n int, step time.Duration) {
	l := r.lanes[0]
	for range n {
		<-time.After(step)
		for _, e := range l.poller.Wait(0) {
			l.event(e)
		}
	}
}

// TestReadErrors: an error of one moment does not end a receive queue, many in a row are
// no load, and a read that succeeds ends the row.
func TestReadErrors(t *testing.T) {
	for _, err := range []error{unix.ENOBUFS, unix.ENOMEM, unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.EIO} {
		synctest.Test(t, func(t *testing.T) {
			r, f, p := faulty(t, err)
			r.turns(10_000, time.Millisecond)
			if f.reads < 10 || f.reads > 40 {
				t.Errorf("%v: %d reads in 10 s of errors, want 10 to 40", err, f.reads)
			}
			if r.ReadErrors() != f.reads {
				t.Errorf("%v: %d counted of %d", err, r.ReadErrors(), f.reads)
			}
			f.err = nil
			before := f.reads
			r.turns(2000, time.Millisecond)
			if f.reads < before+900 || p.row[0] != 0 {
				t.Errorf("%v: %d reads in two seconds after the last error, row %d", err, f.reads-before, p.row[0])
			}
		})
	}
}

// TestReadGone: a port that is no more is reported, with its id, and not read again.
func TestReadGone(t *testing.T) {
	for _, err := range []error{unix.ENODEV, unix.EBADF} {
		r, f, _ := faulty(t, err)
		told := make(chan int, 100)
		r.Errors = func(id int, name string, got error) {
			if name != "w0" || got != err {
				t.Errorf("told of %s, %v", name, got)
			}
			told <- id
		}
		r.turns(100, time.Microsecond)
		if id := <-told; id != 0 || f.reads != 1 {
			t.Errorf("%v: port %d was read %d times, want port 0 once", err, id, f.reads)
		}
	}
}

// TestBroadcastErrors: the goroutine that hears beacons goes on after an error.
func TestBroadcastErrors(t *testing.T) {
	r, _, p := faulty(t, nil)
	for row := range readSpare {
		if !r.goOn(p, row, unix.ENOBUFS) {
			t.Fatal("an error of one moment is the end")
		}
	}
	if errorPause(readSpare+1) != readPause || r.goOn(p, 1, unix.ENODEV) {
		t.Error("no pause after many errors, or no end without a device")
	}
	if most := errorPause(1 << 30); most != readMost {
		t.Errorf("a pause of %v, want at most %v", most, readMost)
	}
}

// A lateBeacon is a port that was removed while its last beacon was read.
type lateBeacon struct {
	faultyPort
	read bool
}

func (p *lateBeacon) ReadBroadcast(*link.Frame) error {
	if p.read {
		return link.ErrNoBroadcast
	}
	p.read = true
	return nil
}

// TestLateBeacon: what comes by a port that was removed meanwhile takes no frame of the pool.
func TestLateBeacon(t *testing.T) {
	r, f, p := faulty(t, nil)
	p.port = &lateBeacon{faultyPort: *f}
	r.ports = nil
	before := len(r.pool.free)
	r.lanes[0].Lane = nil // no node
	r.done.Add(1)
	r.readBroadcast(0, p)
	if after := len(r.pool.free); after != before {
		t.Errorf("%d frames in the pool, before %d", after, before)
	}
}

// A lostTUN is a device that was deleted: its descriptors are readable for ever.
type lostTUN struct {
	fd     int
	reads  int
	closed bool
}

func (d *lostTUN) Descriptors() []int { return []int{d.fd, d.fd} }
func (d *lostTUN) Receive(int, func(head, rest []byte)) (bool, error) {
	d.reads++
	return false, unix.EBADFD
}
func (d *lostTUN) Put([]byte)   {}
func (d *lostTUN) Flush()       {}
func (d *lostTUN) Close() error { d.closed = true; return unix.Close(d.fd) }

// TestTUNLost: it is closed at once and reported, and another can take its place. One
// that no poller takes is an error (here for the descriptor is there twice).
func TestTUNLost(t *testing.T) {
	r, _, _ := faulty(t, nil)
	r.lanes[0].Lane = nil // no node
	told := make(chan int, 1)
	r.Errors = func(id int, _ string, _ error) { told <- id }
	fd, err := unix.Eventfd(1, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	d := &lostTUN{fd: fd}
	if err := r.AttachTUN(d); !errors.Is(err, unix.EEXIST) || !d.closed || r.HasTUN() {
		t.Errorf("%v, closed %v; want an error, and that it is closed", err, d.closed)
	}
	r.tun, r.tunStates = &lostTUN{fd: -1}, make([]tunState, 1)
	r.fromTUN = r.readTUN
	for range 10 {
		r.lanes[0].event(nic.Event{Token: tokenTUN})
	}
	if id := <-told; id != TUN || r.HasTUN() {
		t.Errorf("told of port %d, still there %v", id, r.HasTUN())
	}
}

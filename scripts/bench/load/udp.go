package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lossMost = 0.01                   // of a rate that counts
	lossFar  = 0.2                    // no accident
	drain    = 150 * time.Millisecond // for what is still on its way
)

// A probe is the outcome of offering one rate.
type probe struct {
	offered, got float64       // packets/s
	cpu          time.Duration // of the relay
	packets      int
	wall         time.Duration
}

func (p probe) loss() float64 { return 1 - p.got/p.offered }

// searchUDP finds the highest rate of packets of o.size bytes of which less than
// one in a hundred is lost, by halving the interval on a logarithmic scale. A rate
// that fails by little is tried twice more: the machine has other work too.
func searchUDP(o *options) error {
	fd, err := o.udpSocket()
	if err != nil {
		return err
	}
	var best probe
	_, err = search(o.least, o.most, o.steps, func(rate float64) (bool, error) {
		for range 3 {
			p, err := o.probe(fd, rate)
			if err != nil || p.loss() >= lossFar {
				return false, err
			}
			if p.loss() >= lossMost {
				continue
			}
			if p.got > best.got {
				best = p
			}
			return p.offered > 0.97*rate, nil // a generator that lags cannot offer more
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	name := fmt.Sprintf("udp%d", o.size)
	o.say(name+"_pps", best.got, "packets/s")
	if o.relay != 0 && best.packets > 0 {
		o.say(name+"_relay_ns", float64(best.cpu.Nanoseconds())/float64(best.packets), "ns/packet")
		o.say(name+"_relay_busy", float64(best.cpu)/float64(best.wall), "cores")
	}
	return nil
}

// search narrows [low, high] down around the highest value that passes.
func search(low, high float64, steps int, pass func(v float64) (bool, error)) (float64, error) {
	for range steps {
		middle := math.Sqrt(low * high)
		ok, err := pass(middle)
		if err != nil {
			return 0, err
		}
		if ok {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func (o *options) udpSocket() (int, error) {
	c, err := net.Dial("udp", o.to)
	if err != nil {
		return 0, err
	}
	return descriptor(c.(*net.UDPConn))
}

// probe offers one rate for o.length.
func (o *options) probe(fd int, rate float64) (p probe, err error) {
	var id [4]byte
	rand.Read(id[:])
	before := cpuTime(o.relay)
	begun := time.Now()
	sent, err := pace(fd, o.size, id, rate, o.length)
	if err != nil {
		return p, err
	}
	took := time.Since(begun)
	time.Sleep(drain)
	p.wall, p.cpu = time.Since(begun), cpuTime(o.relay)-before
	got, err := o.ask("run %d", binary.LittleEndian.Uint32(id[:]))
	p.packets = int(got)
	p.offered, p.got = float64(sent)/took.Seconds(), float64(got)/took.Seconds()
	return p, err
}

// pace sends at a rate, in batches of what is due, sleeping in between: the ends of
// the tunnel share this core. What is due for longer than 10 ms is given up.
func pace(fd, size int, id [4]byte, rate float64, length time.Duration) (sent int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b := newBatch()
	b.size(size)
	for i := range b.data {
		copy(b.data[i][:], id[:])
	}
	allowed, last := 0.0, time.Now()
	for end := last.Add(length); last.Before(end); {
		now := time.Now()
		allowed, last = min(allowed+rate*now.Sub(last).Seconds(), max(rate/100, batchMost)), now
		if allowed < 1 {
			nap(max(50*time.Microsecond, time.Duration(8/rate*1e9)))
			continue
		}
		n, err := b.send(fd, min(int(allowed), batchMost))
		if err == unix.ENOBUFS || err == unix.ECONNREFUSED {
			nap(50 * time.Microsecond)
			continue
		} else if err != nil {
			return sent, err
		}
		sent, allowed = sent+n, allowed-float64(n)
	}
	return sent, nil
}

// nap sleeps on this thread: Go's timers come late by up to a millisecond.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	unix.Nanosleep(&t, nil)
}

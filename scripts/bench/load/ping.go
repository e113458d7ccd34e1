package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A pinger sends ICMPv6 echo requests over a raw socket. Arrivals bear the kernel's
// time, as ping(8) takes it: the wake-up of this process is not the network's.
type pinger struct {
	fd   int
	to   unix.SockaddrInet6
	data [64]byte
	oob  [128]byte
}

const icmpHeader = 8 // type, code, checksum (the kernel's), id, sequence

func newPinger(to string) (*pinger, error) {
	a, err := netip.ParseAddr(to)
	if err != nil || !a.Is6() {
		return nil, fmt.Errorf("%q is not an IPv6 address", to)
	}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMPV6)
	if err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return nil, err
	}
	var only unix.ICMPv6Filter // set bits are blocked
	for i := range only.Data {
		only.Data[i] = ^uint32(0)
	}
	only.Data[129/32] &^= 1 << (129 % 32) // echo reply
	if err := unix.SetsockoptICMPv6Filter(fd, unix.IPPROTO_ICMPV6, unix.ICMPV6_FILTER, &only); err != nil {
		return nil, err
	}
	return &pinger{fd: fd, to: unix.SockaddrInet6{Addr: a.As16()}}, nil
}

// ping waits for the answer to one request; ok is false when none came in time.
func (p *pinger) ping(seq uint16, wait time.Duration) (rtt time.Duration, ok bool, err error) {
	id := uint16(os.Getpid())
	b := [56]byte{0: 128}
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	begun := time.Now()
	if err := unix.Sendto(p.fd, b[:], 0, &p.to); err != nil {
		time.Sleep(min(wait, 2*time.Millisecond)) // no route yet, or no room
		return 0, false, nil
	}
	for left := wait; left > 0; left = wait - time.Since(begun) {
		t := unix.NsecToTimeval(left.Nanoseconds())
		t.Usec = max(t.Usec, 1)
		if err := unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &t); err != nil {
			return 0, false, err
		}
		n, oobn, _, _, err := unix.Recvmsg(p.fd, p.data[:], p.oob[:], 0)
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		} else if err != nil {
			return 0, false, err
		}
		if n >= icmpHeader && binary.BigEndian.Uint16(p.data[4:]) == id && binary.BigEndian.Uint16(p.data[6:]) == seq {
			at, err := stamp(p.oob[:oobn])
			return at.Sub(begun.Round(0)), true, err
		}
	}
	return 0, false, nil
}

// stamp reads the kernel's time of arrival.
func stamp(oob []byte) (time.Time, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), nil
		}
	}
	return time.Time{}, fmt.Errorf("no time of arrival (%v)", err)
}

// pings times at most o.count requests within o.length, each answered or given up
// before the next.
func pings(o *options) error {
	runtime.LockOSThread()
	p, err := newPinger(o.to)
	if err != nil {
		return err
	}
	var times []time.Duration
	lost := 0
	end := time.Now().Add(o.length)
	for i := 0; i < o.count && time.Now().Before(end); i++ {
		rtt, ok, err := p.ping(uint16(i), time.Second)
		if err != nil {
			return err
		}
		if ok {
			times = append(times, rtt)
		} else if lost++; lost > 5 {
			return fmt.Errorf("%d of %d pings to %s are lost", lost, i+1, o.to)
		}
		nap(o.every)
	}
	if lost > 0 {
		o.say(o.figure+"_lost", float64(lost), "pings")
	}
	return o.sayTimes(times)
}

// reach pings every few milliseconds until the first answer, at most o.length, and
// says how long that was since o.since.
func reach(o *options) error {
	p, err := newPinger(o.to)
	if err != nil {
		return err
	}
	begun := time.Now()
	if o.since == 0 {
		o.since = begun.UnixNano()
	}
	for seq := uint16(0); time.Since(begun) < o.length; seq++ {
		_, ok, err := p.ping(seq, 10*time.Millisecond)
		if err != nil {
			return err
		}
		if ok {
			o.say("first_ping", float64(time.Now().UnixNano()-o.since)/1e6, "ms")
			return nil
		}
	}
	return fmt.Errorf("no answer from %s within %v", o.to, o.length)
}

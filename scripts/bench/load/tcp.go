package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

const (
	warmUp   = 500 * time.Millisecond // of a stream before it counts
	patience = 5 * time.Second
)

// dial opens a stream to the server, through the proxy if there is one.
func (o *options) dial(mode byte) (net.Conn, error) {
	to := o.to
	if o.socks != "" {
		to = o.socks
	}
	c, err := net.DialTimeout("tcp", to, patience)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(o.length + time.Duration(o.count)*o.every + 2*patience))
	if o.socks != "" {
		if err := o.connect(c); err != nil {
			c.Close()
			return nil, err
		}
	}
	_, err = c.Write([]byte{mode})
	return c, err
}

// connect is SOCKS5 without authentication (RFC 1928), to an IPv4 address.
func (o *options) connect(c net.Conn) error {
	to, err := netip.ParseAddrPort(o.to)
	if err != nil || !to.Addr().Is4() {
		return fmt.Errorf("%s: a proxy is asked for IPv4 addresses only", o.to)
	}
	var b [10]byte
	if _, err := c.Write([]byte{5, 1, 0}); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, b[:2]); err != nil {
		return err
	}
	a := to.Addr().As4()
	request := binary.BigEndian.AppendUint16(append([]byte{5, 1, 0, 1}, a[:]...), to.Port())
	if _, err := c.Write(request); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, b[:10]); err != nil {
		return err
	}
	if b[1] != 0 {
		return fmt.Errorf("the proxy refused: SOCKS reply %d", b[1])
	}
	return nil
}

// bulk sends one stream for o.length after a warm-up; what the server has got in
// that time counts, and the relay's CPU time in it.
func bulk(o *options) error {
	c, err := o.dial(modeSink)
	if err != nil {
		return err
	}
	defer c.Close()
	failed := make(chan error, 1)
	go func() { failed <- o.pour(c) }()
	time.Sleep(warmUp)
	got, err := o.ask("sunk")
	if err != nil {
		return err
	}
	cpu, begun := cpuTime(o.relay), time.Now()
	select {
	case err := <-failed:
		return err
	case <-time.After(o.length):
	}
	end, err := o.ask("sunk")
	if err != nil {
		return err
	}
	o.sayBulk(float64(end-got), cpuTime(o.relay)-cpu, time.Since(begun))
	return nil
}

// pour writes without end. A proxy takes in what it is given, without bound and
// before it sends: there the sender keeps no more than a little ahead of the server,
// as flow control from end to end does elsewhere.
func (o *options) pour(c net.Conn) error {
	const ahead = 1 << 20
	begun, err := o.ask("sunk")
	if err != nil {
		return err
	}
	b := make([]byte, 128<<10)
	for sent := begun; ; sent += int64(len(b)) {
		for o.socks != "" {
			sunk, err := o.ask("sunk")
			if err != nil {
				return err
			}
			if sent-sunk < ahead {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
}

func (o *options) sayBulk(bytes float64, cpu, wall time.Duration) {
	o.say("tcp_mbits", bytes*8/1e6/wall.Seconds(), "Mbit/s")
	if o.relay != 0 && bytes > 0 {
		o.say("relay_cpu", cpu.Seconds()/(bytes/1e9), "s/GB")
		o.say("tcp_relay_busy", float64(cpu)/float64(wall), "cores")
	}
}

// echoes times requests of 16 bytes on one stream, one after the other, at most
// o.count within o.length.
func echoes(o *options) error {
	c, err := o.dial(modeEcho)
	if err != nil {
		return err
	}
	defer c.Close()
	var times []time.Duration
	end := time.Now().Add(o.length)
	for b := make([]byte, 16); len(times) < o.count && time.Now().Before(end); {
		begun := time.Now()
		if _, err := c.Write(b); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, b); err != nil {
			return err
		}
		times = append(times, time.Since(begun))
		time.Sleep(o.every)
	}
	return o.sayTimes(times)
}

// firstBytes times new streams: from the call to the first byte that comes back.
func firstBytes(o *options) error {
	var times []time.Duration
	end := time.Now().Add(o.length)
	for len(times) < o.count && time.Now().Before(end) {
		begun := time.Now()
		c, err := o.dial(modeEcho)
		if err != nil {
			return err
		}
		b := []byte{1}
		c.Write(b)
		_, err = io.ReadFull(c, b)
		c.Close()
		if err != nil {
			return err
		}
		times = append(times, time.Since(begun))
		time.Sleep(o.every)
	}
	return o.sayTimes(times)
}

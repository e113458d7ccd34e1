// Command evil is a stranger on a cable: it has no key, only what it hears. It records
// the cable, and sends what it recorded or made up, at a rate, until its time is over
// or SIGTERM comes. Then it prints how many frames it sent, and how many of those were
// for -to or for everybody: only they can be counted there.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// options of all kinds; each uses some.
type options struct {
	name, what, to, file string
	rate                 float64
	length               time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.name, "interface", "", "where to hear and send")
	flag.StringVar(&o.what, "what", "", "record, replay, long, short or udp")
	flag.StringVar(&o.to, "to", "", "who is meant: a MAC address, or ADDRESS:PORT")
	flag.StringVar(&o.file, "file", "", "the recording: all but record and udp read it")
	flag.Float64Var(&o.rate, "rate", 1000, "frames a second")
	flag.DurationVar(&o.length, "duration", 5*time.Second, "for how long, at most")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	defer stop()
	ctx, stop = context.WithTimeout(ctx, o.length)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "evil: %s: %v\n", o.what, err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	switch o.what {
	case "record":
		return o.record(ctx)
	case "udp":
		c, err := net.Dial("udp", o.to)
		if err != nil {
			return err
		}
		return o.send(ctx, c.Write, datagrams)
	case "replay", "long", "short":
		return o.frames(ctx)
	}
	return fmt.Errorf("no such kind")
}

// frames sends what the kind is made of, by a socket that hears nothing.
func (o *options) frames(ctx context.Context) error {
	fd, err := open(o.name, 0)
	if err != nil {
		return err
	}
	heard, err := load(o.file)
	if err != nil {
		return err
	}
	to, err := net.ParseMAC(o.to)
	if err != nil {
		return err
	}
	next := map[string]func() []byte{"replay": again(heard), "long": long(heard, to), "short": short(heard)}[o.what]
	return o.send(ctx, func(b []byte) (int, error) { return unix.Write(fd, b) }, next)
}

// send sends at the rate. Who gets no processor for a while sends less: a burst of all
// that is due would be another attack.
func (o *options) send(ctx context.Context, write func(b []byte) (int, error), next func() []byte) error {
	to, _ := net.ParseMAC(o.to)
	sent, meant, due, last := 0, 0, 0.0, time.Now()
	for tick := time.NewTicker(time.Millisecond); ctx.Err() == nil; <-tick.C {
		now := time.Now()
		due = min(due+o.rate*now.Sub(last).Seconds(), o.rate/50)
		for last = now; due >= 1; due-- {
			b := next()
			if _, err := write(b); err != nil {
				continue // no buffer, or nobody at the port
			}
			sent++
			if to == nil || bytes.Equal(b[:6], to) || bytes.Equal(b[:6], everybody) {
				meant++
			}
		}
	}
	fmt.Println(sent, meant)
	return nil
}

// open opens a socket on an interface. Protocol 0 hears nothing.
func open(name string, protocol uint16) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return 0, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol<<8 | protocol>>8, Ifindex: i.Index})
}

// random is what a stranger has in place of keys.
var random = rand.NewChaCha8([32]byte{byte(os.Getpid()), byte(os.Getpid() >> 8)})

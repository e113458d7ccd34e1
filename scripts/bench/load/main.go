// Command load makes the traffic that 'make bench' and 'make bench-peers' measure
// with, the same for every peer: TCP, UDP, pings, echoes and new streams, from one
// namespace to a 'load serve' in another. It prints one JSON line a figure. Times
// are taken here and at the server, CPU time from the relay's threads in /proc; the
// two ends talk about counts over a Unix socket, which no network namespace divides.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

// options of all commands; each uses some.
type options struct {
	to, socks, control string // peer's address:port, SOCKS5 proxy or "", server's socket
	length             time.Duration
	every              time.Duration
	count, size, steps int
	least, most        float64 // packets/s offered
	relay              int     // process whose CPU time counts; 0: none
	figure, what       string
	nodes              int
	since              int64 // Unix nanoseconds
	args               []string
}

var commands = map[string]func(o *options) error{
	"serve":     serve,
	"tcp":       bulk,
	"udp":       searchUDP,
	"ping":      pings,
	"reach":     reach,
	"echo":      echoes,
	"firstbyte": firstBytes,
	"rss":       peakRSS,
	"frames":    frames,
	"floor":     floor,
	"table":     table,
	"wgkey":     wgKey,
	"uapi":      uapi,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fail(fmt.Errorf("which command? one of serve, tcp, udp, ping, reach, echo, firstbyte, rss, frames, floor, table, wgkey, uapi"))
	}
	var o options
	f := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	f.StringVar(&o.to, "to", "", "address and port of the server, or an address to ping")
	f.StringVar(&o.socks, "socks", "", "SOCKS5 proxy; empty: none")
	f.StringVar(&o.control, "control", "", "Unix socket of the server")
	f.DurationVar(&o.length, "for", 3*time.Second, "length of a run, at most")
	f.DurationVar(&o.every, "every", 5*time.Millisecond, "gap between two requests")
	f.IntVar(&o.count, "count", 100, "requests")
	f.IntVar(&o.size, "size", 64, "bytes of UDP payload")
	f.IntVar(&o.steps, "steps", 7, "steps of a search")
	f.Float64Var(&o.least, "least", 2_000, "packets/s offered at least")
	f.Float64Var(&o.most, "most", 640_000, "packets/s offered at most")
	f.IntVar(&o.relay, "relay", 0, "process id of the relay")
	f.StringVar(&o.figure, "figure", "", "name of the figure")
	f.StringVar(&o.what, "what", "", "what is measured")
	f.IntVar(&o.nodes, "nodes", 0, "nodes in the chain")
	f.Int64Var(&o.since, "since", 0, "Unix nanoseconds from which to count")
	f.Parse(os.Args[2:])
	o.args = f.Args()
	if err := commands[os.Args[1]](&o); err != nil {
		fail(fmt.Errorf("%s: %w", os.Args[1], err))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// A record is one figure, as printed and as read by 'table'.
type record struct {
	Figure string  `json:"figure"`
	Nodes  int     `json:"nodes"`
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
}

// say prints a figure, and appends it to the file that LOAD_RECORD names.
func (o *options) say(figure string, value float64, unit string) {
	b, err := json.Marshal(record{figure, o.nodes, o.what, round(value), unit})
	if err != nil {
		fail(err)
	}
	b = append(b, '\n')
	os.Stdout.Write(b)
	if name := os.Getenv("LOAD_RECORD"); name != "" {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			fail(err)
		}
		defer f.Close()
		f.Write(b)
	}
}

// round keeps four digits: more would be noise.
func round(v float64) (r float64) {
	fmt.Sscanf(fmt.Sprintf("%.4g", v), "%g", &r)
	return r
}

// sayTimes prints median and 99th percentile of times, in microseconds.
func (o *options) sayTimes(times []time.Duration) error {
	if len(times) == 0 {
		return fmt.Errorf("no answer from %s", o.to)
	}
	slices.Sort(times)
	o.say(o.figure+"_p50", micro(times[len(times)/2]), "us")
	o.say(o.figure+"_p99", micro(times[min(len(times)-1, len(times)*99/100)]), "us")
	return nil
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

package daemon

import (
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/setting"
	"hopwire/cmd/table"
	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/route"
)

// status is the node in one row.
func (d *Daemon) status() *table.Table {
	t := table.New("address:s ip:s version:s uptime_s:n interfaces:l links:n known:n sessions:n circuits:n max_circuits:n frames_in:n frames_out:n relayed:n memory_kb:n peak_kb:n elsewhere:s")
	var more []any // of the program's own
	if d.Parts.Status != nil {
		columns, values := d.Parts.Status()
		t, more = table.New(t.Head+columns), values
	}
	t.Single = true
	rss, peak := memory()
	names, why := d.ports.list()
	var used []string
	for _, n := range names {
		if why[n] == "" {
			used = append(used, n)
		}
	}
	d.Runner.Turn(func(now time.Time) {
		n := d.Runner.Node()
		circuits, most := n.Circuits.Load()
		by := ""
		if from, ok := elsewhere(now, d.Map); ok {
			by = from.String()
		}
		t.Add(append([]any{d.ID.Key(), d.ID.Key().IPv6(), d.Version, int(time.Since(d.start).Seconds()), strings.Join(used, " "), len(n.Links.All()), d.Map.Len(), n.Peers(),
			circuits, most, n.Links.N.In, n.Links.N.Out, n.Circuits.N.Relayed + n.Circuits.N.RelayedBack, rss, peak, by}, more...)...)
	})
	return t
}

// memory reads the resident size and its peak, in kB.
func memory() (rss, peak int) {
	text, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(text), "\n") {
		switch f := strings.Fields(l); {
		case len(f) < 2:
		case f[0] == "VmRSS:":
			rss, _ = strconv.Atoi(f[1])
		case f[0] == "VmHWM:":
			peak, _ = strconv.Atoi(f[1])
		}
	}
	return rss, peak
}

func (d *Daemon) peers() *table.Table {
	t := table.New("address:s interface:s at:s up_s:n rtt_ms:n rtt_min_ms:n loss_in:n loss_out:n kbits:n frames_in:n frames_out:n version:n")
	d.Runner.Turn(func(now time.Time) {
		for _, l := range d.Runner.Node().Links.All() {
			_, p := l.Port()
			q, s := l.Quality(), l.Stats()
			t.Add(l.Peer(), p.Name, l.Addr(), int(now.Sub(l.Since()).Seconds()), Milliseconds(q.RTT), Milliseconds(q.RTTMin), q.LossIn, q.LossOut, q.Capacity, s.FramesIn, s.FramesOut, l.Version())
		}
	})
	return t
}

func (d *Daemon) circuits() *table.Table {
	t := table.New("kind:s state:s peer:s hops:l up:s down:s age_s:n rtt_ms:n frames_in:n frames_out:n")
	name := func(k identity.Key) string {
		if k == (identity.Key{}) {
			return ""
		}
		return k.String()
	}
	d.Runner.Turn(func(now time.Time) {
		for _, c := range d.Runner.Node().CircuitList(now) {
			var hops []string
			for _, h := range c.Hops {
				hops = append(hops, h.String())
			}
			t.Add(c.Kind, c.State, name(c.Peer), strings.Join(hops, " "), name(c.Up), name(c.Down), int(c.Age.Seconds()), Milliseconds(c.RTT), c.In, c.Out)
		}
	})
	return t
}

func (d *Daemon) routes() *table.Table {
	t := table.New("address:s ip:s hops:n cost_ms:n path:l links:n relay:n age_s:n state:s")
	d.Runner.Turn(func(now time.Time) {
		for _, k := range d.Map.Routes(now) {
			relay := 0
			if k.Relay {
				relay = 1
			}
			state, via, cost := "ok", []string{}, 0.0
			if k.Err != nil {
				state = plain(k.Err)
			} else {
				cost = Milliseconds(k.Path.Cost)
				for _, h := range k.Path.Hops {
					via = append(via, h.Key.Short().String())
				}
			}
			t.Add(k.Key, k.Key.IPv6(), k.Hops, cost, strings.Join(via, " "), k.Links, relay, int(k.Age.Seconds()), state)
		}
	})
	return t
}

// metrics writes every counter as Prometheus text.
func (d *Daemon) metrics(w io.Writer) error {
	var ln link.Counters
	var cn hop.CircuitCounters
	var sn node.SessionCounters
	var rn route.Counters
	var links, known, circuits, calls int
	d.Runner.Turn(func(now time.Time) {
		n := d.Runner.Node()
		ln, cn, sn, rn = n.Links.N, n.Circuits.N, n.N, d.Map.N
		links, known = len(n.Links.All()), d.Map.Len()
		circuits, _ = n.Circuits.Load()
		calls, _ = n.CallMemory()
	})
	Counters(w, "link", ln)
	Counters(w, "circuit", cn)
	Counters(w, "session", sn)
	Counters(w, "map", rn)
	if d.Parts.Metrics != nil {
		d.Parts.Metrics(w)
	}
	metric(w, "log_lost_lines_total", "counter", uint64(d.queue.Lost()))
	rss, _ := memory()
	Gauge(w, "links", links)
	Gauge(w, "known_nodes", known)
	Gauge(w, "circuits", circuits)
	Gauge(w, "call_bytes", calls)
	Gauge(w, "resident_kilobytes", rss)
	Gauge(w, "uptime_seconds", int(time.Since(d.start).Seconds()))
	return nil
}

// Counters writes each field of a struct of counters.
func Counters(w io.Writer, of string, all any) {
	v := reflect.ValueOf(all)
	for i := range v.NumField() {
		metric(w, of+"_"+strings.ToLower(setting.SplitWords(v.Type().Field(i).Name))+"_total", "counter", v.Field(i).Uint())
	}
}

// Counter writes a value that only rises.
func Counter(w io.Writer, name string, v uint64) { metric(w, name+"_total", "counter", v) }

// Gauge writes a value that goes up and down.
func Gauge(w io.Writer, name string, v int) { metric(w, name, "gauge", uint64(v)) }

// metric writes one value.
func metric(w io.Writer, name, kind string, v uint64) {
	name = "hopwire_" + name
	control.Text(w, "# TYPE "+name+" "+kind)
	control.Text(w, name+" "+strconv.FormatUint(v, 10))
}

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSearch finds a step to the precision of its steps, and stays below it.
func TestSearch(t *testing.T) {
	for _, step := range []float64{2_100, 30_000, 79_999, 630_000} {
		got, err := search(2_000, 640_000, 7, func(v float64) (bool, error) { return v < step, nil })
		if err != nil || got > step || got < step/1.06 {
			t.Errorf("step at %v: %v %v", step, got, err)
		}
	}
}

// TestTable: medians over rounds, ratios, and what one relay adds, checked by hand.
func TestTable(t *testing.T) {
	in := `{"figure":"idle_rtt_p50","nodes":3,"what":"kernel","value":50,"unit":"us"}
{"figure":"idle_rtt_p50","nodes":3,"what":"hopwire","value":300,"unit":"us"}
{"figure":"idle_rtt_p50","nodes":3,"what":"hopwire","value":100,"unit":"us"}
{"figure":"idle_rtt_p50","nodes":3,"what":"hopwire","value":200,"unit":"us"}
{"figure":"idle_rtt_p50","nodes":5,"what":"kernel","value":70,"unit":"us"}
{"figure":"idle_rtt_p50","nodes":5,"what":"hopwire","value":240,"unit":"us"}
`
	f, err := read(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	f.addPerRelay()
	three, added := place{3, "idle_rtt_p50"}, place{5, "added_per_relay"}
	if got := f.median[three]["hopwire"]; got != 200 {
		t.Errorf("median %v", got)
	}
	if r, ok := f.ratio(three, "kernel"); !ok || r != 4 {
		t.Errorf("ratio %v %v", r, ok)
	}
	if h, k := f.median[added]["hopwire"], f.median[added]["kernel"]; h != 10 || k != 5 {
		t.Errorf("a relay adds %v and %v", h, k)
	}
	if _, err := read(strings.NewReader("no JSON\n")); err == nil {
		t.Error("nonsense is a figure")
	}
}

// TestTraffic: stream and datagrams over loopback arrive and are counted.
func TestTraffic(t *testing.T) {
	dir := t.TempDir()
	record := filepath.Join(dir, "figures")
	t.Setenv("LOAD_RECORD", record)
	o := options{to: "127.0.0.1:17999", control: filepath.Join(dir, "control"), length: 50 * time.Millisecond,
		count: 20, size: 64, steps: 1, least: 5_000, most: 5_000, relay: os.Getpid(), figure: "echo"}
	go serve(&o)
	for end := time.Now().Add(5 * time.Second); ; {
		if _, err := o.ask("sunk"); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	for name, f := range map[string]func(*options) error{"tcp": bulk, "udp": searchUDP, "echo": echoes, "first bytes": firstBytes} {
		if err := f(&o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := os.Open(record)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := read(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tcp_mbits", "relay_cpu", "udp64_pps", "echo_p50"} {
		if v := f.median[place{0, name}][""]; v <= 0 || math.IsInf(v, 0) {
			t.Errorf("%s: %v", name, v)
		}
	}
}

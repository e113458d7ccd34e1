// Meshsim lets a mesh of whole nodes go through its life on virtual time: all boot at
// once, a quarter of an hour of rest, nodes that leave and come back, a cut through the
// middle, healing. It prints a line for each phase, and fails when what must hold does
// not. The same seed and number of nodes give the same run.
//
//	meshsim -n 1000 -seed 7
//	meshsim -n 1000 -vicinity 128 -servers 3   # and all nodes ask for ten destinations
//
// A signature is verified by one node, and the others remember; what it takes on a small
// router is charged to each in virtual time. All else is as on a router.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"hopwire/link/linktest"
	"hopwire/route/asktest"
	"hopwire/route/meshtest"
)

func main() {
	n := flag.Int("n", 100, "nodes")
	seed := flag.Uint64("seed", 7, "of the map, the faults and all keys")
	vicinity := flag.Int("vicinity", 512, "announcements that a node keeps")
	servers := flag.Int("servers", 0, "route servers; with some, each node asks for ten destinations")
	until := flag.String("until", "heal", "last phase: join, steady, ask (with servers), churn, cut, heal")
	cpu := flag.String("cpu", "", "file for a profile of the processor")
	heap := flag.String("heap", "", "file for a profile of memory at the end")
	flag.Parse()
	stop := profile(*cpu)
	p := meshtest.WholePlan(*n)
	p.Servers = *servers
	fmt.Printf("%d nodes, seed %d: make sim N=%[1]d SEED=%[2]d SIMFLAGS='-vicinity %d -servers %d'; signatures are memoised\n", *n, *seed, *vicinity, *servers)
	t := asktest.New(meshtest.Options{Seed: *seed, MaxNodes: *vicinity, Costs: linktest.MIPS, MaxCircuits: 256}, p)
	t.Until(*until)
	start, broken := time.Now(), 0
	must := func(not []string) {
		for _, b := range not {
			fmt.Println("  must not be:", b)
			broken++
		}
	}
	head()
	asking := false
	t.Done = func(r meshtest.Row) {
		row(r, time.Since(start))
		must(r.Broken(*vicinity))
		if asking = asking || r.Name == "ask"; asking {
			w := t.Ways()
			ways(&w, t.Load(&r))
			must(w.Broken())
		}
		start = time.Now()
	}
	rows := t.Run()
	rings(rows)
	stop()
	write(*heap)
	if broken > 0 {
		os.Exit(1)
	}
}

// profile begins a profile of the processor; no file: none.
func profile(file string) (stop func()) {
	if file == "" {
		return func() {}
	}
	f := create(file)
	if err := pprof.StartCPUProfile(f); err != nil {
		fail(err)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}
}

func write(file string) {
	if file == "" {
		return
	}
	f := create(file)
	defer f.Close()
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		fail(err)
	}
}

func create(file string) *os.File {
	f, err := os.Create(file)
	if err != nil {
		fail(err)
	}
	return f
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "meshsim: error:", err)
	os.Exit(1)
}

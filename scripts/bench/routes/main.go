// Routes measures how much longer ways are than the best on generated maps: ours, which
// a node joins from what it knows and what a route server answers, and those of providers
// that pass packets on by shortest path of providers and early exit ("hot potato", as
// BGP decides; RFC 4271 section 9.1.2.2). It prints a table and draws it.
//
// The map is route/geo's: relays drawn evenly in a square, nine links each to those
// nearest, and as many long links as the row says. Providers grow along links, a few
// large, most small; packets may use the same links under both rules.
//
// It fails when a row does not hold what it must.
//
//	routes [-out DIR] [-pairs N]
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// rows are the meshes that are measured, some with what must hold.
var rows = []row{
	{relays: 1_000, long: 0.02, servers: 1, providers: 40, most: 96 << 10},
	{relays: 1_000, long: 0, servers: 1, providers: 40, most: 96 << 10},
	tenThousand,
	{relays: 10_000, long: 0, servers: 1, providers: 400, most: 96 << 10},
	{relays: 10_000, long: 0, servers: 8, providers: 400, most: 96 << 10},
	{relays: 100_000, long: 0.02, servers: 1, most: 128 << 10},
	{relays: 100_000, long: 0.02, servers: 8, providers: 4000, most: 128 << 10},
	{relays: 100_000, long: 0.02, servers: 12, most: 128 << 10},
	{relays: 100_000, long: 0.02, servers: 16, most: 128 << 10, holds: &bounds{1.2, 1.6, 2.0, 0, 0}},
	{relays: 100_000, long: 0, servers: 16, most: 128 << 10},
}

// tenThousand is the mesh that answers were made for.
var tenThousand = row{relays: 10_000, long: 0.02, servers: 1, providers: 400, most: 96 << 10, holds: &bounds{1.05, 1.25, 1.7, 1.7, 1}}

func main() {
	out := flag.String("out", "bin", "folder of routes.svg")
	pairs := flag.Int("pairs", 1_000, "pairs of relays asked for in each row")
	flag.Parse()
	if err := run(*out, *pairs); err != nil {
		fmt.Fprintln(os.Stderr, "routes: error:", err)
		os.Exit(1)
	}
}

func run(out string, pairs int) error {
	fmt.Println(heading)
	var all []result
	var broken error
	for _, r := range rows {
		got := r.measure(seed, pairs)
		fmt.Println(got.line())
		all, broken = append(all, got), errors.Join(broken, got.check())
	}
	fmt.Print(legend)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	file := filepath.Join(out, "routes.svg")
	if err := os.WriteFile(file, draw(all), 0o644); err != nil {
		return err
	}
	fmt.Println("drawn:", file)
	return broken
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

const ours = "hopwire"

// figures holds the medians over the rounds, in the order in which they first came.
type figures struct {
	order  []place
	unit   map[string]string
	whats  []string
	median map[place]map[string]float64
}

type place struct {
	nodes  int
	figure string
}

// table reads figures (JSON lines) from standard input and prints the medians over
// rounds side by side, with the ratios of ours to each peer's, and again the ratios
// as JSON lines.
func table(o *options) error {
	f, err := read(os.Stdin)
	if err != nil {
		return err
	}
	f.addPerRelay()
	w := tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', tabwriter.AlignRight)
	f.print(w)
	w.Flush()
	for _, p := range f.order {
		for _, what := range f.whats {
			if r, ok := f.ratio(p, what); ok {
				(&options{nodes: p.nodes, what: ours + "/" + what}).say(p.figure, r, "ratio")
			}
		}
	}
	return nil
}

func read(r io.Reader) (*figures, error) {
	values := map[place]map[string][]float64{}
	f := &figures{unit: map[string]string{}, whats: []string{ours}, median: map[place]map[string]float64{}}
	for s := bufio.NewScanner(r); s.Scan(); {
		var v record
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%q: %w", s.Text(), err)
		}
		p := place{v.Nodes, v.Figure}
		if values[p] == nil {
			values[p] = map[string][]float64{}
			f.order = append(f.order, p)
		}
		if !slices.Contains(f.whats, v.What) {
			f.whats = append(f.whats, v.What)
		}
		values[p][v.What] = append(values[p][v.What], v.Value)
		f.unit[v.Figure] = v.Unit
	}
	for p, m := range values {
		f.median[p] = map[string]float64{}
		for what, v := range m {
			slices.Sort(v)
			f.median[p][what] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
		}
	}
	slices.SortStableFunc(f.order, func(a, b place) int { return a.nodes - b.nodes })
	return f, nil
}

// addPerRelay derives what one relay more adds one way: five nodes have two relays
// more than three, each passed twice.
func (f *figures) addPerRelay() {
	for figure, name := range map[string]string{"idle_rtt_p50": "added_per_relay"} {
		added := map[string]float64{}
		for what, five := range f.median[place{5, figure}] {
			if three, ok := f.median[place{3, figure}][what]; ok {
				added[what] = (five - three) / 4
			}
		}
		if len(added) > 0 {
			f.order = append(f.order, place{5, name})
			f.median[place{5, name}], f.unit[name] = added, f.unit[figure]
		}
	}
}

func (f *figures) ratio(p place, what string) (float64, bool) {
	a, ok := f.median[p][ours]
	b, ok2 := f.median[p][what]
	return a / b, ok && ok2 && what != ours && a > 0 && b > 0 // a difference can be lost in noise
}

// compared says whether any figure of a peer has one of ours beside it.
func (f *figures) compared(what string) bool {
	return slices.ContainsFunc(f.order, func(p place) bool {
		_, ok := f.ratio(p, what)
		return ok
	})
}

func (f *figures) print(w io.Writer) {
	fmt.Fprint(w, "nodes\tfigure\tunit\t")
	for _, what := range f.whats {
		fmt.Fprintf(w, "%s\t", what)
		if f.compared(what) {
			fmt.Fprint(w, "ratio\t")
		}
	}
	fmt.Fprintln(w)
	for _, p := range f.order {
		fmt.Fprintf(w, "%d\t%s\t%s\t", p.nodes, p.figure, f.unit[p.figure])
		for _, what := range f.whats {
			f.cell(w, p, what)
		}
		fmt.Fprintln(w)
	}
}

func (f *figures) cell(w io.Writer, p place, what string) {
	value, ratio := "-", "-"
	if v, ok := f.median[p][what]; ok {
		value = fmt.Sprint(round(v))
	}
	fmt.Fprintf(w, "%s\t", value)
	if r, ok := f.ratio(p, what); ok {
		ratio = fmt.Sprintf("%.2f", r)
	}
	if f.compared(what) {
		fmt.Fprintf(w, "%s\t", ratio)
	}
}

package server

// widths say how wide the widest way between two relays is: a spanning forest of the
// widest links (Kruskal 1956), each tree hung below the larger of the two that a link
// joins, so that none is higher than the logarithm of its size and nothing needs to be
// shortened. It takes 5 bytes for each relay.
type widths struct {
	g  *Graph
	up []int32
	at []byte // of the link that joined it to up; as in rate
}

func newWidths(g *Graph) *widths {
	w := &widths{g, make([]int32, g.Len()), make([]byte, g.Len())}
	size := make([]int32, g.Len())
	for i := range w.up {
		w.up[i], size[i] = -1, 1
	}
	var seen [33]bool
	for _, r := range g.rates {
		seen[r.bits] = true
	}
	for bits := byte(32); bits > 0; bits-- {
		if seen[bits] {
			w.join(bits, size)
		}
	}
	return w
}

// join joins trees by links of a width.
func (w *widths) join(bits byte, size []int32) {
	for v := range int32(w.g.Len()) {
		for e := w.g.first[v]; e < w.g.first[v+1]; e++ {
			to := w.g.links[e].to
			if w.g.rates[e].bits != bits || to < v || !w.g.passes[v] || !w.g.passes[to] {
				continue
			}
			a, b := w.root(v), w.root(to)
			if a == b {
				continue
			}
			if size[a] > size[b] {
				a, b = b, a
			}
			w.up[a], w.at[a] = b, bits
			size[b] += size[a]
		}
	}
}

func (w *widths) root(v int32) int32 {
	for w.up[v] >= 0 {
		v = w.up[v]
	}
	return v
}

// between is the width of the widest way; 0: there is none. Ends need not pass anything
// on.
func (w *widths) between(from, to int32) (best byte) {
	for _, a := range w.doors(from) {
		for _, b := range w.doors(to) {
			best = max(best, min(a.bits, b.bits, w.passing(a.relay, b.relay)))
		}
	}
	if e := w.g.link(from, to); e >= 0 {
		best = max(best, w.g.rates[e].bits)
	}
	return best
}

// A door is a relay that passes on, and how wide the way to it is.
type door struct {
	relay int32
	bits  byte
}

// doors are the relay itself, or the neighbours of one that passes nothing on.
func (w *widths) doors(relay int32) (d []door) {
	if w.g.passes[relay] {
		return []door{{relay, 32}}
	}
	for e := w.g.first[relay]; e < w.g.first[relay+1]; e++ {
		if w.g.passes[w.g.links[e].to] {
			d = append(d, door{w.g.links[e].to, w.g.rates[e].bits})
		}
	}
	return d
}

// passing is the width between two relays that pass on: the narrowest join on the way
// between them in the forest. Joins grow narrower towards the root, so the wider of the
// two next joins is always taken.
func (w *widths) passing(a, b int32) byte {
	least := byte(32)
	for a != b {
		if w.at[a] < w.at[b] {
			a, b = b, a
		}
		if w.up[a] < 0 {
			return 0
		}
		least, a = min(least, w.at[a]), w.up[a]
	}
	return least
}

package ask

// Least is how many relays are between an asker and a server at least.
const Least = 2

// draws is how many relays are tried for a detour before any is taken that serves.
const draws = 16

// A Known is what an asker knows of the map: relays as numbers, itself 0, and whom each
// has a link to. It holds only links that both ends state, and relays that pass circuits
// on.
type Known [][]uint16

// Way returns the relays between the asker and a server, in order, with neither of them.
// It is asked for when there is no way yet or the one there was is broken; until then
// that one is kept.
//
// gradient is the way that the gradient knows, or the shortest one; it is taken if it has
// Least relays. Else the server is near, and the way is a detour: to a relay drawn from
// those that are farther from the server, and on from there as that one would ask. So it
// comes by a last hop by which others come too, who are far and so take no detour. (The
// shortest way that is left instead would come by last hops that none but those near the
// server use: of 1,000 candidates, 5 would be left.) rank is a Draw's; the relay of least
// rank is drawn.
//
// Not ok: there is no way with Least relays, and this is the one with most. With one
// relay, that one knows who asks, and the server knows whose neighbour; with none, the
// server knows who asks; nil with no way at all, too. A gradient that is no path on the
// map is not taken.
func Way(known Known, server uint16, gradient []uint16, rank func(relay uint16) uint64) (way []uint16, ok bool) {
	if len(gradient) >= Least && known.leads(gradient, server) {
		return gradient, true
	}
	d := &detour{known: known, server: server, closed: make([]bool, len(known)), rank: make([]uint64, len(known))}
	for v := range d.rank {
		d.rank[v] = rank(uint16(v))
	}
	d.in = d.search(server, nil)
	d.closed[server] = true
	if way = d.drawn(); way == nil {
		way = d.any()
	}
	return way, len(way) >= Least
}

// leads says whether relays are a path from the asker to the server: each linked to the
// next, none twice.
func (k Known) leads(way []uint16, server uint16) bool {
	from, seen := uint16(0), make([]bool, len(k))
	seen[0], seen[server] = true, true
	for _, v := range way {
		if int(v) >= len(k) || seen[v] || !k.linked(from, v) {
			return false
		}
		from, seen[v] = v, true
	}
	return k.linked(from, server)
}

func (k Known) linked(from, to uint16) bool {
	for _, v := range k[from] {
		if v == to {
			return true
		}
	}
	return false
}

// A detour is the search for one.
type detour struct {
	known  Known
	server uint16
	rank   []uint64
	in     []int32 // the relay that follows each on the shortest way to the server; −1: there is no way
	closed []bool  // not to be entered
	queue  []uint16
}

// search returns the relay before each on the shortest ways from one; −1: there is none.
// It ends where found says so; nil: never.
func (d *detour) search(from uint16, found func(v uint16) bool) []int32 {
	prev := make([]int32, len(d.known))
	for i := range prev {
		prev[i] = -1
	}
	prev[from] = int32(from)
	d.queue = append(d.queue[:0], from)
	for i := 0; i < len(d.queue); i++ {
		v := d.queue[i]
		if found != nil && found(v) {
			break
		}
		for _, w := range d.known[v] {
			if prev[w] < 0 && !d.closed[w] {
				prev[w] = int32(v)
				d.queue = append(d.queue, w)
			}
		}
	}
	return prev
}

// walk appends the relays on the way to one, as a search found them, without its start.
func walk(way []uint16, prev []int32, to uint16) []uint16 {
	first := len(way)
	for ; prev[to] != int32(to); to = uint16(prev[to]) {
		way = append(way, to)
	}
	for i, j := first, len(way)-1; i < j; i, j = i+1, j-1 {
		way[i], way[j] = way[j], way[i]
	}
	return way
}

// drawn is the way by the first relays by rank that may serve; nil: none of them does.
func (d *detour) drawn() []uint16 {
	for tries, last := 0, uint64(0); tries < draws; {
		v := 0
		for w := range d.known {
			if w != 0 && d.in[w] >= 0 && d.rank[w] > last && (v == 0 || d.rank[w] < d.rank[v]) {
				v = w
			}
		}
		if v == 0 {
			break
		}
		last = d.rank[v]
		on, ok := d.own(uint16(v))
		if !ok {
			continue
		}
		if way := d.by(uint16(v), on); way != nil {
			return way
		}
		tries++
	}
	return nil
}

// own is the way by which a relay itself would ask. Not ok: that relay is near the server
// too and makes a detour, or would ask by the asker.
func (d *detour) own(v uint16) (way []uint16, ok bool) {
	ok = v != d.server
	for w := uint16(d.in[v]); w != d.server; w = uint16(d.in[w]) {
		way = append(way, w)
		ok = ok && w != 0
	}
	return way, ok && len(way) >= Least
}

// by is the way by one relay and on from there; nil: there is none.
func (d *detour) by(v uint16, on []uint16) (way []uint16) {
	d.close(on, true)
	prev := d.search(0, func(w uint16) bool { return w == v })
	d.close(on, false)
	if prev[v] < 0 {
		return nil
	}
	return append(walk(nil, prev, v), on...)
}

// close closes the relays of a way, or opens them again.
func (d *detour) close(way []uint16, closed bool) {
	for _, v := range way {
		d.closed[v] = closed
	}
}

// any is a way with Least relays if there is one, by whichever neighbour; else by one
// that is beside the server too; nil: there is none.
func (d *detour) any() (most []uint16) {
	for _, first := range d.known[0] {
		if first == d.server {
			continue
		}
		if way := d.onward([]uint16{first}); len(way) > len(most) {
			most = way
		}
		if len(most) >= Least {
			break
		}
	}
	return most
}

// onward leads a way of one relay to another that is beside the server; when there is
// none, it is the way if that one is.
func (d *detour) onward(way []uint16) []uint16 {
	to := uint16(0)
	d.closed[0] = true
	prev := d.search(way[0], func(v uint16) bool {
		if v != way[0] && d.known.linked(v, d.server) {
			to = v
		}
		return to != 0
	})
	d.closed[0] = false
	switch {
	case to != 0:
		return walk(way, prev, to)
	case d.known.linked(way[0], d.server):
		return way
	}
	return nil
}

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
// those known, and from there to the server by the shortest way that is left. Most of
// them are farther from the server than the asker, who so comes by last hops as often as
// those who are behind them. rank is a Draw's (the relay of least rank is drawn).
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
	d.closed[server] = true
	d.out = d.search(0, nil)
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
	closed []bool  // not to be entered: the server, and what the way has passed
	out    []int32 // the relay before each, on ways from the asker that do not pass the server; −1: there is none
	queue  []uint16
}

// search returns the relay before each on the shortest ways from one, as in out. It ends
// where found says so; nil: never.
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

// drawn is the way by the first relays by rank; nil: none of them serves.
func (d *detour) drawn() []uint16 {
	last := uint64(0)
	for range draws {
		v := 0
		for w := range d.known {
			if w != 0 && d.out[w] >= 0 && d.rank[w] > last && (v == 0 || d.rank[w] < d.rank[v]) {
				v = w
			}
		}
		if v == 0 {
			return nil
		}
		if way := d.by(uint16(v)); len(way) >= Least {
			return way
		}
		last = d.rank[v]
	}
	return nil
}

// by is the way by one relay, and from there on by the shortest; nil: there is none.
func (d *detour) by(v uint16) []uint16 {
	return d.end(v, walk(nil, d.out, v), func(uint16) bool { return true })
}

// end leads a way on from its last relay, by the shortest way to one beside the server
// that will do as last; nil: there is none.
func (d *detour) end(from uint16, way []uint16, last func(v uint16) bool) []uint16 {
	d.close(way, true)
	to := uint16(0)
	prev := d.search(from, func(v uint16) bool {
		if d.known.linked(v, d.server) && last(v) {
			to = v
		}
		return to != 0
	})
	d.close(way, false)
	if to == 0 {
		return nil
	}
	return walk(way, prev, to)
}

// close closes the relays of a way and the asker, or opens them again.
func (d *detour) close(way []uint16, closed bool) {
	d.closed[0] = closed
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
	if on := d.end(way[0], way, func(v uint16) bool { return v != way[0] }); on != nil {
		return on
	}
	if d.known.linked(way[0], d.server) {
		return way
	}
	return nil
}

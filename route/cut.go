package route

import "slices"

// Cuts are the articulation points of the graph (Tarjan 1972): the nodes, and the ports
// of ours, through which alone others can be reached. Those that have more than a quota
// behind them are crowded: sets that lie in one another or apart. All is by vertex.
type cuts struct {
	disc, low, size, parent, at []int

	order  []int // vertices as they were found
	behind []int // nodes that can be reached only through it
	within []int // the innermost crowded vertex that it is behind; 0: none
	big    []int // the crowded vertex with the most behind, of those within this one
	own    []int // of crowded, always cleared
	forked bool  // two crowded vertices are not behind one another
	inner  int   // else the innermost; 0: none is crowded
}

func (c *cuts) reset(n int) {
	for _, s := range [...]*[]int{&c.disc, &c.low, &c.size, &c.parent, &c.at, &c.behind, &c.within, &c.big, &c.own} {
		*s = slices.Grow((*s)[:0], n)[:n]
		clear(*s)
	}
	c.order, c.forked, c.inner = c.order[:0], false, 0
}

// search finds the cuts, without recursion.
func (c *cuts) search(g *graph, quota int) {
	c.reset(len(g.nodes) + len(g.ports))
	c.enter(g, 0, 0)
	for v := 0; ; {
		w, ok := g.neighbour(v, c.at[v])
		c.at[v]++
		switch {
		case ok && g.outside(w):
		case ok && c.disc[w] == 0:
			c.enter(g, w, v)
			v = w
		case ok && w != c.parent[v]:
			c.low[v] = min(c.low[v], c.disc[w])
		case !ok && v == 0:
			c.sort(quota)
			return
		case !ok:
			v = c.leave(v)
		}
	}
}

func (c *cuts) enter(g *graph, v, parent int) {
	c.order = append(c.order, v)
	c.disc[v], c.low[v], c.parent[v] = len(c.order), len(c.order), parent
	if 0 < v && v < len(g.nodes) {
		c.size[v] = 1
	}
}

// leave ends a vertex and returns where it was come from.
func (c *cuts) leave(v int) int {
	p := c.parent[v]
	c.low[p] = min(c.low[p], c.low[v])
	c.size[p] += c.size[v]
	if c.off(v) {
		c.behind[p] += c.size[v]
	}
	return p
}

// off says whether a vertex can be reached only through its parent.
func (c *cuts) off(v int) bool { return c.parent[v] != 0 && c.low[v] >= c.disc[c.parent[v]] }

// sort says for each vertex within which crowded one it is.
func (c *cuts) sort(quota int) {
	for _, v := range c.order[1:] {
		p := c.parent[v]
		c.within[v] = c.within[p]
		if c.off(v) && c.behind[p] > quota {
			c.within[v] = p
		}
		if r := c.within[v]; c.behind[v] > quota {
			c.forked = c.forked || c.big[r] != 0
			if c.big[r] == 0 || c.behind[v] > c.behind[c.big[r]] {
				c.big[r] = v
			}
		}
	}
	for !c.forked && c.big[c.inner] != 0 {
		c.inner = c.big[c.inner]
	}
}

// crowded returns the vertex of those behind which one must leave because x has come;
// 0: there is none. It is where x is itself, unless others have twice as many.
func (c *cuts) crowded(x int) (r int) {
	for v := c.within[x]; v != 0; v = c.within[v] {
		c.own[c.within[v]] = v
	}
	for c.big[r] != 0 {
		b := c.big[r]
		if o := c.own[r]; o != 0 && c.behind[b] <= 2*c.behind[o] {
			b = o
		}
		r = b
	}
	for v := c.within[x]; v != 0; v = c.within[v] {
		c.own[c.within[v]] = 0
	}
	return r
}

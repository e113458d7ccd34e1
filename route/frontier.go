package route

// A frontier is a heap of vertices, the cheapest first. (That of the standard library
// makes garbage of each.)
type frontier []queued

type queued struct {
	vertex int
	cost   float64
}

func (q queued) before(p queued) bool {
	return q.cost < p.cost || q.cost == p.cost && q.vertex < p.vertex
}

func (f *frontier) push(q queued) {
	h := append(*f, q)
	i := len(h) - 1
	for ; i > 0 && q.before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i] = h[(i-1)/2]
	}
	h[i] = q
	*f = h
}

func (f *frontier) pop() queued {
	h := *f
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for 2*i+1 < len(h) {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if last.before(h[c]) {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = last
	}
	*f = h
	return first
}

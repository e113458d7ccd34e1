package hop

import "hopwire/link"

// A pool is the fixed set of frames of a node: made at start, never more. It is
// not safe for concurrent use.
type pool struct {
	free []*link.Frame
	size int
}

func newPool(n int) *pool {
	frames := make([]link.Frame, n)
	p := &pool{free: make([]*link.Frame, n), size: n}
	for i := range frames {
		p.free[i] = &frames[i]
	}
	return p
}

func (p *pool) get() *link.Frame {
	if len(p.free) == 0 {
		return nil
	}
	f := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	f.Broadcast = false
	return f
}

func (p *pool) put(f *link.Frame) { p.free = append(p.free, f) }

package run

import (
	"sync"

	"hopwire/hop/offheap"
	"hopwire/link"
)

// A pool is the fixed set of frames of a node: made at start, never more. Their bytes
// lie outside the Go heap, where those of frames that were never needed are no
// memory at all. It is safe for concurrent use.
type pool struct {
	mu      sync.Mutex
	free    []*link.Frame
	size    int
	buffers *offheap.Table
}

// newPool makes a pool of n frames, and some beside it for its lanes to begin with, so
// that they can read when it has run dry.
func newPool(n, beside int) *pool {
	p := &pool{size: n}
	n += beside
	frames := make([]link.Frame, n)
	p.free = make([]*link.Frame, n)
	var buffers []link.Buffer
	p.buffers, buffers = offheap.Of[link.Buffer](n)
	for i := range frames {
		frames[i].Use(&buffers[i])
		p.free[n-1-i] = &frames[i] // the last goes first, so that few are ever touched
	}
	return p
}

// get returns a frame; nil: there is none.
func (p *pool) get() *link.Frame {
	var f [1]*link.Frame
	p.fill(f[:])
	return f[0]
}

// fill fills as many places that are nil as there are frames.
func (p *pool) fill(places []*link.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range places {
		if n := len(p.free); n > 0 && places[i] == nil {
			places[i] = p.free[n-1]
			p.free = p.free[:n-1]
		}
	}
}

func (p *pool) put(f ...*link.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, f...)
}

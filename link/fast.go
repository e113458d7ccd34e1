package link

import "time"

// The fast path: what a frame that only passes through a relay needs of its links.
// Several goroutines may be in it at once, one for each receive queue, while nobody
// uses Links otherwise: a link's frames come by one queue, so what is written here
// has one writer. Whatever is not plain is left to Receive, by one goroutine alone.

// Fast opens a frame of a link that stands, under its current keys. False: nothing
// has changed, and Receive has to look at it. After true the frame is either Passed
// or given to Opened. It allocates nothing.
func (ls *Links) Fast(id int, f *Frame) (*Link, Header, bool) {
	p := ls.port(id)
	if p == nil || f.Broadcast || f.N != FrameShort && f.N != FrameLong {
		return nil, Header{}, false
	}
	for _, l := range p.byAddr[f.Addr] {
		if !l.up {
			continue
		}
		if h, ok, _ := l.cur.open(f.Bytes()); ok {
			return l, h, true
		}
	}
	return nil, Header{}, false
}

// Passed counts a frame of the link that was passed on.
func (l *Link) Passed(now time.Time) {
	l.stats.FramesIn++
	l.live.alive(now)
}

// Opened takes a frame that Fast has opened and that is not plain; like Receive it
// is for one goroutine alone, and owns f.
func (ls *Links) Opened(now time.Time, l *Link, h Header, f *Frame) {
	if !l.receive(now, h, f) {
		ls.c.Env.Free(f)
	}
}

// Stage readies a data frame whose body is ready (f.Body(), f.N a frame length) for
// the port that it returns, as one of a flow; nil: of none, and ahead of all. f stays
// the caller's, who puts it into that port's queue, or calls Depart. False: the link
// is down. It allocates nothing.
func (l *Link) Stage(h Header, f *Frame, flow *Flow) (port int, ok bool) {
	f.header, f.flow, f.bulk, f.link, f.Broadcast = h, flow, false, l, false
	return l.port.id, !l.gone
}

// Depart hands a staged frame to its port, which owns it then. It is for one goroutine
// alone.
func (f *Frame) Depart() {
	ls := f.link.ls
	ls.N.Out++
	ls.c.Env.Send(f.link.port.id, f)
}

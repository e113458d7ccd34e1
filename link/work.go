package link

import "time"

// A letter is a first message that waits until the worker has room for its port.
type letter struct {
	at    time.Time
	from  Addr
	bytes []byte
}

// work has a job done elsewhere. Each port has most jobs under way at once, so that one
// port's flood does not fill the queue that all share. False: it has, or that queue is
// full; the job is not done.
func (ls *Links) work(p *port, most int, c Cost, job func() func(now time.Time)) bool {
	if p.jobs >= most || !ls.c.Env.Work(c, func() func(time.Time) {
		done := job()
		return func(now time.Time) {
			p.jobs--
			done(now)
			ls.readLetters(now, p)
			ls.next.By(now) // for attempts that wait
		}
	}) {
		return false
	}
	p.jobs++
	return true
}

// readLetters answers what has waited. What has waited too long is dropped: its sender
// sends another, and an answer to the first would be work for nothing.
func (ls *Links) readLetters(now time.Time, p *port) {
	for len(p.letters) > 0 && ls.port(p.id) == p {
		switch m := &p.letters[0]; {
		case now.Sub(m.at) > letterLife:
			ls.N.FirstLimited++
		case !ls.respond(p, m.from, m.bytes):
			return
		}
		n := copy(p.letters, p.letters[1:])
		p.letters[n] = letter{}
		p.letters = p.letters[:n]
	}
}

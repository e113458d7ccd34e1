package ask

import (
	"time"

	"hopwire/route"
	"hopwire/route/query"
)

// Whoever has the memory copies the whole map and asks nobody: a server learns that, and
// nothing else.

// copying is how far it has come.
type copying struct {
	at    time.Time // the next page
	busy  bool
	from  uint32 // where that begins
	first uint32 // snapshot of the first page of this round
	since uint32 // of the round before; 0: none is whole
	pages int    // of this round
	of    *server
}

// advanceCopy asks for the next page. Another server has other snapshots.
func (c *Client) advanceCopy(now time.Time) {
	p := &c.copying
	if !c.c.Servers.Own || p.busy {
		return
	}
	if now.Before(p.at) {
		c.next.By(p.at)
		return
	}
	c.lookAt(now)
	s := c.pick(now, &question{})
	if s == nil {
		c.copyLater(now, copyRetry)
		return
	}
	if s != p.of {
		*p = copying{of: s}
	}
	p.busy = true
	err := c.node.Call(now, s.now.Key, query.AppendMap(nil, p.from, p.since), func(now time.Time, response []byte, err error) {
		if err != nil {
			c.copyFailed(now, s)
			return
		}
		s.Answered++
		c.takeOver(now, s, response)
	})
	s.Asked++
	if err != nil {
		c.copyFailed(now, s)
	}
}

func (c *Client) copyLater(now time.Time, d time.Duration) {
	c.copying.busy, c.copying.at = false, now.Add(d)
	c.next.By(c.copying.at)
}

func (c *Client) copyFailed(now time.Time, s *server) {
	s.rest = now.Add(restFor)
	c.copyLater(now, copyRetry)
}

// takeOver takes a page.
func (c *Client) takeOver(now time.Time, s *server, response []byte) {
	var page query.Page
	status := query.StatusOK
	c.Copy(now, func() (route.Next, bool) {
		var err error
		status, page, err = query.ParsePage(response)
		return page.Announcements.Next, err == nil
	}, func(now time.Time, _ int, f route.Fault) {
		switch {
		case f != route.FaultNone:
			c.contradicted(now, s, f)
			c.copyLater(now, copyRetry)
		case status != query.StatusOK:
			s.Refused++
			c.copyFailed(now, s)
		default:
			c.turnPage(now, s, &page)
		}
	})
}

// turnPage goes on to the next page, or the next round.
func (c *Client) turnPage(now time.Time, s *server, page *query.Page) {
	p := &c.copying
	for i := range page.Gone.Len() {
		c.Uncopy(page.Gone.At(i))
	}
	if p.from == 0 {
		p.first, p.pages = page.Snapshot, 0
	}
	p.pages++
	switch was := p.from; {
	case page.Next == 0:
		p.from, p.since = 0, p.first
		c.copyLater(now, copyGap)
	case page.Next <= was || p.pages >= copyPages:
		p.from = 0
		c.contradicted(now, s, route.FaultFormat)
		c.copyLater(now, copyRetry)
	default:
		p.from = page.Next
		c.copyLater(now, 0)
	}
}

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
	*query.Copy         // of that server
	of          *server // nil: none yet
	at          moment  // the next page
	busy        bool
}

// advanceCopy asks for the next page. Another server has other snapshots.
func (c *Client) advanceCopy() {
	p := &c.copying
	if !c.c.Servers.Own || p.busy {
		return
	}
	if c.t < p.at {
		c.by(p.at)
		return
	}
	c.lookAt()
	s := c.pick(nil)
	if s == nil {
		c.copyLater(copyRetry)
		return
	}
	if s != p.of {
		*p = copying{Copy: query.NewCopy(copyMost), of: s}
	}
	p.busy = true
	s.Asked++
	c.call(s.Key, p.Request(nil), func(response []byte) {
		if response == nil {
			c.copyFailed(s)
			return
		}
		s.Answered++
		c.takeOver(s, response)
	})
}

func (c *Client) copyLater(d time.Duration) {
	c.copying.busy, c.copying.at = false, c.t+d
	c.by(c.copying.at)
}

func (c *Client) copyFailed(s *server) {
	s.rest = c.t + restFor
	c.copyLater(copyRetry)
}

// takeOver takes a page.
func (c *Client) takeOver(s *server, response []byte) {
	var page query.Page
	var err error
	more, pages := false, c.copying.Copy
	c.Copy(c.now, func() (route.Next, bool) {
		page, more, err = pages.Response(response)
		return page.Announcements.Next, err == nil
	}, func(now time.Time, _ int, f route.Fault) {
		c.at(now)
		if err == query.ErrRefused {
			s.Refused++
			c.copyFailed(s)
			return
		}
		if f != route.FaultNone {
			c.contradicted(s, f)
			c.copyLater(copyRetry)
			return
		}
		for i := range page.Gone.Len() {
			c.Uncopy(page.Gone.At(i))
		}
		wait := copyGap
		if more {
			wait = 0
		}
		c.copyLater(wait)
	})
}

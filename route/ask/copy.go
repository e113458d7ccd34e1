package ask

import (
	"errors"
	"time"

	"hopwire/route"
	"hopwire/route/query"
)

// Whoever has the memory copies the whole map and asks nobody: a server learns that, and
// nothing else.

// copying is how far it has come.
type copying struct {
	*query.Copy           // of that server
	of          *server   // nil: none yet
	at          time.Time // the next page
	busy        bool
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
		*p = copying{Copy: query.NewCopy(copyMost), of: s}
	}
	p.busy = true
	s.Asked++
	err := c.node.Call(now, s.now.Key, p.Request(nil), func(now time.Time, response []byte, err error) {
		if err != nil {
			c.copyFailed(now, s)
			return
		}
		s.Answered++
		c.takeOver(now, s, response)
	})
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
	var err error
	more, copy := false, c.copying.Copy
	c.Copy(now, func() (route.Next, bool) {
		page, more, err = copy.Response(response)
		return page.Announcements.Next, true
	}, func(now time.Time, _ int, f route.Fault) {
		switch {
		case errors.Is(err, query.ErrRefused):
			s.Refused++
			c.copyFailed(now, s)
			return
		case err != nil:
			f = route.FaultFormat
		}
		if f != route.FaultNone {
			c.contradicted(now, s, f)
			c.copyLater(now, copyRetry)
			return
		}
		for i := range page.Gone.Len() {
			c.Uncopy(page.Gone.At(i))
		}
		if more {
			c.copyLater(now, 0)
		} else {
			c.copyLater(now, copyGap)
		}
	})
}

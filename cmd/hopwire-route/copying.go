package main

import (
	"time"

	"hopwire/cmd/daemon"
	"hopwire/link/identity"
	"hopwire/route/query"
)

// When the maps of other servers are copied.
const (
	copyGap   = time.Minute            // between two rounds: what changed
	copyFirst = time.Second            // after a failure, doubled up to
	copyMost  = 30 * time.Second       // with the next
	copyBusy  = 100 * time.Millisecond // until a server that checks others' announcements takes more
	copySay   = 6                      // failures in a row, a minute, until it is said
)

// A copying follows the map of another server, page by page.
type copying struct {
	s     *routeServer
	of    identity.Key
	c     *query.Copy
	at    time.Time // of the next page
	busy  bool
	fails int       // in a row
	ok    time.Time // of the last page
	left  page
}

// A page is one that is not taken yet.
type page struct {
	list query.Announcements // nil: none
	come time.Time           // when it was asked for: the ages in it are of then, or later
	more bool
}

func newCopying(s *routeServer, of identity.Key, most int) *copying {
	return &copying{s: s, of: of, c: query.NewCopy(most)}
}

// advance does what is due, and returns when to come back.
func (c *copying) advance(now time.Time) (next time.Time) {
	n := c.s.Runner.Node()
	switch {
	case c.busy || n == nil:
		return time.Time{}
	case now.Before(c.at):
		return c.at
	case c.left.list != nil:
		c.take(now)
	default:
		c.ask(now)
	}
	return c.at
}

// ask calls for the next page.
func (c *copying) ask(now time.Time) {
	c.busy = true
	err := c.s.Runner.Node().Call(now, c.of, c.c.Request(nil), func(then time.Time, response []byte, err error) {
		var p query.Page
		more := false
		if err == nil {
			p, more, err = c.c.Response(response)
		}
		if err != nil {
			c.failed(then, err)
			return
		}
		c.left = page{append(query.Announcements{}, p.Announcements...), now, more}
		c.take(then)
	})
	if err != nil {
		c.failed(now, err)
	}
}

// take gives the page to the server, again a little later when it is busy.
func (c *copying) take(now time.Time) {
	c.busy = true
	p := c.left
	c.s.server.Copied(now, c.of, p.list, now.Sub(p.come), func(then time.Time, _ int, ok bool) {
		if c.busy = false; !ok {
			c.at = then.Add(copyBusy)
			return
		}
		if c.left, c.at, c.ok = (page{}), then, then; !p.more {
			c.at = then.Add(copyGap)
		}
		if c.fails >= copySay {
			c.s.Log.Info("map is copied", "server", c.of)
		}
		c.fails = 0
	})
}

func (c *copying) failed(now time.Time, err error) {
	c.busy, c.at = false, now.Add(min(copyFirst<<min(c.fails, 8), copyMost))
	if c.fails++; c.fails == copySay {
		c.s.Log.Error("map is not copied", "server", c.of, "error", err)
	}
}

// findings adds how it is.
func (c *copying) findings(now time.Time, f *daemon.Findings) {
	switch {
	case c.fails >= copySay:
		f.Bad("is it running, and within 48 hops?", "the map of %s is not copied", c.of)
	case !c.ok.IsZero():
		f.OK("the map of %s was copied %d s ago", c.of, int(now.Sub(c.ok).Seconds()))
	default:
		f.Note("it may take half a minute until there is a way", "the map of %s is not copied yet", c.of)
	}
}

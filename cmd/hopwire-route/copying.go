package main

import (
	"time"

	"hopwire/link/identity"
	"hopwire/route/query"
)

// When the maps of other servers are copied.
const (
	copyGap   = time.Minute      // between two rounds: what changed
	copyRetry = 30 * time.Second // after a failure
)

// A copying follows the map of another server, page by page.
type copying struct {
	s    *routeServer
	of   identity.Key
	c    *query.Copy
	at   time.Time // of the next page
	busy bool
	said bool // that it fails
	ok   time.Time
}

func newCopying(s *routeServer, of identity.Key, most int) *copying {
	return &copying{s: s, of: of, c: query.NewCopy(most)}
}

// advance asks for the next page when it is time, and returns when that is.
func (c *copying) advance(now time.Time) (next time.Time) {
	n := c.s.Runner.Node()
	if c.busy || n == nil {
		return time.Time{}
	}
	if now.Before(c.at) {
		return c.at
	}
	c.busy, c.at = true, now.Add(copyRetry)
	err := n.Call(now, c.of, c.c.Request(nil), func(then time.Time, response []byte, err error) {
		if err != nil {
			c.failed(then, err)
			return
		}
		c.page(then, then.Sub(now), response)
	})
	if err != nil {
		c.failed(now, err)
	}
	return c.at
}

// page takes a page that took so long to come; the ages in it are of before.
func (c *copying) page(now time.Time, took time.Duration, response []byte) {
	p, more, err := c.c.Response(response)
	if err != nil {
		c.failed(now, err)
		return
	}
	gap := copyGap
	if more {
		gap = 0
	}
	c.take(now, p.Announcements, took, gap)
}

// take gives the announcements to the server, again a little later when it is busy.
func (c *copying) take(now time.Time, list query.Announcements, passed, gap time.Duration) {
	c.s.server.Copied(now, c.of, list, passed, func(then time.Time, _ int, ok bool) {
		if !ok {
			time.AfterFunc(100*time.Millisecond, func() {
				c.s.Runner.Turn(func(later time.Time) { c.take(later, list, passed+later.Sub(now), gap) })
			})
			return
		}
		c.busy, c.at, c.ok = false, then.Add(gap), then
		if c.said {
			c.said = false
			c.s.Log.Info("map is copied", "server", c.of)
		}
	})
}

func (c *copying) failed(now time.Time, err error) {
	c.busy, c.at = false, now.Add(copyRetry)
	if !c.said {
		c.said = true
		c.s.Log.Error("map is not copied", "server", c.of, "error", err)
	}
}

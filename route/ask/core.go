package ask

import (
	"slices"
	"time"

	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// Where few servers are known, the ways around a node hang on the one way to a server. So it
// asks for the server itself as a destination: the answer is the ways between the server and
// the landmarks, which are joined beside every other answer. All who have a full vicinity
// and know as few servers ask for the same, at times drawn by chance.

// A core is what was answered.
type core struct {
	at   moment // when to ask next; 0: not yet set
	list query.Announcements
	came moment
	from *server
}

// advanceCore has it asked for when it is time.
func (c *Client) advanceCore() {
	k := &c.core
	if !c.c.Core {
		return
	}
	if c.t < k.at {
		c.by(k.at)
		return
	}
	first := k.at == 0
	c.coreLater(false)
	if first || !c.asks() {
		return
	}
	if n := c.reached(); n > 0 && n <= coreServers {
		q := &question{core: true}
		c.questions = append(c.questions, q)
		c.begin(q)
	}
}

// coreLater says when to ask again.
func (c *Client) coreLater(answered bool) {
	c.core.at = c.t + within(c.c.Jitter, 0, coreFirst)
	if answered {
		c.core.at = c.t + Renew(c.c.Jitter)
	}
	c.by(c.core.at)
}

// reached is to how many servers there is a way.
func (c *Client) reached() (n int) {
	for _, s := range c.servers {
		if s.gradient != nil {
			n++
		}
	}
	return n
}

// takeCore takes an answer about the server itself. No more is looked at than that: what
// is used of it is verified then.
func (c *Client) takeCore(q *question, s *server, response []byte) {
	list := query.Announcements(response[1:])
	first := list
	raw, _, ok := first.Next()
	if response[0] != byte(query.StatusOK) || !ok || raw.Key() != s.Key {
		c.lied(q, s, route.FaultFormat)
		return
	}
	c.N.Answered++
	c.core.list, c.core.came, c.core.from, q.found = slices.Clone(list[:min(len(list), coreMost)]), c.t, s, true
	c.end(q)
}

// beside returns the core for a join, with the ages of now; nil: there is none.
func (c *Client) beside() route.Next {
	since := c.t - c.core.came
	if since >= coreLast {
		c.core.list = nil
	}
	if c.core.list == nil {
		return nil
	}
	list := c.core.list // which a job of the worker reads
	return func() (raw announce.Raw, age time.Duration, ok bool) {
		raw, age, ok = list.Next()
		return raw, age + since, ok
	}
}

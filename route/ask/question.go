package ask

import (
	"net/netip"
	"time"

	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/query"
)

// A question is a destination that is asked for, or a mesh address.
//
//	      begin             send              answered                joined
//	idle -------> waiting -------> asking -----------------> joining --------+
//	 ^               ^                |  silence, failure,      |            |
//	 |               +----------------+  refusal, contradiction |            |
//	 |               +------------------------------------------+            |
//	 +-----------------------------------------------------------------------+
//	    answered, or two servers were asked
//
// One in eight that is answered waits once more, for another server's answer to compare.
// One for an address is forgotten when it is answered, or after three seconds.
type question struct {
	to   identity.Key
	ip   netip.Addr // valid: the key of this is asked for,
	done []func(now time.Time, key identity.Key, ok bool)

	state   state
	used    moment    // when somebody last wanted it
	pending bool      // no server has answered yet
	found   bool      // this time
	compare bool      // the answer is to compare with
	asked   []*server // this time; the last is being asked
	at      moment    // waiting: not before; asking: until; idle: when to ask again
	started moment    // asking
	heard   int       // asking: frames that answer one, since the last look
	soonest moment    // idle, and there is no way: not before
	fails   int       // in a row

	from     *server // who has answered
	promises *route.Promises
	kept     *route.Kept
	before   *route.Kept // of the answer before, whose ways may be in use
}

type state byte

const (
	idle state = iota
	waiting
	asking
	joining
)

// question returns the one for a destination, made if there is room; nil: there is none.
func (c *Client) question(to identity.Key) *question {
	var oldest *question
	for _, q := range c.questions {
		if q.to == to && !q.ip.IsValid() {
			return q
		}
		if q.state == idle && (oldest == nil || q.used < oldest.used) {
			oldest = q
		}
	}
	if len(c.questions) >= maxQuestions {
		if oldest == nil {
			return nil
		}
		c.forget(oldest)
	}
	q := &question{to: to}
	c.questions = append(c.questions, q)
	return q
}

// forget forgets a question and what the store keeps for it.
func (c *Client) forget(q *question) {
	c.Release(q.kept)
	c.Release(q.before)
	c.questions = step.Remove(c.questions, q)
}

// begin has a question asked.
func (c *Client) begin(q *question) {
	q.pending, q.found, q.compare, q.asked = true, false, false, nil
	c.wait(q, 0)
}

// wait has a question asked after a while.
func (c *Client) wait(q *question, d time.Duration) {
	q.state, q.at = waiting, c.t+d
	c.by(q.at)
}

// advanceQuestions does what is due.
func (c *Client) advanceQuestions() {
	for i := len(c.questions) - 1; i >= 0; i-- {
		c.advance(c.questions[i])
	}
	for c.tokens < Burst && c.t >= c.tokenAt {
		c.tokens++
		c.tokenAt += Gap(c.c.Jitter)
	}
	for c.tokens > 0 && c.busy < maxBusy {
		q := c.drawn()
		if q == nil {
			break
		}
		c.lookAt()
		c.send(q)
	}
	if c.tokens < Burst {
		c.by(c.tokenAt)
	}
}

func (c *Client) advance(q *question) {
	switch {
	case q.ip.IsValid() && c.t >= q.used+lookupFor:
		c.unresolved(q)
	case q.ip.IsValid():
		c.by(q.used + lookupFor)
	case q.state == idle && c.t >= q.used+unused:
		c.forget(q)
	case q.state == idle:
		c.by(q.used + unused)
	}
	if q.state == waiting && c.t < q.at || q.state == asking && c.t < q.at {
		c.by(q.at)
	} else if q.state == asking {
		c.overdue(q)
	}
}

// overdue: three seconds are over. A server from which something comes has more.
func (c *Client) overdue(q *question) {
	if q.heard > 1 && c.t-q.started < longest {
		q.heard, q.at = 1, c.t+silence
		c.by(q.at)
		return
	}
	q.server().TimedOut++
	c.N.TimedOut++
	c.silent(q)
}

// drawn returns the question that is asked next, drawn from all that wait: the order of a
// table would show something. Nil: there is none.
func (c *Client) drawn() (q *question) {
	n := uint64(0)
	for _, o := range c.questions {
		if o.state == waiting && c.t >= o.at {
			if n++; c.c.Jitter.Uint64()%n == 0 {
				q = o
			}
		}
	}
	return q
}

// send asks a server.
func (c *Client) send(q *question) {
	s := c.pick(q.asked)
	if s == nil || len(q.asked) >= maxTries || q.compare && c.worse(s) > 0 {
		c.end(q)
		return
	}
	path, ok := c.path(s)
	if !ok {
		c.N.NoDetour++
		q.asked = append(q.asked, s)
		return // and the next, at once
	}
	err := c.node.Errand(c.now, node.Errand{Path: path, Request: q.request(), Hold: q.hold(s), Done: func(now time.Time, response []byte, rtt time.Duration, err error) {
		c.at(now)
		c.by(c.t)
		c.busy--
		if rtt > 0 {
			s.RTT = rtt
		}
		if q.state == asking && q.server() == s { // else another was asked, or it is over
			c.answered(q, s, response, err)
		}
	}})
	if err != nil {
		c.wait(q, roomRetry)
		return
	}
	if c.tokens == Burst {
		c.tokenAt = c.t + Gap(c.c.Jitter)
	}
	c.tokens--
	c.busy++
	c.N.Asked++
	s.Asked++
	q.asked = append(q.asked, s)
	q.state, q.started, q.at, q.heard = asking, c.t, c.t+silence, 0
	c.by(q.at)
}

func (q *question) server() *server { return q.asked[len(q.asked)-1] }

func (q *question) request() []byte {
	if q.ip.IsValid() {
		return query.AppendLookup(nil, q.ip)
	}
	return query.AppendSegments(nil, q.to)
}

// hold is the rule for the frames of an errand. It is asked for the request and then for
// each frame that answers one: a server whose answer takes long is not silent.
func (q *question) hold(s *server) func(rtt, late time.Duration) time.Duration {
	return func(rtt, late time.Duration) time.Duration {
		q.heard++
		return s.pace.Hold(rtt, late)
	}
}

// answered takes what came of an errand.
func (c *Client) answered(q *question, s *server, response []byte, err error) {
	if err != nil {
		c.N.Failed++
		s.Way = nil // another may stand
		c.silent(q)
		return
	}
	s.Answered++
	s.rest = 0
	switch {
	case len(response) > query.MaxAnswer+1:
		c.lied(q, s, route.FaultFormat)
	case len(response) == 1:
		c.refused(q, s, query.Status(response[0]))
	case q.ip.IsValid():
		c.named(q, s, response)
	default:
		c.join(q, s, response)
	}
}

// refused: there is no answer.
func (c *Client) refused(q *question, s *server, status query.Status) {
	switch {
	case status == query.StatusUnknown && !q.ip.IsValid() && c.Settled(c.now, q.to):
		c.lied(q, s, route.FaultMissing)
	case status == query.StatusUnknown:
		c.N.Unknown++
		c.retry(q)
	default:
		c.N.Refused++
		s.Refused++
		c.silent(q)
	}
}

// lied notes a contradiction and asks another.
func (c *Client) lied(q *question, s *server, f route.Fault) {
	c.contradicted(s, f)
	c.retry(q)
}

// silent asks another in the place of one that has not answered.
func (c *Client) silent(q *question) {
	q.server().rest = c.t + restFor
	c.retry(q)
}

func (c *Client) retry(q *question) {
	if q.compare || len(q.asked) >= maxTries {
		c.end(q)
	} else {
		c.wait(q, Retry(c.c.Jitter))
	}
}

// join has an answer joined to what is known.
func (c *Client) join(q *question, s *server, response []byte) {
	q.state = joining
	c.busy++
	a := route.Answer{To: q.to, Came: c.now, Read: func() (route.Next, bool) {
		r, err := query.ParseResponse(query.OpSegments, response)
		return r.Announcements.Next, err == nil
	}, Done: func(now time.Time, j *route.Joined) {
		c.at(now)
		c.by(c.t)
		c.busy--
		c.joined(q, s, j)
	}, Beside: c.c.Beside}
	if q.compare {
		a.Before = q.promises
	}
	c.Join(c.now, a)
}

// joined takes what came of it.
func (c *Client) joined(q *question, s *server, j *route.Joined) {
	c.N.Answered++
	c.contradicted(s, j.Fault)
	if j.Kept != nil {
		s.kept += j.Kept.Len()
		c.judge(s)
		c.Release(q.before)
		q.before, q.kept = q.kept, j.Kept
	}
	switch {
	case q.compare:
		c.N.Compared++
		c.contradicted(q.from, j.Before)
		c.end(q)
		return
	case j.Found:
		q.found, q.pending, q.from, q.promises = true, false, s, j.Promises
		c.node.Found(c.now, q.to)
	}
	if j.Found && j.Fault == route.FaultNone {
		c.end(q)
	} else {
		c.retry(q)
	}
}

// end has a question rest. Where nothing was found it is asked again only after a while.
func (c *Client) end(q *question) {
	q.state = idle
	if q.ip.IsValid() {
		c.unresolved(q)
		return
	}
	if q.found {
		q.fails, q.soonest, q.at = 0, c.t+retryAfter, c.t+Renew(c.c.Jitter)
		c.compareLater(q)
	} else {
		q.at = c.t + step.Jitter(c.c.Jitter, min(retryAfter<<min(q.fails, 5), retryMost), 20)
		q.soonest = q.at
		q.fails++
	}
	if q.pending {
		q.pending = false
		c.node.Found(c.now, q.to)
	}
	c.by(c.t)
}

// compareLater has one answer in eight compared with that of another server.
func (c *Client) compareLater(q *question) {
	after, yes := Compare(c.c.Jitter)
	if !yes || q.compare || len(q.asked) >= maxTries {
		q.compare, q.promises = false, nil
		return
	}
	q.compare = true
	c.wait(q, after)
}

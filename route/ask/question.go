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
type question struct {
	to   identity.Key
	ip   netip.Addr                                     // valid: the key of this is asked for
	done func(now time.Time, key identity.Key, ok bool) // then

	state   state
	used    time.Time // when somebody last wanted it
	pending bool      // no server has answered yet
	found   bool      // this time
	asked   []*server // this time
	by      *server   // who is being asked
	at      time.Time // waiting: not before; asking: until; idle: when to ask again
	started time.Time // asking
	heard   int       // asking: frames that answer one, since the last look
	soonest time.Time // idle, and there is no way: not before
	fails   int       // in a row
	compare bool      // the answer is to compare with

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

func (q *question) idle() bool { return q.state == idle }

func (q *question) has(s *server) bool {
	for _, o := range q.asked {
		if o == s {
			return true
		}
	}
	return false
}

func (q *question) use(now time.Time) {
	q.used = now
	for _, k := range [...]*route.Kept{q.kept, q.before} {
		if k != nil {
			k.Used = now
		}
	}
}

// due says whether it is to be asked (again).
func (q *question) due(now time.Time, lost bool) bool {
	return !now.Before(q.at) || lost && !now.Before(q.soonest)
}

// question returns the one for a destination, made if there is room; nil: there is none.
func (c *Client) question(now time.Time, to identity.Key) *question {
	var oldest *question
	for _, q := range c.questions {
		if q.to == to {
			return q
		}
		if q.state == idle && (oldest == nil || q.used.Before(oldest.used)) {
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
func (c *Client) begin(now time.Time, q *question) {
	q.state, q.at, q.pending, q.found, q.compare, q.asked = waiting, now, true, false, false, nil
	c.next.By(now)
}

// advanceQuestions does what is due.
func (c *Client) advanceQuestions(now time.Time) {
	c.lookAt(now)
	c.refill(now)
	for i := len(c.questions) - 1; i >= 0; i-- {
		c.advance(now, c.questions[i])
	}
	for i := len(c.names.asked) - 1; i >= 0; i-- {
		c.advance(now, c.names.asked[i])
	}
	for c.tokens > 0 && c.busy < maxBusy {
		q := c.drawn(now)
		if q == nil {
			return
		}
		c.send(now, q)
	}
	if c.tokens == 0 {
		c.next.By(c.tokenAt)
	}
}

// refill gives tokens back.
func (c *Client) refill(now time.Time) {
	for c.tokens < Burst && !now.Before(c.tokenAt) {
		c.tokens++
		c.tokenAt = c.tokenAt.Add(Gap(c.c.Jitter))
	}
}

func (c *Client) take(now time.Time) {
	if c.tokens == Burst {
		c.tokenAt = now.Add(Gap(c.c.Jitter))
	}
	c.tokens--
}

func (c *Client) advance(now time.Time, q *question) {
	switch {
	case q.state == asking && !now.Before(q.at) && q.heard > 1 && now.Sub(q.started) < longest:
		q.heard, q.at = 1, now.Add(silence)
		c.next.By(q.at)
	case q.state == asking && !now.Before(q.at):
		q.by.TimedOut++
		c.N.TimedOut++
		c.nextServer(now, q, q.by)
	case q.state == asking || q.state == waiting && now.Before(q.at):
		c.next.By(q.at)
	case q.state == idle && !q.ip.IsValid():
		if end := q.used.Add(unused); now.Before(end) {
			c.next.By(end)
		} else {
			c.forget(q)
		}
	}
}

// drawn returns the question that is asked next, drawn from all that wait: the order of a
// table would show something. Nil: there is none.
func (c *Client) drawn(now time.Time) (q *question) {
	n := uint64(0)
	for _, list := range [...][]*question{c.questions, c.names.asked} {
		for _, o := range list {
			if o.state == waiting && !now.Before(o.at) {
				if n++; c.c.Jitter.Uint64()%n == 0 {
					q = o
				}
			}
		}
	}
	return q
}

// send asks a server.
func (c *Client) send(now time.Time, q *question) {
	s := c.pick(now, q)
	if s == nil || len(q.asked) >= maxTries || q.compare && s.worse(now) > 0 {
		c.end(now, q)
		return
	}
	path, ok := c.path(now, s)
	if !ok {
		c.N.NoDetour++
		q.asked = append(q.asked, s)
		return // and the next, at once
	}
	err := c.node.Errand(now, node.Errand{Path: path, Request: q.request(), Hold: q.hold(s), Done: func(now time.Time, response []byte, rtt time.Duration, err error) {
		c.busy--
		c.next.By(now)
		c.answered(now, q, s, response, rtt, err)
	}})
	if err != nil {
		q.at = now.Add(roomRetry)
		c.next.By(q.at)
		return
	}
	c.take(now)
	c.busy++
	c.N.Asked++
	s.Asked++
	q.state, q.by, q.started, q.at, q.heard = asking, s, now, now.Add(silence), 0
	q.asked = append(q.asked, s)
	c.next.By(q.at)
}

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
func (c *Client) answered(now time.Time, q *question, s *server, response []byte, rtt time.Duration, err error) {
	if rtt > 0 {
		s.RTT = rtt
	}
	if q.by != s || q.state != asking {
		return // another was asked, or it is known already
	}
	if err != nil {
		c.N.Failed++
		s.way = nil // another may stand
		c.nextServer(now, q, s)
		return
	}
	s.Answered++
	s.rest = time.Time{}
	switch {
	case len(response) > query.MaxAnswer+1:
		c.lied(now, q, s, route.FaultFormat)
	case len(response) == 1:
		c.refused(now, q, s, query.Status(response[0]))
	case q.ip.IsValid():
		c.named(now, q, s, response)
	default:
		c.join(now, q, s, response)
	}
}

// refused: there is no answer.
func (c *Client) refused(now time.Time, q *question, s *server, status query.Status) {
	switch {
	case status == query.StatusUnknown && !q.ip.IsValid() && c.Settled(now, q.to):
		c.lied(now, q, s, route.FaultMissing)
	case status == query.StatusUnknown:
		c.N.Unknown++
		c.retry(now, q)
	default:
		c.N.Refused++
		s.Refused++
		c.nextServer(now, q, s)
	}
}

// lied notes a contradiction and asks another.
func (c *Client) lied(now time.Time, q *question, s *server, f route.Fault) {
	c.contradicted(now, s, f)
	c.retry(now, q)
}

// nextServer asks another in the place of one that has not answered.
func (c *Client) nextServer(now time.Time, q *question, s *server) {
	s.rest = now.Add(restFor)
	c.retry(now, q)
}

func (c *Client) retry(now time.Time, q *question) {
	q.by = nil
	if q.compare || len(q.asked) >= maxTries {
		c.end(now, q)
		return
	}
	q.state, q.at = waiting, now.Add(Retry(c.c.Jitter))
	c.next.By(q.at)
}

// join has an answer joined to what is known.
func (c *Client) join(now time.Time, q *question, s *server, response []byte) {
	q.state = joining
	c.busy++
	a := route.Answer{To: q.to, Came: now, Read: func() (route.Next, bool) {
		r, err := query.ParseResponse(query.OpSegments, response)
		return r.Announcements.Next, err == nil
	}, Done: func(now time.Time, j *route.Joined) {
		c.busy--
		c.next.By(now)
		c.joined(now, q, s, j)
	}}
	if q.compare {
		a.Before = q.promises
	}
	c.Join(now, a)
}

// joined takes what came of it.
func (c *Client) joined(now time.Time, q *question, s *server, j *route.Joined) {
	c.N.Answered++
	if j.Fault != route.FaultNone {
		c.contradicted(now, s, j.Fault)
	}
	if j.Kept != nil {
		s.keys.kept += j.Kept.Len()
		c.Release(q.before)
		q.before, q.kept = q.kept, j.Kept
		c.judge(now, s)
	}
	if q.compare {
		c.compared(now, q, j)
		return
	}
	if j.Found {
		q.found, q.from, q.promises = true, s, j.Promises
		c.node.Found(now, q.to)
	}
	if j.Found && j.Fault == route.FaultNone {
		c.end(now, q)
	} else {
		c.retry(now, q)
	}
}

// compared: another server has answered the same question.
func (c *Client) compared(now time.Time, q *question, j *route.Joined) {
	c.N.Compared++
	if j.Before != route.FaultNone && q.from != nil {
		c.contradicted(now, q.from, j.Before)
	}
	c.end(now, q)
}

// end has a question rest. Where nothing was found it is asked again only after a while.
func (c *Client) end(now time.Time, q *question) {
	q.by, q.state = nil, idle
	switch {
	case q.ip.IsValid():
		c.unnamed(now, q)
		return
	case q.compare:
		q.compare, q.promises = false, nil
		q.at = now.Add(Renew(c.c.Jitter))
	case q.found:
		q.fails = 0
		q.soonest = now.Add(retryAfter)
		q.at = now.Add(Renew(c.c.Jitter))
		c.compareLater(now, q)
	default:
		q.at = now.Add(step.Jitter(c.c.Jitter, min(retryAfter<<min(q.fails, 5), retryMost), 20))
		q.soonest = q.at
		q.fails++
	}
	if q.pending {
		q.pending = false
		c.node.Found(now, q.to)
	}
	c.next.By(now)
}

// compareLater has one answer in eight compared with that of another server.
func (c *Client) compareLater(now time.Time, q *question) {
	after, yes := Compare(c.c.Jitter)
	if !yes || q.promises == nil || len(q.asked) >= maxTries {
		q.promises = nil
		return
	}
	q.state, q.compare, q.at = waiting, true, now.Add(after)
	c.next.By(q.at)
}

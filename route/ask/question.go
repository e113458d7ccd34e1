package ask

import (
	"net/netip"
	"time"

	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route"
	"hopwire/route/query"
)

// A question is a destination that is asked for.
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
	ip   netip.Addr   // its mesh address
	to   identity.Key // zero: nobody here knows it yet
	core bool         // the server that is asked is the destination

	done  []func(now time.Time, key identity.Key, ok bool) // wait for the key,
	until moment                                           // so long

	state   state
	used    moment    // when somebody last wanted it
	pending bool      // no server has told a way yet
	found   bool      // this time
	compare bool      // the answer is to compare with
	asked   []*server // this time; the last is being asked
	at      moment    // waiting: not before; idle: when to ask again
	soonest moment    // idle, and there is no way: not before
	fails   int       // in a row

	from     *server // who has answered
	suspect  *server // whose core may be forged
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

func (q *question) known() bool { return q.to != identity.Key{} }

// question returns the one for a destination that is wanted now, made if there is room; nil:
// there is none, or nothing is asked. Room is made by one that was never answered, or else
// by the one that was wanted longest ago.
func (c *Client) question(ip netip.Addr) *question {
	if !c.asks() || !identity.IsMesh(ip) {
		return nil
	}
	var least *question
	for _, q := range c.questions {
		if q.ip == ip {
			q.used = c.t
			c.Use(q.before)
			c.Use(q.kept)
			return q
		}
		if q.state == idle && (least == nil || q.worth() < least.worth()) {
			least = q
		}
	}
	if len(c.questions) >= maxQuestions {
		if least == nil {
			return nil
		}
		c.forget(least)
	}
	q := &question{ip: ip, used: c.t}
	c.questions = append(c.questions, q)
	return q
}

func (q *question) worth() moment {
	if q.from == nil {
		return q.used - longAgo
	}
	return q.used
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
	if len(q.done) > 0 && c.t >= q.until {
		c.report(q, false)
		if q.state == waiting { // too many others are
			c.end(q)
		}
	}
	if len(q.done) > 0 {
		c.by(q.until)
	}
	switch unused := q.used + unusedFor; {
	case q.state == waiting && c.t < q.at:
		c.by(q.at)
	case q.state == idle && c.t >= unused:
		c.forget(q)
	case q.state == idle:
		c.by(unused)
	}
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
	err := c.node.Errand(c.now, node.Errand{Path: path, Request: q.request(s), Hold: s.pace.Hold, Done: func(now time.Time, response []byte, rtt time.Duration, err error) {
		c.at(now)
		c.by(c.t)
		c.busy--
		if rtt > 0 {
			s.RTT = rtt
		}
		c.answered(q, s, response, err)
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
	q.state = asking
}

func (q *question) request(s *server) []byte {
	if q.core {
		return query.AppendSegments(nil, s.Key.IPv6())
	}
	return query.AppendSegments(nil, q.ip)
}

func (q *question) server() *server { return q.asked[len(q.asked)-1] }

// answered takes what came of an errand.
func (c *Client) answered(q *question, s *server, response []byte, err error) {

	if err != nil {
		if err == hop.ErrNoPath {
			c.N.Failed++
			s.Way = nil // another may stand
		} else {
			c.N.TimedOut++
			s.TimedOut++
		}
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
	case q.core:
		c.takeCore(q, s, response)
	default:
		c.join(q, s, response, c.beside())
	}
}

// refused: there is no answer.
func (c *Client) refused(q *question, s *server, status query.Status) {
	switch {
	case status == query.StatusUnknown && c.Settled(c.now, q.to):
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

// join has an answer joined to what is known. When the core is part of it and a signature is
// bad, it is joined without: then it shows whose that is.
func (c *Client) join(q *question, s *server, response []byte, beside route.Next) {
	q.state = joining
	c.busy++
	a := route.Answer{To: q.ip, Came: c.now, Read: func() (route.Next, bool) {
		r, err := query.ParseResponse(query.OpSegments, response)
		return r.Announcements.Next, err == nil
	}, Done: func(now time.Time, j *route.Joined) {
		c.at(now)
		c.by(c.t)
		c.busy--
		if beside != nil && j.Fault == route.FaultSignature {
			q.suspect, c.core.list = c.core.from, nil
			c.join(q, s, response, nil)
			return
		}
		c.joined(q, s, j)
	}, Beside: beside}
	if q.compare {
		a.Before = q.promises
	}
	c.Join(c.now, a)
}

// joined takes what came of it.
func (c *Client) joined(q *question, s *server, j *route.Joined) {
	c.N.Answered++
	c.contradicted(s, j.Fault)
	if q.suspect != nil && j.Fault != route.FaultSignature {
		c.contradicted(q.suspect, route.FaultSignature)
	}
	q.suspect = nil
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
		q.found, q.to, q.from, q.promises = true, j.To, s, j.Promises
		c.settle(q)
	}
	if j.Found && j.Fault == route.FaultNone {
		c.end(q)
	} else {
		c.retry(q)
	}
}

// settle tells all who wait whether there is a way.
func (c *Client) settle(q *question) {
	waits := q.pending && q.known()
	q.pending = false
	c.report(q, q.found)
	if waits {
		c.node.Found(c.now, q.to)
	}
}

// report tells those who wait for the key.
func (c *Client) report(q *question, ok bool) {
	done := q.done
	q.done = nil
	for _, f := range done {
		f(c.now, q.to, ok)
	}
}

// end has a question rest. Where nothing was found it is asked again only after a while.
func (c *Client) end(q *question) {
	q.state = idle
	switch {
	case q.core:
		c.forget(q)
		c.coreLater(q.found)
		return
	case q.found:
		q.fails, q.soonest, q.at = 0, c.t+retryAfter, c.t+Renew(c.c.Jitter)
		c.compareLater(q)
	default:
		q.at = c.t + step.Jitter(c.c.Jitter, min(retryAfter<<min(q.fails, 5), retryMost), 20)
		q.soonest = q.at
		q.fails++
	}
	c.settle(q)
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

package ask

import (
	"slices"
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// Servers have their maps from all nodes: each offers what its vicinity has, once an hour
// to two of them, in ordinary calls under its own name. When it does so depends on nothing
// but a clock of its own, so nothing ties an offer to a question.

// offers is when, and to whom at the moment.
type offers struct {
	at    time.Time // the next; zero: not yet known
	to    []identity.Key
	wants query.IDs // of the one at hand: left to be given
	busy  bool
}

// advanceOffers begins what is due.
func (c *Client) advanceOffers(now time.Time) {
	o := &c.offers
	if c.c.Servers.None {
		return
	}
	if o.at.IsZero() {
		o.at = now.Add(time.Duration(c.c.Jitter.Int64N(int64(offerGap))))
	}
	if !now.Before(o.at) && !o.busy {
		o.at = now.Add(step.Jitter(c.c.Jitter, offerGap, 50))
		o.to = c.offerTo(now)
	}
	if !o.busy {
		c.next.By(o.at)
	}
	c.offer(now)
}

// offerTo draws the servers.
func (c *Client) offerTo(now time.Time) (to []identity.Key) {
	c.seen = time.Time{}
	c.lookAt(now)
	for _, s := range c.servers {
		if s.here {
			to = append(to, s.now.Key)
		}
	}
	c.c.Jitter.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
	return to[:min(len(to), offerTo)]
}

// offer tells the next server what there is.
func (c *Client) offer(now time.Time) {
	o := &c.offers
	if o.busy || len(o.to) == 0 {
		return
	}
	to := o.to[0]
	request, n := []byte{byte(query.OpOffer)}, 0
	c.Each(now, func(id identity.ShortID, raw announce.Raw, _ time.Duration) {
		if n++; n <= query.MaxOffers {
			request = query.AppendOffer(request, id, raw.Sequence())
		}
	})
	c.call(now, to, request, func(now time.Time, response []byte) {
		r, err := query.ParseResponse(query.OpOffer, response)
		if err != nil || r.Status != query.StatusOK {
			c.offered()
			return
		}
		c.N.Offered += uint64(n)
		o.wants = query.IDs(slices.Clone(r.Wanted))
		c.give(now, to)
	})
}

// offered ends with one server.
func (c *Client) offered() {
	if o := &c.offers; len(o.to) > 0 {
		o.to, o.wants = o.to[1:], nil
	}
}

// give gives what is wanted, a page at a time.
func (c *Client) give(now time.Time, to identity.Key) {
	o := &c.offers
	request, n := []byte{byte(query.OpGive)}, 0
	c.Each(now, func(id identity.ShortID, raw announce.Raw, age time.Duration) {
		for o.wants.Len() > 0 && string(o.wants[:len(id)]) < string(id[:]) {
			o.wants = o.wants[len(id):] // gone meanwhile
		}
		if o.wants.Len() > 0 && o.wants.At(0) == id && len(request) < givePage {
			request = query.AppendAnnouncement(request, raw, age)
			o.wants = o.wants[len(id):]
			n++
		}
	})
	if n == 0 {
		c.offered()
		return
	}
	c.call(now, to, request, func(now time.Time, response []byte) {
		r, err := query.ParseResponse(query.OpGive, response)
		if err != nil || r.Status != query.StatusOK {
			c.offered()
			return
		}
		c.N.Given += uint64(n)
		c.give(now, to)
	})
}

// call is an ordinary one; who does not take it is left alone this time.
func (c *Client) call(now time.Time, to identity.Key, request []byte, then func(now time.Time, response []byte)) {
	o := &c.offers
	o.busy = true
	err := c.node.Call(now, to, request, func(now time.Time, response []byte, err error) {
		o.busy = false
		c.next.By(now)
		if err != nil {
			c.offered()
			return
		}
		then(now, response)
	})
	if err != nil {
		o.busy = false
		c.offered()
		c.next.By(now)
	}
}

package ask

import (
	"bytes"
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
	at    moment // the next; 0: not yet known
	to    []identity.Key
	wants query.IDs // of the first of them: left to be given
	busy  bool
}

// advanceOffers begins what is due.
func (c *Client) advanceOffers() {
	o := &c.offers
	if c.c.Servers.None || o.busy {
		return
	}
	if o.at == 0 {
		o.at = c.t + step.Jitter(c.c.Jitter, offerGap/2, 100)
	}
	if c.t >= o.at {
		o.at = c.t + step.Jitter(c.c.Jitter, offerGap, 50)
		o.to = c.offerTo()
	}
	c.by(o.at)
	if len(o.to) > 0 {
		c.offer()
	}
}

// offerTo draws the servers.
func (c *Client) offerTo() (to []identity.Key) {
	c.lookAt()
	for _, s := range c.servers {
		if s.gradient != nil {
			to = append(to, s.Key)
		}
	}
	c.c.Jitter.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
	return to[:min(len(to), offerTo)]
}

// offer tells the first server what there is.
func (c *Client) offer() {
	request, n := []byte{byte(query.OpOffer)}, 0
	c.Each(c.now, func(id identity.ShortID, raw announce.Raw, _ time.Duration) {
		if n < query.MaxOffers {
			n++
			request = query.AppendOffer(request, id, raw.Sequence())
		}
	})
	c.tell(query.OpOffer, request, func(r query.Response) {
		c.N.Offered += uint64(n)
		c.offers.wants = slices.Clone(r.Wanted)
		c.give()
	})
}

// give gives what is wanted, a page at a time.
func (c *Client) give() {
	o := &c.offers
	request, n := []byte{byte(query.OpGive)}, 0
	c.Each(c.now, func(id identity.ShortID, raw announce.Raw, age time.Duration) {
		for len(o.wants) > 0 && bytes.Compare(o.wants[:len(id)], id[:]) < 0 {
			o.wants = o.wants[len(id):] // gone meanwhile
		}
		if len(o.wants) > 0 && o.wants.At(0) == id && len(request) < givePage {
			request = query.AppendAnnouncement(request, raw, age)
			o.wants = o.wants[len(id):]
			n++
		}
	})
	if n == 0 {
		o.to = o.to[1:]
		c.by(c.t)
		return
	}
	c.tell(query.OpGive, request, func(query.Response) {
		c.N.Given += uint64(n)
		c.give()
	})
}

// tell calls the first server. Who does not take it is left alone this time.
func (c *Client) tell(op query.Op, request []byte, then func(r query.Response)) {
	o := &c.offers
	o.busy = true
	c.call(o.to[0], request, func(response []byte) {
		o.busy = false
		r, err := query.ParseResponse(op, response)
		if err != nil || r.Status != query.StatusOK {
			o.to = o.to[1:]
			return
		}
		then(r)
	})
}

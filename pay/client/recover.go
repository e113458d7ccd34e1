package client

import (
	"time"

	"hopwire/pay"
	"hopwire/pay/account"
)

// A Found is an account that the gateway knows.
type Found struct {
	Index    uint32
	Balance  pay.Amount
	Incoming pay.Amount
	Held     pay.Amount
	Kept     bool // it has a record; else it is empty, or there was no room
}

// A Recovery asks a gateway for all accounts of a seed, one by one: from the seed alone, or
// when records may be old. To a gateway that sees all questions come by one circuit, they
// are one user's.
type Recovery struct {
	c     *Client
	index uint32
	used  uint32 // one above the highest that is used
	done  bool
	found []Found
}

// maxFound bounds what a gateway can make a recovery remember; as many accounts with money
// nobody has.
const maxFound = 1024

// Recover begins one.
func (c *Client) Recover() *Recovery {
	r := &Recovery{c: c}
	for _, a := range c.accounts {
		r.used = max(r.used, a.index+1)
	}
	return r
}

// Next is the request to send, and of which account; nil: all are answered, and Finish is
// next. It is the same until Answer has taken its answer.
func (r *Recovery) Next() (b []byte, of account.Account) {
	if r.done {
		return nil, of
	}
	key := r.c.seed.Key(r.c.gateway, r.index)
	return r.c.askNewest(key), account.Of(r.c.gateway, key.Key())
}

// Answer takes the answer to that. Errors: as of Account.Answer; ErrFull: the gateway
// claims more accounts than anybody has. A contradiction stops its account and not the
// recovery. After errEpoch and errTerms, Client.Ask comes first.
func (r *Recovery) Answer(now time.Time, b []byte) error {
	if r.done {
		return r.c.drop(errLate)
	}
	items, err := r.c.items(b)
	if err != nil {
		return err
	}
	key := r.c.seed.Key(r.c.gateway, r.index)
	s, err := r.c.standing(now, account.Of(r.c.gateway, key.Key()), items)
	if err != nil {
		return err
	}
	used := s.r.Seq > 0 || s.Inbox.Count > 0
	if used && len(r.found) == maxFound {
		return ErrFull
	}
	if used {
		if err := r.keep(now, s, items); err != nil {
			return err
		}
	}
	r.step(used)
	return nil
}

// keep makes a record of what was found, or mends the one that is there.
func (r *Recovery) keep(now time.Time, s *standing, items [][]byte) error {
	f := Found{Index: r.index, Balance: s.r.Balance, Incoming: s.Inbox.Sum - s.Acked.Sum, Held: s.r.Held}
	for _, a := range r.c.accounts {
		if a.index == r.index {
			_, err := a.stands(now, items)
			if why, ok := err.(Reason); ok && why == a.against || err == ErrBehind || err == ErrAdopted {
				err = nil
			}
			f.Kept = true
			r.found = append(r.found, f)
			return err
		}
	}
	if f.Balance > 0 || f.Incoming > 0 || f.Held > 0 {
		if place, old := r.c.place(); place >= 0 {
			a, err := r.c.put(place, old, record{role: Own, index: r.index})
			if err == nil {
				err = a.become(s)
			}
			if err != nil {
				return err
			}
			f.Kept = true
		}
	}
	r.found = append(r.found, f)
	return nil
}

// step goes on to the next index. Used is what the gateway knows: an account that nobody
// ever paid is not.
func (r *Recovery) step(used bool) {
	if used {
		r.used = max(r.used, r.index+1)
	}
	r.index++
	r.done = uint64(r.index) >= uint64(r.used)+gap
}

// Found are the accounts that the gateway knows, so far. The slice is the recovery's.
func (r *Recovery) Found() []Found { return r.found }

// Finish makes indices well above all that were found the next, so that new accounts can
// be made again: some below may have been given to somebody who has not paid yet.
func (r *Recovery) Finish() error {
	if !r.done {
		return ErrStale
	}
	h := r.c.head
	h.stale = false
	h.used = max(h.used, r.used)
	h.reserved = max(h.reserved, (r.used+gap/2)/block*block)
	if err := r.c.writeHead(h); err != nil {
		return err
	}
	r.c.next = h.reserved
	return nil
}

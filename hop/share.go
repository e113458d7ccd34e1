package hop

import (
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// An account is what a port, or a neighbour on it, has of what all share (wire.md,
// "Shares"). Ports come first, since an identity costs nothing and a cable does; a
// neighbour has one account on a port, however many links.
type account struct {
	port       *account // a neighbour's; nil: it is a port's itself
	links      int      // that are up
	neighbours int      // of a port, with links
	setups     step.Bucket
	onward     step.Bucket // of a neighbour: its bucket for us, as it must see it,
	sent       onion.Tally // and our entries in its filter; of a port: what it has in those of others
	noted      onion.Tally // entries in the replay filter
	passing    int         // circuits that come from it
	parked     int
	served     uint64 // turn in which the worker had a set-up of it last
	passed     float64
	passedAt   time.Time // of the last set-up that was passed on
}

// An accountKey without a neighbour is of a port.
type accountKey struct {
	port      int
	neighbour identity.Key
}

// account returns that of a link's neighbour, with the link counted in.
func (cs *Circuits) account(now time.Time, l *link.Link) *account {
	cs.closeAccounts(now)
	id, _ := l.Port()
	port, a := cs.find(accountKey{port: id}), cs.find(accountKey{id, l.Peer()})
	if a.port = port; a.links == 0 {
		port.neighbours++
	}
	if port.links == 0 {
		cs.ports++
	}
	a.links++
	port.links++
	return a
}

func (cs *Circuits) find(k accountKey) *account {
	a := cs.accounts[k]
	if a == nil {
		a = new(account)
		cs.accounts[k] = a
	}
	return a
}

// closeAccounts forgets those without a link once their buckets are full again, so that
// to reconnect gains nothing. That of a port stays while the filter has entries of it.
func (cs *Circuits) closeAccounts(now time.Time) {
	for k, a := range cs.accounts {
		if a.links == 0 && a.setups.Full(now, setupRate, setupBurst) && (a.port != nil || cs.filter.Noted(&a.noted) == 0) {
			delete(cs.accounts, k)
		}
	}
}

// leave counts a link out.
func (cs *Circuits) leave(a *account) {
	a.links--
	a.port.links--
	if a.links == 0 {
		a.port.neighbours--
	}
	if a.port.links == 0 {
		cs.ports--
	}
}

// takeSetup says whether the neighbour may have one more set-up opened.
func (a *account) takeSetup(now time.Time) bool {
	return a.setups.Take(now, setupRate, setupBurst) && a.port.setups.Take(now, portRate, portBurst)
}

// mayPass says whether a set-up that came by the account's port may go on to a
// neighbour. That has one share for all whose set-ups we pass on, and for ourselves: so
// a port that has passed on many gets none of what is left of it.
func (cs *Circuits) mayPass(now time.Time, a, next *account) bool {
	_, size := cs.filter.Load()
	return a.port.recently(now) <= passShare*next.onward.Level(now, setupRate, setupBurst) &&
		cs.filter.Noted(&a.port.sent)+cs.filter.Noted(&next.sent) <= size/passNoted
}

// recently returns how many set-ups of a port were passed on in the last seconds.
func (a *account) recently(now time.Time) float64 {
	a.passed *= max(0, 1-now.Sub(a.passedAt).Seconds()/passFor.Seconds())
	a.passedAt = now
	return a.passed
}

// passSetup notes that a set-up has gone on to a neighbour.
func (cs *Circuits) passSetup(now time.Time, a, next *account) {
	a.port.passed = a.port.recently(now) + 1
	cs.filter.Note(&a.port.sent)
	cs.sentSetup(now, next)
}

// sentSetup notes that a set-up has gone to a neighbour.
func (cs *Circuits) sentSetup(now time.Time, next *account) {
	cs.filter.Note(&next.sent)
	next.onward.Take(now, setupRate, setupBurst)
}

// takePark counts a frame in that waits, or says that the neighbour has its share: so
// many, and its port no more than are left for others.
func (cs *Circuits) takePark(a *account) bool {
	if a.parked >= parkLink || a.port.parked >= parkAll-cs.parked {
		return false
	}
	cs.unpark(a, -1)
	return true
}

// unpark counts frames out that waited.
func (cs *Circuits) unpark(a *account, n int) {
	a.parked -= n
	a.port.parked -= n
	cs.parked -= n
}

// count notes that so many more circuits come from the neighbour.
func (a *account) count(n int) {
	a.passing += n
	a.port.passing += n
}

// heaviest returns the port with most circuits, or with a port its neighbour with most.
func (cs *Circuits) heaviest(port *account) (most *account) {
	for _, s := range cs.links {
		if s == nil || port != nil && s.account.port != port {
			continue
		}
		a := s.account
		if port == nil {
			a = a.port
		}
		if most == nil || a.passing > most.passing {
			most = a
		}
	}
	return most
}

// aboveShare returns the youngest circuit of the neighbour with most on the port with
// most, if that port is above its fair share of the table and s's below; or else of the
// neighbour with most on s's own port, by the same rule among its neighbours.
func (cs *Circuits) aboveShare(s *side) *relay {
	a, share := s.account, cs.c.MaxCircuits/cs.ports
	if port := cs.heaviest(nil); a.port.passing < share && port.passing > share {
		return cs.youngest(cs.heaviest(port))
	}
	share /= a.port.neighbours
	if most := cs.heaviest(a.port); a.passing < share && most.passing > share {
		return cs.youngest(most)
	}
	return nil
}

func (cs *Circuits) youngest(a *account) (y *relay) {
	for _, r := range cs.relays {
		if r.up.account == a && (y == nil || r.born.since(y.born) > 0) {
			y = r
		}
	}
	return y
}

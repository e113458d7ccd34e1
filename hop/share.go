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
	_          [0]func() // no ==, which would be half a kilobyte of program
	port       *account  // a neighbour's; nil: it is a port's itself
	id         int       // of the port
	peer       identity.Key
	links      int // that are up
	neighbours int // of a port, with links
	setups     step.Bucket
	noted      onion.Tally // entries in our replay filter,
	sent       onion.Tally // and ours in the neighbour's; of a port: what it has in those of others
	lately     lately      // set-ups that we sent to the neighbour; of a port: passed on for it
	passing    int         // circuits that come from it
	parked     int
	served     uint64 // turn in which the worker had a set-up of it last
}

// account returns that of a link's neighbour, with the link counted in.
func (cs *Circuits) account(now time.Time, l *link.Link) (a *account) {
	cs.closeAccounts(now)
	id, _ := l.Port()
	for _, peer := range [...]identity.Key{{}, l.Peer()} { // the port's first
		a = cs.find(a, id, peer)
		if a.links++; a.links > 1 {
			continue
		}
		if a.port == nil {
			cs.ports++
		} else {
			a.port.neighbours++
		}
	}
	return a
}

func (cs *Circuits) find(port *account, id int, peer identity.Key) *account {
	for _, a := range cs.accounts {
		if a.id == id && a.peer == peer {
			a.port = port // which may have been forgotten before the neighbour was
			return a
		}
	}
	a := &account{port: port, id: id, peer: peer}
	cs.accounts = append(cs.accounts, a)
	return a
}

// closeAccounts forgets those without a link once they are as good as new.
func (cs *Circuits) closeAccounts(now time.Time) {
	kept := cs.accounts[:0]
	for _, a := range cs.accounts {
		if a.links > 0 || a.passing > 0 || cs.owes(now, a) {
			kept = append(kept, a)
		}
	}
	clear(cs.accounts[len(kept):])
	cs.accounts = kept
}

// owes says whether an account has less than a new one, so that to reconnect would gain
// something: its bucket is not full, or, of a port, the filter has entries of it.
func (cs *Circuits) owes(now time.Time, a *account) bool {
	if a.port == nil {
		return !a.setups.Full(now, float64(cs.c.SetupRate), portBurst) || cs.filter.Noted(&a.noted) > 0
	}
	return !a.setups.Full(now, setupRate, setupBurst)
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

// mayTake says whether the neighbour may have one more set-up opened.
func (cs *Circuits) mayTake(now time.Time, a *account) bool {
	return a.setups.Take(now, setupRate, setupBurst) && a.port.setups.Take(now, float64(cs.c.SetupRate), portBurst)
}

// mayWait says whether one more set-up of the neighbour may wait for its Diffie-Hellman.
func (cs *Circuits) mayWait(a *account) bool {
	own, all := 0, 0
	for _, s := range cs.links {
		if s != nil && s.account.port == a.port {
			all += len(s.queue)
			if s.account == a {
				own += len(s.queue)
			}
		}
	}
	return own < setupQueue && all < portQueue
}

// mayPass says whether a set-up that came by the account's port may go on to a
// neighbour. That has one share for all whose set-ups we pass on, and for ourselves: so
// a port that has passed on many gets none of what is left of it.
func (cs *Circuits) mayPass(now time.Time, a, next *account) bool {
	_, size := cs.filter.Load()
	at := cs.at(now)
	return a.port.lately.count(at) <= passShare*(setupBurst-next.lately.count(at)) &&
		cs.filter.Noted(&a.port.sent)+cs.filter.Noted(&next.sent) <= size/passNoted
}

// sentSetup notes that a set-up has gone to a neighbour, or of a port, that one of its was
// passed on.
func (cs *Circuits) sentSetup(now time.Time, a *account) {
	cs.filter.Note(&a.sent)
	a.lately.add(cs.at(now))
}

// lately counts set-ups of the last passFor, which are forgotten at an even pace: so many
// a second make a count of passFor times as many.
type lately struct {
	n  uint32 // in steps of 1/64
	at moment
}

func (l *lately) count(at moment) int {
	const long = uint32(passFor >> momentBits)
	l.n -= l.n * min(uint32(at-l.at), long) / long
	l.at = at
	return int(l.n / 64)
}

func (l *lately) add(at moment) {
	l.count(at)
	l.n += 64
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

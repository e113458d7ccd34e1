package hop

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/dchest/siphash"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/step"
)

// A pending set-up waits for its Diffie-Hellman.
type pending struct {
	_       [0]func() // not compared: saves the code
	side    *side
	label   uint32
	print   uint64
	message *setupMessage // the worker's while busy; nil: it has gone on
	busy    bool
	gone    bool // ended before it was done
}

// pending returns the set-up of a label that waits; nil: none.
func (s *side) pending(label uint32) *pending { return s.waiting[label] }

// print is a keyed hash of all bytes of a set-up, by which a duplicate is known.
func (cs *Circuits) print(packet *[onion.SetupSize]byte) uint64 {
	return siphash.Hash(binary.LittleEndian.Uint64(cs.fpKey[8:]), binary.LittleEndian.Uint64(cs.fpKey[:]), packet[:])
}

// takeSetup queues a set-up; the queues of the links are served in turn.
func (cs *Circuits) takeSetup(now time.Time, s *side, label uint32, m *setupMessage) {
	cs.N.Setups++
	switch print := cs.print(m.packet()); {
	case label&backward != 0 || label&generations == 0:
		cs.N.BadMessage++
	case int(label&indexMask) >= cs.c.MaxCircuits:
		cs.N.SetupsFull++
		cs.refuse(now, s, label, ReasonFull)
	case s.uses(label):
		cs.again(now, s, label, print)
	case s.over(label):
		cs.N.SetupsStale++
	default:
		cs.supersede(now, s, label)
		cs.enqueue(now, s, &pending{side: s, label: label, print: print, message: cs.newMessage(m[offExtension], m.packet())})
	}
}

// uses says whether a circuit has the label, or is about to.
func (s *side) uses(label uint32) bool { return s.relay(label) != nil || s.pending(label) != nil }

// again takes a set-up for a label in use: the same bytes are a duplicate, others
// are refused.
func (cs *Circuits) again(now time.Time, s *side, label uint32, print uint64) {
	var has uint64
	if r := s.relay(label); r != nil {
		has = r.print
	} else {
		has = s.pending(label).print
	}
	if has == print {
		cs.N.SetupsRepeated++
		return
	}
	cs.refuse(now, s, label, ReasonRefused)
}

// supersede ends what had the index before: it is over for the upstream side.
func (cs *Circuits) supersede(now time.Time, s *side, label uint32) {
	e := s.entry(label)
	before := e.newest
	e.newest = label
	if r := cs.relay(e.of); r != nil {
		r.free(now)
	}
	if before != 0 {
		cs.dropPending(s, before)
		cs.dropParked(s, before)
	}
}

func (cs *Circuits) enqueue(now time.Time, s *side, p *pending) {
	if !cs.mayWait(s.account) || !cs.mayTake(now, s.account) {
		cs.N.SetupsLimited++
		cs.refuse(now, s, p.label, ReasonBusy)
		cs.discard(p.message)
		return
	}
	s.queue = append(s.queue, p)
	if s.waiting == nil {
		s.waiting = map[uint32]*pending{}
	}
	s.waiting[p.label] = p
	cs.pump(now)
}

// dropPending forgets a set-up whose circuit has ended already; it costs no
// Diffie-Hellman any more, unless that is under way.
func (cs *Circuits) dropPending(s *side, label uint32) {
	switch p := s.pending(label); {
	case p == nil:
	case p.busy:
		p.gone = true
		delete(s.waiting, label)
	default:
		cs.finish(p)
		cs.discard(p.message)
	}
}

// refuse tells the upstream neighbour, which answers backward for us.
func (cs *Circuits) refuse(now time.Time, s *side, label uint32, why Reason) {
	cs.N.SetupsRefused++
	cs.dropParked(s, label)
	if !s.down {
		b := binary.LittleEndian.AppendUint32(nil, label)
		s.l.Post(now, kindFailed, append(b, byte(why)), nil)
	}
}

// pump starts the next set-ups, one of each port in turn.
func (cs *Circuits) pump(now time.Time) {
	for cs.jobs < setupJobs {
		p := cs.nextSetup()
		if p == nil || !cs.work(now, p) {
			return
		}
	}
}

// nextSetup returns the set-up whose turn it is: the first of the link that has waited
// longest for its turn, of the neighbour that has, of the port that has; nil: none waits.
func (cs *Circuits) nextSetup() (next *pending) {
	var from *side
	for _, s := range cs.links {
		if s == nil || from != nil && !s.before(from) {
			continue
		}
		if i := slices.IndexFunc(s.queue, func(p *pending) bool { return !p.busy }); i >= 0 {
			next, from = s.queue[i], s
		}
	}
	if from != nil {
		cs.turn++
		from.served, from.account.served, from.account.port.served = cs.turn, cs.turn, cs.turn
	}
	return next
}

// before says whether set-ups of s have waited longer for their turn than those of o.
func (s *side) before(o *side) bool {
	a, b := s.account, o.account
	return cmp.Or(cmp.Compare(a.port.served, b.port.served), cmp.Compare(a.served, b.served), cmp.Compare(s.served, o.served)) < 0
}

// pumpAgain tries again where the worker had no room.
func (cs *Circuits) pumpAgain(now time.Time) {
	switch {
	case cs.retry.IsZero():
	case now.Before(cs.retry):
		cs.next.By(cs.retry)
	default:
		cs.retry = time.Time{}
		cs.pump(now)
	}
}

// work opens one set-up elsewhere; false: there is no room for it now.
func (cs *Circuits) work(now time.Time, p *pending) bool {
	packet := p.message.packet()
	private, ok := cs.c.Onion.Private(now, onion.Parity(packet))
	if !ok {
		cs.finish(p)
		cs.refuse(now, p.side, p.label, ReasonRefused)
		cs.discard(p.message)
		return true
	}
	j := cs.job()
	j.p, j.onion, j.fingerprint = p, *private, onion.Fingerprint(cs.fpKey, packet)
	if !cs.c.Env.Work(link.Cost{Class: link.ClassSetup, DH: 1}, j.open) {
		cs.recycle(j)
		cs.retry = now.Add(setupRetry)
		cs.next.By(cs.retry)
		return false
	}
	p.busy = true
	cs.jobs++
	return true
}

func (cs *Circuits) finish(p *pending) {
	p.side.queue = step.Remove(p.side.queue, p)
	if p.side.waiting[p.label] == p {
		delete(p.side.waiting, p.label)
	}
}

// opened enters a circuit whose set-up has opened. Room is made last, so that
// nobody is evicted for a set-up that goes nowhere.
func (cs *Circuits) opened(now time.Time, p *pending, info onion.Info, keys *onion.HopKeys, fingerprint uint64, err error) {
	next, why := cs.onward(p, info, err)
	var evicted *relay
	if why == 0 && len(cs.vacant) == 0 {
		if evicted = cs.evictable(now, p.side); evicted == nil { // first: what is refused must not fill the filter
			cs.N.SetupsFull++
			why = ReasonFull
		}
	}
	if why == 0 {
		why = cs.fresh(now, p.side.account, next, fingerprint)
	}
	if why == 0 && evicted != nil {
		cs.N.Evicted++
		evicted.part(now, ReasonFull)
	}
	if why == 0 && !cs.enter(now, p, info, keys, next) {
		why = ReasonFull
	}
	if why != 0 {
		cs.refuse(now, p.side, p.label, why)
	}
}

// onward finds the link that the set-up is to go on by; nil at the last hop.
func (cs *Circuits) onward(p *pending, info onion.Info, err error) (next *side, why Reason) {
	switch {
	case err != nil:
		return nil, ReasonRefused
	case info.Last:
		return nil, 0
	}
	switch next = cs.toward(info.Next); {
	case next == nil:
		return nil, ReasonNoNext
	case next.l.Peer() == p.side.l.Peer():
		return nil, ReasonRefused
	}
	return next, 0
}

// fresh enters the set-up in the replay filter, if its neighbour has not its share there,
// nor of what goes on to the next.
func (cs *Circuits) fresh(now time.Time, a *account, next *side, fingerprint uint64) Reason {
	if cs.filter.Beyond(now, &a.port.noted, &a.noted) || next != nil && !cs.mayPass(now, a, next.account) {
		cs.N.SetupsLimited++
		return ReasonBusy
	}
	switch fresh, full := cs.filter.Add(now, fingerprint, &a.noted, &a.port.noted); {
	case !fresh:
		cs.N.SetupsReplayed++
		return ReasonRefused
	case full:
		cs.N.SetupsLimited++
		return ReasonBusy
	}
	return 0
}

// enter makes the circuit; with a next hop, the set-up goes on there, ahead of
// what was parked. False: there is no label on that link.
func (cs *Circuits) enter(now time.Time, p *pending, info onion.Info, keys *onion.HopKeys, next *side) bool {
	s := p.side
	id := cs.vacant[len(cs.vacant)-1]
	r := &cs.table.relays[id]
	at := cs.at(now)
	r.cs, r.up = cs, s
	*r.relayState = relayState{keys: *keys, id: id, upLabel: p.label, print: p.print, price: info.Price, extension: p.message[offExtension], born: at, heard: at, end: at.add(info.Life()),
		slowAt: at.add(-time.Hour), brokenAt: at.add(-time.Hour)}
	if next != nil {
		message := p.message
		if p.message = nil; !r.extend(now, next, message) {
			r.clear()
			return false
		}
	}
	cs.vacant = cs.vacant[:len(cs.vacant)-1]
	r.place = int32(len(cs.relays))
	cs.relays = append(cs.relays, r)
	s.entry(p.label).of = r.ref()
	s.passing++
	s.account.count(1)
	s.l.SetBusy(now, true)
	cs.next.By(now.Add(time.Second))
	if next == nil {
		r.terminal = cs.newTerminal(r)
		cs.ev.Accept(now, r.terminal)
	}
	cs.afterSetup(now, follower{side: s, label: p.label})
	return true
}

// evictable returns the circuit that makes room for one from a link, in this order: a
// tombstone, which carries nothing; the one that has been idle longest, if that is
// long enough, unpaid ones first; and, when the link has less than its share, the
// youngest of those that have most above their own. An active circuit is never evicted
// for a link that has its share: two links would evict each other's for ever. Nil: none.
func (cs *Circuits) evictable(now time.Time, s *side) *relay {
	if r := cs.resting(now); r != nil {
		return r
	}
	return cs.aboveShare(s)
}

// resting returns the circuit to evict first, if one has been idle long enough.
// When there is none, the table is not looked through again for a while, or until the
// next tombstone.
func (cs *Circuits) resting(now time.Time) (first *relay) {
	if now.Before(cs.noneRests) {
		return nil
	}
	at := cs.at(now)
	for _, r := range cs.relays {
		if (r.broken != 0 || at.since(r.heard) >= evictIdle) && (first == nil || r.before(first)) {
			first = r
		}
	}
	if first == nil {
		cs.noneRests = now.Add(restGap)
	}
	return first
}

// before says whether r is to be evicted before o; both could be.
func (r *relay) before(o *relay) bool {
	switch {
	case (r.broken != 0) != (o.broken != 0):
		return r.broken != 0
	case r.homeward.Paid != o.homeward.Paid:
		return !r.homeward.Paid
	}
	return r.heard.since(o.heard) < 0
}

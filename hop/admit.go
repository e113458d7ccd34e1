package hop

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/dchest/siphash"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// A pending set-up waits for its Diffie-Hellman.
type pending struct {
	side    *side
	label   uint32
	print   uint64
	message *setupMessage // the worker's while busy; nil: it has gone on
	busy    bool
	gone    bool // ended before it was done
}

func (s *side) pending(label uint32) *pending {
	for _, p := range s.queue {
		if p.label == label && !p.gone {
			return p
		}
	}
	return nil
}

// print is a keyed hash of all bytes of a set-up, by which a duplicate is known.
func (cs *Circuits) print(packet *[onion.SetupSize]byte) uint64 {
	return siphash.Hash(binary.LittleEndian.Uint64(cs.fpKey[8:]), binary.LittleEndian.Uint64(cs.fpKey[:]), packet[:])
}

// takeSetup queues a set-up; the queues of the links are served in turn.
func (cs *Circuits) takeSetup(now time.Time, s *side, label uint32, packet *[onion.SetupSize]byte) {
	cs.N.Setups++
	switch print := cs.print(packet); {
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
		cs.enqueue(now, s, &pending{side: s, label: label, print: print, message: cs.newMessage(packet)})
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
	if len(s.queue) >= setupQueue || !s.bucket.Take(now, setupRate, setupBurst) {
		cs.N.SetupsLimited++
		cs.refuse(now, s, p.label, ReasonBusy)
		cs.discard(p.message)
		return
	}
	s.queue = append(s.queue, p)
	cs.pump(now)
}

// dropPending forgets a set-up whose circuit has ended already; it costs no
// Diffie-Hellman any more, unless that is under way.
func (cs *Circuits) dropPending(s *side, label uint32) {
	switch p := s.pending(label); {
	case p == nil:
	case p.busy:
		p.gone = true
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

// pump starts the next set-ups, one of each link in turn.
func (cs *Circuits) pump(now time.Time) {
	for tried := 0; cs.jobs < setupJobs && tried < len(cs.links); tried++ {
		cs.turn = (cs.turn + 1) % len(cs.links)
		s := cs.links[cs.turn]
		if s == nil {
			continue
		}
		i := slices.IndexFunc(s.queue, func(p *pending) bool { return !p.busy })
		if i >= 0 && cs.work(now, s.queue[i]) {
			tried = -1
		}
	}
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
}

// opened enters a circuit whose set-up has opened. Room is made last, so that
// nobody is evicted for a set-up that goes nowhere.
func (cs *Circuits) opened(now time.Time, p *pending, info onion.Info, keys *onion.HopKeys, fingerprint uint64, err error) {
	next, why := cs.onward(p, info, err)
	if why == 0 && !cs.canRoom(now, p.side) { // first: what is refused must not fill the filter
		cs.N.SetupsFull++
		why = ReasonFull
	}
	if why == 0 {
		why = cs.fresh(now, fingerprint)
	}
	if why == 0 {
		cs.room(now, p.side)
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

// fresh enters the set-up in the replay filter.
func (cs *Circuits) fresh(now time.Time, fingerprint uint64) Reason {
	switch fresh, full := cs.filter.Add(now, fingerprint); {
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
	*r.relayState = relayState{keys: *keys, id: id, upLabel: p.label, print: p.print, price: info.Price, born: at, heard: at, end: at.add(info.Life()),
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
	s.l.SetBusy(now, true)
	cs.next.By(now.Add(time.Second))
	if next == nil {
		r.terminal = cs.newTerminal(r)
		cs.ev.Accept(now, r.terminal)
	}
	cs.afterSetup(now, follower{side: s, label: p.label})
	return true
}

// room makes place for one circuit from a link, by evicting in this order: a
// tombstone, which carries nothing; the one that has been idle longest, if that is
// long enough, unpaid ones first; and, when the link has less than its share, the
// youngest of the link that has most above its own. An active circuit is never evicted
// for a link that has its share: two links would evict each other's for ever.
func (cs *Circuits) room(now time.Time, s *side) bool {
	if len(cs.vacant) > 0 {
		return true
	}
	r := cs.resting(now)
	if r == nil {
		r = cs.aboveShare(s)
	}
	if r == nil {
		return false
	}
	cs.N.Evicted++
	r.part(now, ReasonFull)
	return true
}

// canRoom says whether room would find a place; it evicts nobody.
func (cs *Circuits) canRoom(now time.Time, s *side) bool {
	return len(cs.vacant) > 0 || cs.resting(now) != nil || cs.aboveShare(s) != nil
}

// resting returns the circuit to evict first, if one has been idle long enough.
func (cs *Circuits) resting(now time.Time) (first *relay) {
	at := cs.at(now)
	for _, r := range cs.relays {
		if (r.broken != 0 || at.since(r.heard) >= evictIdle) && (first == nil || r.before(first)) {
			first = r
		}
	}
	return first
}

// before says whether r is to be evicted before o; both could be.
func (r *relay) before(o *relay) bool {
	switch {
	case (r.broken != 0) != (o.broken != 0):
		return r.broken != 0
	case r.paid != o.paid:
		return !r.paid
	}
	return r.heard.since(o.heard) < 0
}

// aboveShare returns the youngest circuit of the link with the most, if that is
// above its fair share of the table and s is below it.
func (cs *Circuits) aboveShare(s *side) *relay {
	sides := 0
	most := s
	for _, o := range cs.links {
		if o == nil {
			continue
		}
		sides++
		if o.passing > most.passing {
			most = o
		}
	}
	share := cs.c.MaxCircuits / sides
	if s.passing >= share || most.passing <= share {
		return nil
	}
	return cs.youngest(most)
}

func (cs *Circuits) youngest(s *side) (y *relay) {
	for _, r := range cs.relays {
		if r.up == s && (y == nil || r.born.since(y.born) > 0) {
			y = r
		}
	}
	return y
}

// bucket returns the token bucket of a neighbour: one for all its links, and
// kept over new ones until it is full again, so that to reconnect gains nothing.
func (cs *Circuits) bucket(now time.Time, key identity.Key) *step.Bucket {
	used := map[*step.Bucket]bool{}
	for _, s := range cs.links {
		if s != nil {
			used[s.bucket] = true
		}
	}
	for k, b := range cs.buckets {
		if !used[b] && b.Full(now, setupRate, setupBurst) {
			delete(cs.buckets, k)
		}
	}
	b := cs.buckets[key]
	if b == nil {
		b = new(step.Bucket)
		cs.buckets[key] = b
	}
	return b
}

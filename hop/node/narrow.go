package node

import (
	"encoding/binary"
	"time"

	"hopwire/hop"
)

// A way may pass short frames and lose every long one: a switch or a tunnel in the middle
// has a smaller MTU than its ends know. Such a way answers each question, so it is not
// silent, and it carries nothing of a transfer. So the source also asks in long frames.

const (
	probeBit  = 1 << 30         // ids of its questions: neither of the RTT nor of a ping,
	probeKind = 1 << 3          // of a short one
	probeGap  = 5 * time.Second // between questions while there is traffic,
	probeSoon = 500 * time.Millisecond
	probeNext = 80 * time.Millisecond
	probeMost = 7 // long questions, without one answer, and
	probeFew  = 4 // answers at least to the six short ones that go with the last six
)

// A probe is a round of long questions. The zero probe is due.
type probe struct {
	round uint32
	asked int       // long ones; zero: no round is under way
	short int       // answers to short ones
	at    time.Time // when to go on
}

// probe asks in a long frame now and then. When there is no answer it asks more often, and
// each time in a short frame too: a queue that overflows loses of both.
func (ch *channel) probe(now time.Time) {
	q := &ch.long
	switch {
	case !ch.probed(now):
		q.asked = 0
		return
	case now.Before(q.at):
	case q.asked == 0:
		*q = probe{round: q.round + 1}
		ch.askProbe(now, 0)
		q.at = now.Add(ch.patience())
	case q.asked < probeMost:
		ch.askProbe(now, probeKind)
		ch.askProbe(now, 0)
		if q.at = now.Add(probeNext); q.asked == probeMost {
			q.at = now.Add(ch.patience())
		}
	default:
		q.asked, q.at = 0, now.Add(probeSoon)
		if q.short >= probeFew {
			ch.tooNarrow(now)
		}
	}
	if !ch.closed {
		ch.wake(q.at)
	}
}

// probed says whether there is traffic to ask for: on the active circuit, or long frames on
// one that has just changed places with it, so that its silence is understood.
func (ch *channel) probed(now time.Time) bool {
	p := ch.p
	return ch == p.active && now.Sub(p.used) < 2*askGap || ch.carries(now)
}

// carries: long frames with data have been under way of late.
//
//go:noinline
func (ch *channel) carries(now time.Time) bool { return now.Sub(ch.longAt) < 2*askGap }

// askProbe sends one question of the round, in a frame of its own.
func (ch *channel) askProbe(now time.Time, kind uint32) {
	var id [4]byte
	q := &ch.long
	binary.LittleEndian.PutUint32(id[:], q.id()|kind)
	ch.emit(now)
	if ch.add(now, recordAsk, id[:]) {
		ch.stretch = kind == 0
		ch.emit(now)
	}
	if kind == 0 {
		q.asked++
	}
}

// id is that of the long questions of the round.
func (q *probe) id() uint32 { return q.round<<4&(probeBit-1) | probeBit }

// answeredProbe takes the echo of a question.
func (ch *channel) answeredProbe(now time.Time, id uint32) {
	q := &ch.long
	switch {
	case q.asked == 0:
	case id == q.id()|probeKind:
		q.short++
	case id == q.id():
		q.asked, q.at, ch.narrow = 0, now.Add(probeGap), false
		if ch.carries(now) {
			q.at = now.Add(probeSoon)
		}
		ch.wake(q.at)
	}
}

// tooNarrow tells the map, which hears of no hop: nobody knows where. Traffic moves to the
// warm circuit, or to another that is opened at once; without one it stays, for short
// packets still pass.
func (ch *channel) tooNarrow(now time.Time) {
	p := ch.p
	if !ch.narrow {
		p.n.N.Narrow++
		for i := range ch.path.Hops {
			p.n.Map.Failed(now, ch.path, i, hop.ReasonLoss)
		}
	}
	ch.narrow = true
	switch {
	case ch != p.active:
		ch.close(now)
	case p.warm != nil && p.warm.ready() && !p.warm.failing(now):
		p.move(now)
		p.linger(now, ch)
	}
}

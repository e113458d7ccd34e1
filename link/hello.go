package link

import (
	"encoding/binary"
	"time"

	"hopwire/link/step"
)

// Hello record (wire.md, "Hello").
const (
	offHelloNumber = 0                  // of the sender's hellos on this link: 1 for the first
	offHelloEcho   = offHelloNumber + 4 // the newest hello received: its number,
	offHelloHeld   = offHelloEcho + 4   // and for how many µs it was held
	offHelloSent   = offHelloHeld + 4   // frames sealed on the link so far
	offHelloLoss   = offHelloSent + 4   // loss that the sender of this sees, in 1/256
	offHelloFlags  = offHelloLoss + 1   // helloAsk: please answer at once
	helloSize      = offHelloFlags + 1

	helloAsk = 1
)

// Quality is what is known of a link, for routing.
type Quality struct {
	RTT, RTTMin     time.Duration // smoothed; least of the last ten minutes; 0: unknown
	LossIn, LossOut float64       // shares of frames lost on the way to us, to the neighbour; 0..1
	Capacity        uint32        // kbit/s, on a radio of this neighbour; 0: unknown
}

// liveness is the state of hellos and probes.
//
//	         silent for 1.2 gaps             probeMax unanswered, probeSpan over
//	heard ------------------------> probing -----------------------------------> link gone
//	  ^      or Links.Suspect          |
//	  +--------------------------------+
//	     any frame that opens (alive)
//
// Suspect makes probing hasty: three probes 30 ms apart, and down after 100 ms.
type liveness struct {
	_       [0]func() // not compared: saves the code
	heard   time.Time // last authentic frame
	helloAt time.Time
	probes  int
	probing time.Time // since; zero: not
	probeAt time.Time
	urgent  bool // probing in haste, by suspect

	rtt, min, minBefore time.Duration
	minSince            time.Time

	number     uint32               // of our newest hello
	sentAt     [rttHellos]time.Time // of the last ones, by number
	peerNumber uint32               // newest hello: its number, and when it came
	peerAt     time.Time
	answered   time.Time // the last that asked
	sentMark   uint32    // peer's count at the last loss estimate,
	gotMark    uint64    // and ours
	lossIn     float64
	lossOut    float64
	everMarked bool
}

func (v *liveness) alive(now time.Time) {
	v.heard, v.probing, v.probes, v.urgent = now, time.Time{}, 0, false
}

// hello adds a hello to the frame being filled.
func (l *Link) hello(now time.Time, flags byte) {
	var h [helloSize]byte
	v := &l.live
	v.number++
	v.sentAt[v.number%rttHellos] = now
	binary.LittleEndian.PutUint32(h[offHelloNumber:], v.number)
	if !v.peerAt.IsZero() {
		binary.LittleEndian.PutUint32(h[offHelloEcho:], v.peerNumber)
		binary.LittleEndian.PutUint32(h[offHelloHeld:], uint32(now.Sub(v.peerAt).Microseconds()))
	}
	binary.LittleEndian.PutUint32(h[offHelloSent:], uint32(l.stats.FramesOut+1))
	h[offHelloLoss] = byte(min(255, v.lossIn*256))
	h[offHelloFlags] = flags
	l.record(now, recordHello, h[:])
}

func (l *Link) helloGap() time.Duration {
	if l.busy {
		return helloBusy
	}
	return helloIdle
}

// watch sends hellos and probes; false: the link went down.
func (l *Link) watch(now time.Time) bool {
	v, gap := &l.live, l.helloGap()
	if !now.Before(v.helloAt) {
		l.hello(now, 0)
		v.helloAt = now.Add(step.Jitter(l.ls.c.Jitter, gap, 10))
	}
	l.ls.next.By(v.helloAt)
	if silent := v.heard.Add(gap * probeAfter / 5); v.probing.IsZero() && now.Before(silent) {
		l.ls.next.By(silent)
		return true
	}
	return l.probe(now)
}

// probe asks a silent neighbour for an answer until it is down.
func (l *Link) probe(now time.Time) bool {
	v, gap, most, span := &l.live, probeGap, probeMax, probeSpan
	if v.urgent {
		gap, most, span = 30*time.Millisecond, 3, 100*time.Millisecond
	}
	if v.probing.IsZero() {
		v.probing, v.probeAt, v.probes = now, now, 0
	}
	if v.probes >= most && now.Sub(v.probing) >= span {
		l.close(now)
		return false
	}
	if !now.Before(v.probeAt) && v.probes < most {
		v.probes++
		v.probeAt = now.Add(gap)
		l.hello(now, helloAsk)
	}
	if v.probes >= most {
		v.probeAt = v.probing.Add(span)
		if !v.probeAt.After(now) {
			v.probeAt = now.Add(gap)
		}
	}
	l.ls.next.By(v.probeAt)
	return true
}

// suspect begins urgent probes: dead after 100 ms without an answer.
func (l *Link) suspect(now time.Time) {
	if l.up {
		l.live.urgent, l.live.probing = true, time.Time{}
		l.probe(now)
	}
}

// takeHello updates RTT and loss, and answers one that asks.
func (l *Link) takeHello(now time.Time, h []byte) bool {
	if len(h) < helloSize {
		return false
	}
	v := &l.live
	first := v.peerAt.IsZero()
	echo, held := binary.LittleEndian.Uint32(h[offHelloEcho:]), binary.LittleEndian.Uint32(h[offHelloHeld:])
	if v.number-echo < rttHellos && echo != 0 {
		v.measure(now, now.Sub(v.sentAt[echo%rttHellos])-time.Duration(held)*time.Microsecond)
	}
	v.peerNumber, v.peerAt = binary.LittleEndian.Uint32(h[offHelloNumber:]), now
	v.lossOut = float64(h[offHelloLoss]) / 256
	v.count(binary.LittleEndian.Uint32(h[offHelloSent:]), l.stats.FramesIn)
	if first || h[offHelloFlags]&helloAsk != 0 && now.Sub(v.answered) >= helloLeast {
		v.answered = now
		l.hello(now, 0)
	}
	return true
}

// measure takes one RTT sample: from when we sent the hello, less the time for which the
// neighbour says that it held it. More than all of it cannot be true, and is left out.
func (v *liveness) measure(now time.Time, d time.Duration) {
	if d <= 0 {
		return
	}
	if v.rtt == 0 {
		v.rtt = d
	}
	v.rtt += (d - v.rtt) / 8
	if v.min == 0 || now.Sub(v.minSince) > 5*time.Minute {
		v.minBefore, v.min, v.minSince = v.min, d, now
	}
	v.min = min(v.min, d)
}

// count estimates the loss towards us from the neighbour's count of sent frames
// and ours of received ones, over at least 32 of them.
func (v *liveness) count(sent uint32, got uint64) {
	ds, dg := sent-v.sentMark, got-v.gotMark
	if v.everMarked && ds < 32 {
		return
	}
	if v.everMarked && ds < 1<<30 {
		loss := max(0, 1-float64(dg)/float64(ds))
		v.lossIn += (loss - v.lossIn) / 4
	}
	v.everMarked, v.sentMark, v.gotMark = true, sent, got
}

// Quality returns what is known of the link now.
func (l *Link) Quality() Quality {
	v := &l.live
	least := v.min
	if v.minBefore != 0 {
		least = min(least, v.minBefore)
	}
	capacity := l.port.info.Capacity
	if kbits := l.air.kbits(); kbits > 0 {
		capacity = kbits
	}
	return Quality{v.rtt, least, v.lossIn, v.lossOut, capacity}
}

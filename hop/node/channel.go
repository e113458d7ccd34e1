package node

import (
	"crypto/cipher"
	"encoding/binary"
	"time"

	"hopwire/hop"
	"hopwire/hop/call"
	"hopwire/hop/ip"
	"hopwire/link"
	"hopwire/link/aead"
	"hopwire/link/handshake"
	"hopwire/link/step"
)

// Session frames (wire.md, "Session" and "Records"): sealed records, several to a frame.
const (
	sealOverhead = aead.Overhead
	plainShort   = link.BodyShort - sealOverhead
	plainLong    = link.BodyLong - sealOverhead

	offRecordKind   = 0
	offRecordLength = offRecordKind + 1
	offRecordData   = offRecordLength + 2

	recordPadding = 0
	recordIP      = 1
	recordCall    = 2
	recordAlive   = 3 // empty: an answer that has nothing else to say
	recordAsk     = 4 // id u32: answer at once with
	recordEcho    = 5 // the same id
)

const _ = uint(plainLong - offRecordData - max(ip.MTU, call.MaxRecord))

// A channel is a session on one circuit: at its source (c) or its last hop (t).
// Each circuit of a peer has a channel of its own, with keys of its own.
//
//	at the source:
//	          open                  answer to the first frame         close
//	(none) ---------> opening -----------------------------> ready ---------> closed
//	                     | fail: no answer in time, a bad one, a broken circuit  ^
//	                     +-------------------------------------------------------+
//
//	at the last hop:
//	          Accept               message 1 or a join opened         close
//	(none) ---------> unknown -----------------------------> ready ---------> closed
//	                     | circuit closed, or no room for a peer                 ^
//	                     +-------------------------------------------------------+
//
// Opening: opening is set; the first frame is repeated. busy: message 2 is with the
// worker. Unknown: p is nil, nobody knows yet who is there; answered is set while message
// 1 is with the worker. Ready: send and recv are set. answered keeps message 2 until the
// first session frame shows that it arrived; before that we send nothing of our own, since
// the source may not have the keys yet. Closed: closed is set, the circuit is
// closed too, and the peer has dropped it.
// A channel at a source has a role in its peer as well: see peer. That of an errand has no
// peer: see errand.
type channel struct {
	n *Node
	p *peer // nil at a last hop until the handshake has said who it is, and of an errand
	o owner // the peer or the errand; nil: nobody yet
	c *hop.Circuit
	t *hop.Terminal

	count uint64 // last hop: which circuit it is that has ended here

	send, recv cipher.AEAD // nil until the handshake is done
	nonce      [aead.NonceSize]byte
	opening    *opening // source: handshake under way
	answered   *answered
	firsts     int // last hop: handshakes that it has cost
	closed     bool

	path       hop.Path
	born       time.Time
	renewAt    time.Time
	heard      time.Time // last authentic frame
	unanswered time.Time // first frame sent since then that wants an answer; zero: none
	answerBy   time.Time // by when we owe the other end a frame; zero: we do not
	askAt      time.Time
	asked      uint32 // id of the RTT question under way
	askedAt    time.Time
	srtt       time.Duration
	loss       *hop.LossMeter // of the circuit in use; nil: not begun
	spoiled    step.Bucket    // of failed tags
	long       probe          // question in a long frame
	longAt     time.Time      // a long frame with data went out or came in
	narrow     bool           // long frames are lost, short ones are not
	slow       bool           // frames wait on the way: to be passed on to what is inside

	frame *link.Frame // being filled
	fill  int
	wants bool // it holds something that wants an answer

	stretch bool // it is to be long whatever it holds

	// wide: all frames are long, both ways. Of an errand with a short request: the time that
	// a short one saves at each hop would show how many there are.
	wide bool

	back *holdback // records do not go into the frame at once; nil: they do
}

// An owner is who has a channel at its source, or at its last hop once it is known who is
// at the other end: a peer or an errand.
type owner interface {
	// reopen opens another circuit in the place of one that is being opened.
	reopen(now time.Time, ch *channel, path hop.Path) error
	begun(now time.Time, ch *channel) // its first frame has left
	agreed(keys *handshake.Keys)      // a handshake of ours is done
	// started: its channel is ready; rtt is from the first message 1 or join to its answer.
	started(now time.Time, ch *channel, rtt time.Duration)
	missed(now time.Time, ch *channel) // no worker had time to open it
	fail(now time.Time, ch *channel, i int, why hop.Reason)
	takeCall(now time.Time, ch *channel, data []byte)
	slowed(now time.Time)
	drop(ch *channel) // it has closed
}

// setKeys readies the channel for session frames.
func (ch *channel) setKeys(send, recv [32]byte) {
	ch.send, ch.recv = aead.New(&send), aead.New(&recv)
}

func (ch *channel) ready() bool { return ch.send != nil && !ch.closed }

func (ch *channel) nextSeq() uint32 {
	if ch.c != nil {
		return ch.c.NextSeq()
	}
	return ch.t.NextSeq()
}

// transmit sends a frame whose body is ready, under the number it was sealed for.
func (ch *channel) transmit(now time.Time, seq uint32, f *link.Frame) {
	if ch.c != nil {
		ch.loss.Lead(now)
		ch.c.Send(now, seq, f)
	} else {
		ch.t.Send(now, seq, f)
	}
}

// raw sends a body as it is: handshake messages, joins.
func (ch *channel) raw(now time.Time, body []byte) {
	f := ch.n.env.Alloc()
	if f == nil {
		ch.n.N.NoRoom++
		return
	}
	f.N = link.FrameLong
	copy(f.Body(), body)
	ch.transmit(now, ch.nextSeq(), f)
}

// add puts a record into the frame being filled, which goes out when it is full
// or at the end of the turn. False: dropped, there is no frame to be had.
func (ch *channel) add(now time.Time, kind byte, data ...[]byte) bool {
	if ch.back != nil {
		return ch.back.put(now, ch, kind, data)
	}
	return ch.fillIn(now, kind, data)
}

func (ch *channel) fillIn(now time.Time, kind byte, data [][]byte) bool {
	size := 0
	for _, d := range data {
		size += len(d)
	}
	if ch.frame != nil && ch.fill+offRecordData+size > plainLong {
		ch.emit(now)
	}
	return ch.put(kind, size, data)
}

func (ch *channel) put(kind byte, size int, data [][]byte) bool {
	if ch.frame == nil && !ch.begin() {
		return false
	}
	b := ch.frame.Body()[ch.fill:]
	b[offRecordKind] = kind
	binary.LittleEndian.PutUint16(b[offRecordLength:], uint16(size))
	b = b[offRecordData:]
	for _, d := range data {
		b = b[copy(b, d):]
	}
	ch.fill += offRecordData + size
	ch.wants = ch.wants || kind != recordAlive && kind != recordEcho
	return true
}

// begin takes a frame to fill and has it sent at the end of the turn.
func (ch *channel) begin() bool {
	f := ch.n.env.Alloc()
	if f == nil {
		ch.n.N.NoRoom++
		return false
	}
	f.N = link.FrameLong
	ch.frame, ch.fill, ch.wants, ch.stretch = f, 0, false, false
	ch.n.filled = append(ch.n.filled, ch)
	return true
}

// emit seals the frame being filled and sends it, short if that will do.
func (ch *channel) emit(now time.Time) {
	f := ch.frame
	if f == nil {
		return
	}
	ch.frame = nil
	if !ch.ready() {
		ch.n.env.Free(f)
		return
	}
	size := plainLong
	switch f.N = link.FrameLong; {
	case ch.fill > plainShort:
		ch.longAt = now
	case !ch.stretch && !ch.wide:
		f.N, size = link.FrameShort, plainShort
	}
	b, seq := f.Body(), ch.nextSeq()
	clear(b[ch.fill:size])
	ch.send.Seal(b[:0], ch.number(seq), b[:size], nil)
	ch.answerBy = time.Time{}
	if ch.wants && ch.unanswered.IsZero() {
		ch.unanswered = now
		ch.wake(now.Add(ch.patience()))
	}
	ch.transmit(now, seq, f)
}

// number is the AEAD's nonce for a frame: its number as the last hop knows it.
func (ch *channel) number(seq uint32) []byte {
	binary.LittleEndian.PutUint32(ch.nonce[4:], seq)
	return ch.nonce[:]
}

// emit sends every frame that this turn began.
func (n *Node) emit(now time.Time) {
	for i := 0; i < len(n.filled); i++ {
		n.filled[i].emit(now)
	}
	clear(n.filled)
	n.filled = n.filled[:0]
}

// receive opens a session frame and takes its records; the first malformed one
// ends it. A frame whose tag fails changes nothing but a count.
func (ch *channel) receive(now time.Time, seq uint32, body []byte) {
	n := ch.n
	plain, err := ch.recv.Open(body[:0], ch.number(seq), body, nil)
	if err != nil {
		n.N.BadFrame++
		ch.spoil(now)
		return
	}
	long, call := len(body) == link.BodyLong, false
	if ch.wide && ch.back != nil && !long {
		n.N.BadFrame++
		return
	}
	ch.alive(now)
	for len(plain) >= offRecordData && plain[offRecordKind] != recordPadding {
		kind, size := plain[offRecordKind], int(binary.LittleEndian.Uint16(plain[offRecordLength:]))
		if plain = plain[offRecordData:]; size > len(plain) {
			n.N.BadRecord++
			return
		}
		if size > plainShort {
			ch.longAt = now
		}
		ch.act(now, kind, plain[:size])
		call = call || kind == recordCall
		if kind == recordAsk && ch.frame != nil && long {
			ch.stretch = true // the echo, as long as the question
		}
		plain = plain[size:]
	}
	// Whoever sends a call in a long frame where a short one would do wants no others.
	ch.wide = ch.wide || long && call && len(plain) >= plainLong-plainShort
}

// alive notes an authentic frame of the other end.
func (ch *channel) alive(now time.Time) {
	first := ch.answered != nil
	ch.heard, ch.unanswered = now, time.Time{}
	ch.answered = nil
	if ch.t != nil {
		ch.p.prefer(ch)
	}
	if first {
		ch.p.flushQueue(now)
	}
}

// act does what one record asks for.
func (ch *channel) act(now time.Time, kind byte, data []byte) {
	if kind != recordAlive && kind != recordEcho && ch.answerBy.IsZero() {
		ch.answerBy = now.Add(answerWithin)
		ch.wake(ch.answerBy)
	}
	switch kind {
	case recordIP:
		if ch.p != nil {
			ch.n.fromSession(now, ch, data)
		}
	case recordCall:
		ch.o.takeCall(now, ch, data)
	case recordAsk:
		ch.add(now, recordEcho, data)
	case recordEcho:
		ch.echo(now, data)
	}
}

// ask sends an RTT question; the answer also shows that the path works.
func (ch *channel) ask(now time.Time) {
	var id [4]byte
	ch.asked++
	ch.askedAt, ch.askAt = now, now.Add(askGap)
	binary.LittleEndian.PutUint32(id[:], ch.asked)
	if ch.add(now, recordAsk, id[:]) && ch.p.active != ch {
		ch.stretch = true // a warm circuit shows that long frames pass too
	}
}

// echo takes the answer to a question: of ours for the RTT, or of a ping.
func (ch *channel) echo(now time.Time, data []byte) {
	if len(data) != 4 {
		return
	}
	id := binary.LittleEndian.Uint32(data)
	if id&^(probeBit-1) == probeBit {
		ch.answeredProbe(now, id)
	}
	if ch.n.answer(now, id, 0) || id != ch.asked || ch.askedAt.IsZero() {
		return
	}
	d := now.Sub(ch.askedAt)
	ch.askedAt = time.Time{}
	if ch.srtt == 0 {
		ch.srtt = d
	}
	ch.srtt += (d - ch.srtt) / 8
}

// patience is how long a sender waits for any answer before it moves: at first, the RTT is
// not known.
//
//go:noinline
func (ch *channel) patience() time.Duration {
	return max(moveAfter*max(1, setups(ch.path)), 2*ch.srtt+answerWithin)
}

// spoil counts a frame that failed its tag at the end; many of late close the circuit.
func (ch *channel) spoil(now time.Time) {
	const most = spoiledMost - 1
	if ch.c != nil && !ch.spoiled.Take(now, most/spoiledSpan.Seconds(), most) {
		ch.o.fail(now, ch, len(ch.path.Hops)-1, hop.ReasonSpoiled)
	}
}

// wipe forgets every key of the channel. Whoever still has the channel (a flow, its
// circuit) has none of them.
func (ch *channel) wipe() {
	aead.Wipe(ch.send)
	aead.Wipe(ch.recv)
	ch.send, ch.recv = nil, nil
	if o := ch.opening; o != nil && o.join != nil {
		*o.join = join{}
	}
	ch.opening, ch.answered = nil, nil
}

// close ends the channel and its circuit; nothing is reported.
func (ch *channel) close(now time.Time) {
	if ch.closed {
		return
	}
	ch.closed, ch.n.swept = true, false
	ch.wipe()
	if ch.frame != nil {
		ch.n.env.Free(ch.frame)
		ch.frame = nil
	}
	if ch.c != nil {
		ch.c.Close(now)
	} else {
		ch.t.Close(now)
	}
	if ch.o != nil {
		ch.o.drop(ch)
	}
}

package link

import "time"

// Constants of the link protocol that are chosen, not derived: what each was
// traded against stands in wire.md, "Constants". Change them by measurement.
const (
	helloBusy  = time.Second     // between hellos on a link that carries circuits
	helloIdle  = 4 * time.Second // on one that does not
	probeAfter = 6               // silence in fifths of the hello gap before probing (1.2 s)
	probeGap   = 150 * time.Millisecond
	probeMax   = 8                       // unanswered probes before a link is down,
	probeSpan  = 1800 * time.Millisecond // and the least time they take (3 s of silence in all)

	rekeyAfter  = 120 * time.Second
	rekeyFrames = 1 << 30
	rekeyRetry  = 5 * time.Second
	rekeyRate   = 1. / 30 // that a neighbour may begin, a second,
	rekeyBurst  = 2       // and at once
	keyLife     = 180 * time.Second

	handshakeWait = time.Second // first retry; doubled up to
	handshakeMax  = time.Minute
	answerLife    = 10 * time.Second // an unconfirmed session is forgotten after this
	simultaneous  = 3 * time.Second  // two handshakes closer than this crossed on the wire

	resendBase  = 20 * time.Millisecond // plus twice the RTT
	resendTries = 4                     // the first and three more
	resendMost  = time.Second
	rttUnknown  = 100 * time.Millisecond
	rttHellos   = 4                     // hellos whose echo is an RTT
	ackLeast    = 5 * time.Millisecond  // between acknowledgements
	helloLeast  = 10 * time.Millisecond // between hellos that were asked for

	doorRate, doorBurst = 4, 32 // first messages a second and at once, per MAC and per port

	beginRate, beginBurst = 8, 64                  // handshakes that beacons make a port begin
	maxJobs               = 8                      // of a port, with the worker at once,
	maxSeconds            = 56                     // and with messages 2, on which both have spent work
	maxLetters            = 56                     // first messages that wait at a port,
	letterLife            = 400 * time.Millisecond // for as long
	beginAgain            = 250 * time.Millisecond

	seenSize       = 4096
	recentSize     = 2048
	maxAttempts    = 64 // own handshakes under way, per port
	maxHeard       = 64 // neighbours remembered from beacons, per port
	maxPerAddr     = 4  // sessions for one MAC
	maxPerKey      = 4  // links of one neighbour on a port
	maxEchoes      = 16 // of a beacon
	maxAnswers     = 4  // beacons in answer to one boot of a neighbour
	maxOutstanding = 64 // unacknowledged messages on a link: the width of an acknowledgement
	maxQueued      = 256
	maxHeld        = 64 << 10    // bytes of messages that wait on a link,
	maxPortHeld    = 8 * maxHeld // and on all of a port
)

// maxLinks bounds the links of one port when PortInfo.MaxLinks is 0.
const maxLinks = 64

// beaconTimes are the first beacons of a port; then one every beaconGap ± 20 %.
var beaconTimes = [...]time.Duration{0, 500 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

const (
	beaconGap = 10 * time.Second
	answerGap = 250 * time.Millisecond // at least, before a beacon in answer to others
)

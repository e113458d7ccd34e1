package route

import (
	"time"

	"hopwire/link"
)

// Constants of the map (wire.md, "Constants").
const (
	maxNodes      = 512                    // in the vicinity,
	maxOnWay      = 256                    // on ways to route servers,
	maxInAnswer   = 256                    // and on paths chosen from answers
	firstAfter    = 20 * time.Millisecond  // after a new link
	firstGap      = 50 * time.Millisecond  // then doubled up to
	nodeGap       = 500 * time.Millisecond // whatever the port, and
	lastGap       = 30 * time.Second       // for new neighbours on one port
	backRate      = 0.125                  // links of one neighbour that come back, announced at once
	backBurst     = 10
	changeRate    = 0.1 // links of one port that are lost or come back, announced at once
	changeBurst   = 24
	changeGap     = 8 * time.Second // else after this
	maxPorts      = 64              // remembered
	maxReputes    = 64              // neighbours remembered on each
	refreshAfter  = 15 * time.Minute
	maxAge        = time.Hour
	digestGap     = 5 * time.Minute
	sequenceWait  = time.Second // for our own last sequence after a boot
	figureBurst   = 4           // announcements for figures that changed by a quarter,
	figureGap     = 5 * time.Minute
	checkGap      = 10 * time.Second
	originRate    = 0.2 // announcements a second that one origin may spread
	originBurst   = 32
	verifyRate    = 64 // signatures a second
	verifyBurst   = 256
	verifyQueue   = 48 // from one neighbour
	verifyPort    = 96 // from one port
	sendWindow    = 8  // messages of the map not yet acknowledged, per neighbour
	maxControl    = 64 // other messages that wait, per neighbour
	queryRate     = 8  // digests and questions of a neighbour, a second
	queryBurst    = 64
	wantGap       = 100 * time.Millisecond // between wants of half a queue each
	avoidFirst    = 60 * time.Second
	avoidMost     = 10 * time.Minute
	avoidMild     = 10 * time.Second // a time-out, whose place nobody knows
	maxAvoid      = 1024
	maxChosen     = 512
	switchFactor  = 1.2 // a new path must be this much better
	penaltyAvoid  = 64
	penaltyMild   = 4
	penaltyShared = 16 // for a second path through nodes of the first

	keyLife      = time.Hour
	joinMost     = 512 // announcements of an answer that are looked at
	joinBeside   = 2048
	joinVerify   = 32 // signatures of an answer,
	joinProof    = 16 // of them to contradict another
	joinWork     = 8  // signatures would take as long as all the rest, about
	joinRetry    = 50 * time.Millisecond
	settledAfter = 10 * time.Minute // servers know by then what is known here
	omitFactor   = 1.5              // a known way so much cheaper than the one answered was omitted
	expiredLeast = 3                // onion keys of an answer that have run out, and
	expiredShare = 0.3              // this part of all: the map is old

	maxWay        = 48 // hops of a way to a route server
	maxServers    = 8  // to which ways are held
	maxBrought    = 2  // of those, by one neighbour
	maxTold       = maxServers + 1
	maxPortWays   = 128 // that neighbours on a port have told
	wayRate       = 0.5 // ways that one neighbour tells, a second,
	wayBurst      = 64  // and at once
	portWayRate   = 2   // and those of a port
	portWayBurst  = 256
	trialWait     = 10 * time.Second // for the announcements of a way
	wayStood      = 30 * time.Second // before it displaces one that is a hop longer
	clearlyNearer = 2                // hops: at once
	oldWay        = 10 * time.Second // what is on a lost way is kept
	lostRate      = 0.1              // changes to another way because one was lost, told at once,
	lostBurst     = 8                // and this many after a rest
	holdFirst     = 5 * time.Second  // before a better way is told, doubled up to
	holdMost      = time.Minute
	newerGap      = time.Second // between messages of what is newer on ways
	maxNewer      = 64          // in each
)

// Kinds of control messages (wire.md, "Messages").
const (
	kindAnnouncement = link.KindRoute + iota // announcement ‖ age u32 ms
	kindDigest                               // (short id 8 ‖ sequence u32) ...
	kindWant                                 // short ids 8 ...
	kindAskSequence                          // empty: what is the last sequence of mine?
	kindSequence                             // u32
	kindWay                                  // sequence u32 ‖ short ids 8 ...
	kindNoWay                                // short ids 8 ...
	kindNewer                                // (short id 8 ‖ sequence u32) ...

	digestSize = 8 + 4 // of an entry
	waySize    = 4     // of the sequence before the ids
)

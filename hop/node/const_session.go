package node

import "time"

// Constants of sessions (wire.md, "Constants"): chosen by measurement or argument.
const (
	circuitLife  = 10 * time.Minute       // then renewed, ± 20 %
	idleAfter    = 120 * time.Second      // without traffic of ours, circuits are closed
	warmFor      = time.Minute            // a warm circuit is kept for peers with traffic in this time
	warmGap      = 45 * time.Second       // between keep-alives on it
	answerWithin = 200 * time.Millisecond // a receiver shows that it lives
	moveAfter    = 400 * time.Millisecond // a sender moves after max(this, 2 SRTT + answerWithin)
	warmRetry    = 10 * time.Second       // between looks for a second way where there was none
	checkPath    = 5 * time.Second        // between looks for a better path, with traffic
	askGap       = time.Second            // between RTT questions while there is traffic
	lingerFor    = 3 * time.Second        // an abandoned circuit may still deliver
	lossHold     = 30 * time.Second       // between two moves because of loss
	openTries    = 3                      // paths that are tried without a pause; then who waits is told
	retryFirst   = 500 * time.Millisecond
	retryFull    = 2 * time.Second // ± 50 %, after a relay was full or busy
	retryMost    = 4 * time.Second
	workRetry    = 50 * time.Millisecond // ± 50 %, until a worker that had no room is asked again
	spoiledMost  = 8                     // failed tags within spoiledSpan close a circuit
	spoiledSpan  = 10 * time.Second
	answerFor    = 10 * time.Second // an answer waits for another circuit of who called
	waitFor      = 5 * time.Second  // for the answer to a ping or trace

	maxQueue     = 64 // packets of a peer that wait for a session
	maxQueueLost = 4  // the same, while the map knows no way to it
	maxTerminals = 8  // circuits of one peer that end here
	maxWaits     = 256
	tokensAhead  = 4 // resumption tokens that a responder accepts
)

package ask

import "time"

// Constants of questions (wire.md, "Constants").
const (
	maxQuestions = 256 // destinations that are remembered
	maxBusy      = 4   // questions that are asked or joined at once
	maxServers   = 32  // remembered
	maxTries     = 2   // servers for one question

	unusedFor   = 15 * time.Minute // then an answer is forgotten
	retryAfter  = 10 * time.Second // a destination without an answer, doubled up to
	retryMost   = 5 * time.Minute
	restFor     = time.Minute // of a server that has not answered
	liarFirst   = 10 * time.Minute
	liarMost    = 24 * time.Hour
	refusedKeys = 3  // onion keys of a server's answers that were refused, and
	keysMost    = 40 // then half of it is forgotten
	fullFor     = 10 * time.Minute
	lookGap     = time.Second
	roomRetry   = 200 * time.Millisecond

	resolveFor = 3 * time.Second // an address without a key is waited for

	coreMost    = 128 << 10        // bytes
	coreServers = 2                // known; with more it adds nothing
	coreFirst   = 10 * time.Minute // until it is asked for, at most, since a server was known
	coreLast    = time.Hour        // then all of it is too old

	offerLook  = 2 * time.Second  // for a server, until one is known
	offerFirst = 10 * time.Second // after that, at the mean
	offerEach  = 7 * time.Second  // between offers of one announcement
	offerLeast = 30 * time.Second // between offers of one node,
	offerGap   = time.Hour        // and at most
	offerTo    = 2
	givePage   = 32 << 10
	copyMost   = 1 << 14 // announcements of a round
	copyGap    = 5 * time.Minute
	copyRetry  = 30 * time.Second
)

package ask

import "time"

// Constants of questions (wire.md, "Constants").
const (
	maxQuestions = 256 // destinations that are remembered
	maxBusy      = 4   // questions that are asked or joined at once
	maxServers   = 32  // remembered
	maxTries     = 2   // servers for one question

	silence     = 3 * time.Second  // of a server, until the second is asked
	longest     = 10 * time.Second // that an answer takes when it comes bit by bit
	unused      = 15 * time.Minute // then an answer is forgotten
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

	maxLookups = 64
	maxNames   = 256
	lookupFor  = 3 * time.Second
	unknownFor = 10 * time.Second

	offerGap  = time.Hour
	offerTo   = 2
	givePage  = 32 << 10
	copyMost  = 1 << 14 // announcements of a round
	copyGap   = 5 * time.Minute
	copyRetry = 30 * time.Second
)

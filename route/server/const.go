package server

import "time"

// Constants of a server (wire.md, "Constants").
const (
	// What may be asked by one neighbour, and wait for an answer.
	questionRate  = 200 // a second
	questionBurst = 400
	mostAsking    = 32
	mostSources   = 256

	// Announcements that wait for their signatures to be checked, bytes.
	sourceWaiting = 1 << 20
	totalWaiting  = 8 << 20
	checkBatch    = 48

	// New relays by one neighbour: all that fit in half an hour.
	newcomerTime = 30 * time.Minute
	newcomerPart = 32 // of all, at once

	originGap   = 5 * time.Second // between announcements of one relay, after
	originBurst = 32

	maxAge    = time.Hour
	forgetGap = 10 * time.Second
	mostGone  = 1 << 16 // relays that are remembered as gone

	snapshotGap  = 2 * time.Second  // at least, and
	snapshotRest = 8                // times what the last one took
	waysKept     = 10 * time.Minute // what ways are found with is made anew, after a question for them
	stampGap     = time.Minute      // ages of answers are rounded up to

	answerSmall  = 96 << 10  // bytes of an answer up to smallMap relays, then
	answerLarge  = 128 << 10 // more up to this at largeMap
	smallMap     = 10_000
	largeMap     = 100_000
	landmarks    = 32
	pageBytes    = 64 << 10
	meanBytes    = 400 // of an announcement, for Fit
	crowdPart    = 64  // of all relays may stand behind one cut
	serverMarks  = 4   // of the landmarks may be servers that only say so: one in four
	unknownAge   = 45 * time.Minute
	plausibleGap = 366 * 24 * time.Hour
)

package query

import (
	"errors"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// An Op is what is asked: the first byte of a request.
type Op byte

// Operations (wire.md, "Requests").
const (
	OpSegments Op = 1 + iota // the ways to a relay, and so its key
	OpMap                    // a page of the whole map, or of what changed in it
	OpOffer                  // which of these announcements do you want?
	OpGive                   // announcements that were wanted
	OpPaths                  // ways between two relays, with conditions; for one's own people
)

// A Status is the first byte of a response. Only StatusOK has a body.
type Status byte

// What becomes of a request (wire.md, "Responses").
const (
	StatusOK         Status = iota
	StatusRefused           // too much is asked at the moment
	StatusUnknown           // there is no such relay here, or no way
	StatusBad               // no request
	StatusNotAllowed        // not for this asker
)

// Sizes and bounds (wire.md, "Constants").
const (
	QuestionSize = 1 + 16 // of OpSegments

	MaxAge    = time.Hour // of an announcement
	MaxOffers = 1024      // entries of an offer
	MaxGive   = 256 << 10 // bytes of announcements
	MaxAnswer = 256 << 10 // bytes of announcements of an answer
	MaxPage   = 128 << 10 // bytes of a page, all together
	MaxWays   = 8
	MaxHops   = 255 // of a way of OpPaths
	MaxAvoid  = 64  // relays to avoid

	idSize    = len(identity.ShortID{})
	keySize   = len(identity.Key{})
	offerSize = idSize + 4
)

// Layout of the bodies (wire.md has the tables). Little endian.
const (
	offMapFrom  = 0
	offMapSince = offMapFrom + 4
	mapSize     = offMapSince + 4

	offPageSnapshot = 0
	offPageNext     = offPageSnapshot + 4
	offPageFlags    = offPageNext + 4
	offPageGone     = offPageFlags + 1 // count u16, then short ids, then announcements
	pageHead        = offPageGone + 2

	pageDelta = 1

	offItemLength = 0
	offItemBytes  = offItemLength + 2 // then the age
)

const (
	leastItem = offItemBytes + announce.MinSize + announce.AgeSize
	mostItem  = offItemBytes + announce.MaxSize
)

// ErrFormat is returned for what is no request or no response.
var ErrFormat = errors.New("query: bad format")

package query

import (
	"encoding/binary"
)

// A Response is one that ParseResponse has read. Which fields are set depends on what was
// asked; they point into what was read.
type Response struct {
	Status        Status
	Announcements Announcements // OpSegments: the destination first
	Wanted        IDs           // OpOffer
	Accepted      int           // OpGive: how many of those given were stored
}

// ParseResponse reads the response to a question, an offer or a gift; the error is
// ErrFormat. (ParsePage and ParseWays read the others, which few programs ask.)
func ParseResponse(op Op, b []byte) (r Response, err error) {
	r.Status, b, err = parseStatus(b)
	if err != nil || r.Status != StatusOK {
		return r, err
	}
	ok := false
	switch op {
	case OpSegments:
		r.Announcements = b
		ok = len(b) > 0 && len(b) <= MaxAnswer && r.Announcements.valid()
	case OpOffer:
		r.Wanted = b
		ok = len(b) <= MaxOffers*idSize && r.Wanted.valid()
	case OpGive:
		if ok = len(b) == 2; ok {
			r.Accepted = int(binary.LittleEndian.Uint16(b))
		}
	}
	if !ok {
		return Response{}, ErrFormat
	}
	return r, nil
}

// parseStatus cuts the status off; nothing follows one that is not StatusOK.
func parseStatus(b []byte) (s Status, body []byte, err error) {
	if len(b) == 0 || Status(b[0]) > StatusNotAllowed || b[0] != byte(StatusOK) && len(b) > 1 {
		return 0, nil, ErrFormat
	}
	return Status(b[0]), b[1:], nil
}

// AppendAccepted appends the body of the response to a gift.
func AppendAccepted(b []byte, n int) []byte {
	return binary.LittleEndian.AppendUint16(b, uint16(min(n, 1<<16-1)))
}

package ip

import (
	"time"

	"hopwire/link/step"
)

// An ErrorLimit bounds the errors that a node sends (RFC 4443, section 2.4 f).
type ErrorLimit struct{ b step.Bucket }

// Take says whether one more may be sent now.
func (l *ErrorLimit) Take(now time.Time) bool { return l.b.Take(now, 20, 20) }

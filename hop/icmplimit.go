package hop

import (
	"time"

	"hopwire/link/step"
)

// icmpLimit bounds the errors that a node sends (RFC 4443, section 2.4 f).
type icmpLimit struct{ b step.Bucket }

func (l *icmpLimit) take(now time.Time) bool { return l.b.Take(now, 20, 20) }

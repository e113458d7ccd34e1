package hop

import "time"

// icmpLimit bounds the errors that a node sends (RFC 4443, section 2.4 f).
type icmpLimit struct{ r rate }

func (l *icmpLimit) take(now time.Time) bool { return l.r.take(now, 20, 20) }

package ask

import (
	"time"

	"hopwire/link/identity"
)

// Refresh has a destination asked for anew, because somebody wants to know. It is as any
// other question: within the bucket, and not while one is under way.
func (c *Client) Refresh(now time.Time, to identity.Key) {
	if q := c.wanted(now, to); q != nil && q.state == idle {
		c.begin(q)
	}
}

// Asking says whether a destination is being asked for.
func (c *Client) Asking(to identity.Key) bool {
	for _, q := range c.questions {
		if q.to == to && q.state != idle {
			return true
		}
	}
	return false
}

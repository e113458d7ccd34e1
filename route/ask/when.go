package ask

import (
	mrand "math/rand/v2"
	"time"
)

const (
	// Rate is how many questions a node asks a second, once it has asked Burst.
	Rate = 0.1
	// Burst is how many it asks at once after a rest.
	Burst = 12
)

// Gap returns how long to wait before the next question when Burst is used up: Rate at
// the mean. Questions at even gaps would be known by their beat as one node's.
func Gap(r *mrand.Rand) time.Duration { return within(r, 0, 20*time.Second) }

// Retry returns how long to wait before a second server is asked what the first did not
// answer. If they are in league they know both round trips but for this.
func Retry(r *mrand.Rand) time.Duration { return within(r, 0, 2*Quantum) }

// Compare says whether a second server is asked the same to compare, as for one question
// in eight, and how long after the answer: two servers in league that are asked the same
// within a second have found two questions of one node.
func Compare(r *mrand.Rand) (after time.Duration, yes bool) {
	return within(r, 10*time.Second, time.Minute), r.Uint64()%8 == 0
}

// Renew returns how long after an answer the same is asked again if it is still in use.
// It is asked neither when the onion key of a relay ends nor when a link breaks while
// another way stands: the server knows both times, and so would know the way.
func Renew(r *mrand.Rand) time.Duration { return within(r, 30*time.Minute, 45*time.Minute) }

func within(r *mrand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Uint64()%uint64(most-least))
}

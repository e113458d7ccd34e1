package run

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of queues.md with the code.
func TestWire(t *testing.T) {
	wiretest.Constants(t, "queues.md", map[string]any{
		"maxLanes": maxLanes, "maxQueues": maxQueues, "batchSize": batchSize, "batchesAtOnce": batchesAtOnce, "lanePriority": lanePriority,
		"workQueue": workQueue, "stintTime": stintTime, "stintSpan": stintSpan, "stintLeast": stintLeast,
		"intakeSpan": intakeSpan, "intakeFirst": intakeFirst, "intakeMost": intakeMost, "standsFor": standsFor, "tellGap": tellGap,
		"tunReads": tunReads, "tunBytes": tunBytes, "kernelFrame": kernelFrame, "kernelLeast": kernelLeast, "kernelFirst": kernelFirst,
		"kernelMost": kernelMost, "kernelLong": kernelLong, "kernelDecay": kernelDecay, "rateSpan": rateSpan,
		"readSpare": readSpare, "readPause": readPause, "readMost": readMost,
		"retryWrite": retryWrite, "queuedFrames": queuedFrames,
	})
}

package link

import (
	"testing"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offMask": offMask, "offHeader": offHeader, "offTag": offTag, "offBody": offBody, "offLabel": offLabel, "offSeq": offSeq, "offIV": offIV,
		"offRecordKind": offRecordKind, "offRecordLength": offRecordLength, "offRecordData": offRecordData,
		"offHelloNumber": offHelloNumber, "offHelloEcho": offHelloEcho, "offHelloHeld": offHelloHeld, "offHelloSent": offHelloSent,
		"offHelloLoss": offHelloLoss, "offHelloFlags": offHelloFlags, "offBeaconCheck": offBeaconCheck, "offBeaconNonce": offBeaconNonce,
		"offBeaconText": offBeaconText, "offBeaconTag": offBeaconTag, "offBeaconKey": offBeaconKey, "offBeaconMAC": offBeaconMAC,
		"offBeaconPort": offBeaconPort, "offBeaconFilter": offBeaconFilter, "offBeaconCounter": offBeaconCounter,
		"offBeaconVersion": offBeaconVersion, "offBeaconFlags": offBeaconFlags, "offBeaconEchoes": offBeaconEchoes, "offBeaconPadding": offBeaconPadding,
	})
}

func TestWireConstants(t *testing.T) {
	wiretest.Constants(t, "wire.md", map[string]any{
		"recordPadding": recordPadding, "recordHello": recordHello, "recordAck": recordAck,
		"recordRekey1": recordRekey1, "recordRekey2": recordRekey2, "recordBye": recordBye, "KindHop": KindHop, "KindRoute": KindRoute,

		"FrameShort": FrameShort, "FrameLong": FrameLong, "BodyShort": BodyShort, "BodyLong": BodyLong,
		"MaxMessage": MaxMessage, "rekeySize": rekeySize, "windowSize": windowSize, "windowAhead": windowAhead,
		"maxOutstanding": maxOutstanding, "keyLife": keyLife, "simultaneous": simultaneous,

		"helloBusy": helloBusy, "helloIdle": helloIdle, "probeAfter": probeAfter, "probeGap": probeGap, "probeMax": probeMax, "probeSpan": probeSpan,
		"rekeyAfter": rekeyAfter, "rekeyFrames": rekeyFrames, "rekeyRetry": rekeyRetry, "rekeyBurst": rekeyBurst, "handshakeWait": handshakeWait, "handshakeMax": handshakeMax,
		"answerLife": answerLife, "resendBase": resendBase, "resendMost": resendMost, "rttHellos": rttHellos, "helloLeast": helloLeast, "ackLeast": ackLeast, "maxHeld": maxHeld, "maxPortHeld": maxPortHeld, "resendTries": resendTries, "rttUnknown": rttUnknown,
		"doorRate": doorRate, "doorBurst": doorBurst, "beginRate": beginRate, "beginBurst": beginBurst, "beginAgain": beginAgain, "maxJobs": maxJobs, "maxSeconds": maxSeconds, "maxLetters": maxLetters, "letterLife": letterLife, "answerGap": answerGap, "maxPerKey": maxPerKey, "maxAnswers": maxAnswers, "seenSize": seenSize, "recentSize": recentSize,
		"maxEchoes": maxEchoes, "maxAttempts": maxAttempts, "maxHeard": maxHeard, "maxPerAddr": maxPerAddr, "maxQueued": maxQueued, "maxLinks": maxLinks,
		"beaconGap": beaconGap, "QueueTarget": QueueTarget, "queueLeast": queueLeast, "freeShare": freeShare, "routeShare": routeShare,

		"airFixed": airFixed, "airHeader": airHeader, "airQuantum": airQuantum, "airPort": airPort, "airMost": airMost, "airLeast": airLeast,
		"kbitsLeast": kbitsLeast,
	})
}

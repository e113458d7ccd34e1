package server

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"hopwire/link/wiretest"
	"hopwire/route/geo"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offFileMagic": offFileMagic, "offFileVersion": offFileVersion, "offFileWritten": offFileWritten,
		"offBlockLength": offBlockLength, "offBlockBytes": offBlockBytes,
	})
	wiretest.Constants(t, "wire.md", map[string]any{
		"questionRate": questionRate, "questionBurst": questionBurst, "mostAsking": mostAsking, "mostSources": mostSources,
		"sourceWaiting": sourceWaiting, "totalWaiting": totalWaiting, "checkBatch": checkBatch, "newcomerTime": newcomerTime, "newcomerPart": newcomerPart,
		"originGap": originGap, "originBurst": originBurst, "maxAge": maxAge, "forgetGap": forgetGap, "mostGone": mostGone,
		"snapshotGap": snapshotGap, "snapshotRest": snapshotRest, "waysKept": waysKept, "stampGap": stampGap,
		"answerSmall": answerSmall, "answerLarge": answerLarge, "smallMap": smallMap, "largeMap": largeMap, "landmarks": landmarks, "serverMarks": serverMarks,
		"pageBytes": pageBytes, "meanBytes": meanBytes, "perRelay": perRelay, "crowdPart": crowdPart, "unknownAge": unknownAge,
		"plausibleGap": time.Duration(plausibleGap), "mostBlock": mostBlock,
	})
}

// TestFileVector: the file of three relays, at a given time.
func TestFileVector(t *testing.T) {
	m := newTown(t, 0, geo.New(3, 3, 0).Links)
	w := newWorld(t, Config{})
	w.give(friend, m.raws, time.Minute)
	w.pass(time.Minute)
	var b bytes.Buffer
	if err := w.Snapshot().Save(&b, w.c.Identity, w.now, w.now); err != nil {
		t.Fatal(err)
	}
	wiretest.Same(t, "testdata/file.txt", fmt.Sprintf("seed: %x\nfile: %x\n", w.c.Identity.Seed(), b.Bytes()))
}

package query

import (
	"encoding/binary"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"hopwire/link/identity"
	"hopwire/link/wiretest"
	"hopwire/route/announce"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	wiretest.Layouts(t, "wire.md", map[string]int{
		"offItemLength": offItemLength, "offItemBytes": offItemBytes,
		"offMapFrom": offMapFrom, "offMapSince": offMapSince,
		"offPathsFrom": offPathsFrom, "offPathsTo": offPathsTo, "offPathsK": offPathsK, "offPathsMetric": offPathsMetric, "offPathsFlags": offPathsFlags,
		"offPathsLatency": offPathsLatency, "offPathsCapacity": offPathsCapacity, "offPathsPrice": offPathsPrice, "offPathsLoss": offPathsLoss,
		"offPathsHops": offPathsHops, "offPathsAvoid": offPathsAvoid,
		"offPageSnapshot": offPageSnapshot, "offPageNext": offPageNext, "offPageFlags": offPageFlags, "offPageGone": offPageGone,
	})
	wiretest.Constants(t, "wire.md", map[string]any{
		"QuestionSize": QuestionSize, "MaxAge": MaxAge, "MaxOffers": MaxOffers, "MaxGive": MaxGive, "MaxAnswer": MaxAnswer, "MaxPage": MaxPage, "MinPage": MinPage,
		"MaxWays": MaxWays, "MaxHops": MaxHops, "MaxAvoid": MaxAvoid,
	})
	numbers := map[string]int{"OpSegments": int(OpSegments), "OpMap": int(OpMap), "OpOffer": int(OpOffer), "OpGive": int(OpGive),
		"OpPaths": int(OpPaths), "StatusOK": int(StatusOK), "StatusRefused": int(StatusRefused), "StatusUnknown": int(StatusUnknown),
		"StatusBad": int(StatusBad), "StatusNotAllowed": int(StatusNotAllowed)}
	for _, section := range []string{"Requests", "Responses"} {
		for _, row := range wiretest.Rows(t, "wire.md", section) {
			if n, ok := numbers[row[0]]; ok && len(row) == 3 && fmt.Sprint(n) != row[1] {
				t.Errorf("%s is %s in the document, %d in the code", row[0], row[1], n)
			}
		}
	}
}

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 5}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func announced(t testing.TB, n byte) announce.Raw {
	id := someone(t, n)
	a := announce.Announcement{Flags: announce.FlagRelay, Key: id.Key(), Sequence: uint32(n), Left: time.Minute}
	for i := range n {
		a.Links = append(a.Links, announce.Statement{ID: identity.ShortID{i}, RTT: time.Millisecond})
	}
	return a.Signed(id)
}

func shortID(n int) (id identity.ShortID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)<<32)
	return id
}

func ids(n ...int) (l IDs) {
	for _, i := range n {
		l = AppendID(l, shortID(i))
	}
	return l
}

// requests is one of each kind, with its name.
func requests(t testing.TB) map[string][]byte {
	key := someone(t, 1).Key()
	paths := PathsRequest{From: key, To: someone(t, 2).Key(), K: 2, Metric: Loss, Disjoint: true, Latency: 90_000, Capacity: 512, Price: 7, Loss: 12, Hops: 20, Avoid: ids(3, 9)}
	return map[string][]byte{
		"segments": AppendSegments(nil, key.IPv6()),
		"map":      AppendMap(nil, 7, 1<<31), "offer": AppendOffer(AppendOffer([]byte{byte(OpOffer)}, shortID(1), 5), shortID(2), 1<<31),
		"give":  AppendAnnouncement(AppendAnnouncement([]byte{byte(OpGive)}, announced(t, 2), time.Second), announced(t, 0), time.Hour),
		"paths": paths.Append(nil),
	}
}

// responses is one of each kind, by the operation that it answers.
func responses(t testing.TB) map[Op][]byte {
	ok := []byte{byte(StatusOK)}
	some := AppendAnnouncement(AppendAnnouncement(nil, announced(t, 1), time.Minute), announced(t, 3), 0)
	page := Page{Snapshot: 9, Next: 77, Delta: true, Gone: ids(1, 2), Announcements: some}
	way := []identity.ShortID{shortID(5), shortID(4)}
	return map[Op][]byte{
		OpSegments: append(ok[:1:1], some...), OpMap: page.Append(ok[:1:1]),
		OpOffer: append(ok[:1:1], ids(4, 8)...), OpGive: AppendAccepted(ok[:1:1], 2),
		OpPaths: append(AppendWay(append(ok[:1:1], 1), way), some...),
	}
}

// read reads a response as whoever asked does.
func read(op Op, b []byte) (any, error) {
	switch op {
	case OpMap:
		s, p, err := ParsePage(b)
		return fmt.Sprint(s, p), err
	case OpPaths:
		s, w, a, err := ParseWays(b)
		return fmt.Sprint(s, w, a), err
	}
	return ParseResponse(op, b)
}

func TestVectors(t *testing.T) {
	var text strings.Builder
	all := requests(t)
	for _, name := range []string{"segments", "map", "offer", "give", "paths"} {
		fmt.Fprintf(&text, "%s: %x\n", name, all[name])
	}
	wiretest.Same(t, "testdata/requests.txt", text.String())
	text.Reset()
	for op := OpSegments; op <= OpPaths; op++ {
		fmt.Fprintf(&text, "%d: %x\n", op, responses(t)[op])
	}
	wiretest.Same(t, "testdata/responses.txt", text.String())
}

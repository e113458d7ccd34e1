package call

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{
		"offCallKind": offCallKind, "offCallID": offCallID, "offCallTotal": offCallTotal, "offCallIndex": offCallIndex, "offCallData": offCallData,
	})
	for section, want := range map[string]int{"Fragment": offCallData + callFragment, "Acknowledgement": callAckSize} {
		if got := sizes[section]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v bytes, want %d", section, got, want)
		}
	}
	wiretest.Constants(t, "wire.md", map[string]any{
		"callRequest": callRequest, "callResponse": callResponse, "callRequestAck": callRequestAck, "callResponseAck": callResponseAck, "callRefused": callRefused,
		"Max": Max, "MaxRecord": MaxRecord, "callMap": callMap, "callFragment": callFragment, "callAckSize": callAckSize, "callMost": callMost,
		"callWindow": callWindow, "callWindowMax": callWindowMax, "callOpen": callOpen, "callMemory": callMemory, "callFinished": callFinished,
		"callTries": callTries, "callRoom": time.Duration(callRoom), "callMin": time.Duration(callMin), "callMax": time.Duration(callMax),
		"callKeep": time.Duration(callKeep), "callServe": time.Duration(callServe), "callShared": callShared, "callSmall": callSmall,
		"callTurn": time.Duration(callTurn),
	})
}

// callVector returns the bytes of a case; ff*32 repeats.
func callVector(t *testing.T, name string) (b []byte) {
	t.Helper()
	for _, row := range wiretest.Rows(t, "wire.md", "Vectors") {
		if row[0] != name {
			continue
		}
		for word := range strings.FieldsSeq(row[1]) {
			word, times, repeated := strings.Cut(word, "*")
			n := 1
			if repeated {
				n, _ = strconv.Atoi(times)
			}
			part, err := hex.DecodeString(word)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, bytes.Repeat(part, n)...)
		}
		return b
	}
	t.Fatalf("no vector %q", name)
	return nil
}

// TestWireCallVectors plays the vectors' calls and compares every record.
func TestWireCallVectors(t *testing.T) {
	now := time.Unix(1e9, 0)
	for name, c := range map[string]struct {
		serve func(time.Time, []byte, func(time.Time, []byte))
		a, b  []string // what each end sends
		err   error
	}{
		"served":  {func(now time.Time, _ []byte, reply func(time.Time, []byte)) { reply(now, nil) }, []string{"request", "response acknowledged"}, []string{"request acknowledged", "response"}, nil},
		"refused": {nil, []string{"request", "refusal acknowledged"}, []string{"refused"}, ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			var sentA, sentB, queue [][]byte
			a := New(Config{First: [4]byte{6}, Send: func(_ time.Time, f []byte) bool {
				sentA, queue = append(sentA, bytes.Clone(f)), append(queue, bytes.Clone(f))
				return true
			}})
			b := New(Config{Serve: c.serve, Send: func(_ time.Time, f []byte) bool {
				sentB, queue = append(sentB, bytes.Clone(f)), append(queue, bytes.Clone(f))
				return true
			}})
			got := ErrTimeout
			a.Call(now, []byte("a"), func(_ time.Time, _ []byte, err error) { got = err })
			for len(queue) > 0 {
				f := queue[0]
				queue = queue[1:]
				if f[offCallKind] == callRequest || f[offCallKind] == callResponseAck {
					b.Receive(now, f)
				} else {
					a.Receive(now, f)
				}
			}
			if got != c.err || !b.Idle() {
				t.Errorf("ended with %v, other end idle %v; want %v, true", got, b.Idle(), c.err)
			}
			compareRecords(t, "caller", sentA, c.a)
			compareRecords(t, "callee", sentB, c.b)
		})
	}
}

func compareRecords(t *testing.T, end string, got [][]byte, names []string) {
	t.Helper()
	if len(got) != len(names) {
		t.Fatalf("%s sent %d records, want %v", end, len(got), names)
	}
	for i, name := range names {
		if want := callVector(t, name); !bytes.Equal(got[i], want) {
			t.Errorf("%s, %s:\ngot  %x\nwant %x", end, name, got[i], want)
		}
	}
}

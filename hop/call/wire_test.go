package call

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// callConstants are what wire.md names.
var callConstants = map[string]any{
	"offCallKind": offCallKind, "offCallID": offCallID, "offCallTotal": offCallTotal, "offCallIndex": offCallIndex, "offCallData": offCallData,
	"callRequest": callRequest, "callResponse": callResponse, "callRequestAck": callRequestAck, "callResponseAck": callResponseAck, "callRefused": callRefused,
	"MaxCall": Max, "callMap": callMap, "callFragment": callFragment, "callAckSize": callAckSize, "callMost": callMost,
	"callWindow": callWindow, "callWindowMax": callWindowMax, "callOpen": callOpen, "callMemory": callMemory, "callFinished": callFinished, "callTries": callTries,
	"callMin": time.Duration(callMin), "callMax": time.Duration(callMax), "callKeep": time.Duration(callKeep), "callServe": time.Duration(callServe),
	"callShared": callShared, "callSmall": callSmall, "callTurn": time.Duration(callTurn),
}

// callTables returns the rows of the tables of wire.md by section.
func callTables(t *testing.T) map[string][][]string {
	t.Helper()
	b, err := os.ReadFile("wire.md")
	if err != nil {
		t.Fatal(err)
	}
	tables, section, head := map[string][][]string{}, "", ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "## "):
			section, head = line[3:], ""
		case !strings.HasPrefix(line, "|"), strings.HasPrefix(line, "|---"):
		case head == "":
			head = line
		default:
			var row []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				row = append(row, strings.Trim(cell, " `"))
			}
			tables[section] = append(tables[section], row)
		}
	}
	return tables
}

func TestWireCallLayout(t *testing.T) {
	tables := callTables(t)
	for section, want := range map[string]int{"Fragment": offCallData + callFragment, "Acknowledgement": callAckSize} {
		sum := 0
		for _, row := range tables[section] {
			offset, _ := strconv.Atoi(row[1])
			size, err := strconv.Atoi(row[2])
			if err != nil || offset != sum || fmt.Sprint(callConstants[row[3]]) != row[1] {
				t.Errorf("%s, %s: offset %s, size %s, constant %v; want offset %d", section, row[0], row[1], row[2], callConstants[row[3]], sum)
			}
			sum += size
		}
		if sum != want {
			t.Errorf("%s: %d bytes, want %d", section, sum, want)
		}
	}
}

func TestWireCallConstants(t *testing.T) {
	tables, seen := callTables(t), map[string]bool{}
	for _, section := range []string{"Kinds", "Constants"} {
		for _, row := range tables[section] {
			got, want := row[1], callConstants[row[0]]
			if d, ok := want.(time.Duration); ok {
				got = strings.ReplaceAll(got, " ", "")
				want = d.String()
			}
			if seen[row[0]] = true; got != fmt.Sprint(want) {
				t.Errorf("%s is %s in the document, %v in the code", row[0], got, want)
			}
		}
	}
	for name := range callConstants {
		if !seen[name] && !strings.HasPrefix(name, "off") {
			t.Errorf("%s is not in the document", name)
		}
	}
}

// callVector returns the bytes of a case; ff*32 repeats.
func callVector(t *testing.T, name string) (b []byte) {
	t.Helper()
	for _, row := range callTables(t)["Vectors"] {
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

package table

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// written is the table as Write writes it.
func written(t *Table, json bool) string {
	var b strings.Builder
	t.Write(&b, json)
	return b.String()
}

func TestColumns(t *testing.T) {
	tab := New("name:s rtt_ms:n hops:l")
	tab.Add("a", 1.5, "x y")
	tab.Add("größer", 1234.5678, "")
	tab.Add("", "", "z")
	want := "NAME    RTT_MS    HOPS\n" +
		"a       1.500     x y\n" +
		"größer  1234.568\n" +
		"                  z\n"
	if got := written(tab, false); got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
	if got, want := written(New("a:s b_kb:n"), false), "A  B_KB\n"; got != want {
		t.Errorf("no rows: %q, want %q", got, want)
	}
}

func TestFields(t *testing.T) {
	tab := New("address:s memory_kb:n")
	tab.Single = true
	if got := written(tab, false); got != "" {
		t.Errorf("no row: %q", got)
	}
	tab.Add(netip.MustParseAddr("::1"), 7)
	if got, want := written(tab, false), "address            ::1\nmemory_kb          7\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := written(tab, true), "{\"address\": \"::1\", \"memory_kb\": 7}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestJSON: another program reads back what was put in, whatever is in it.
func TestJSON(t *testing.T) {
	hostile := []string{"", "a \"quoted\" name\\", "\x00\x01\x1f\x7f", "ü 漢 \U0001f600", "</script>", "line\u2028end", "\xff\xfe"}
	tab := New("name:s number:n list:l")
	for _, h := range hostile {
		tab.Add(h, "", "a "+h)
	}
	var got []struct {
		Name   string   `json:"name"`
		Number *float64 `json:"number"`
		List   []string `json:"list"`
	}
	if err := json.Unmarshal([]byte(written(tab, true)), &got); err != nil || len(got) != len(hostile) {
		t.Fatalf("%v\n%s", err, written(tab, true))
	}
	for i, h := range hostile {
		h = strings.ToValidUTF8(h, "\ufffd")
		if h == "\ufffd" {
			h = "\ufffd\ufffd" // one for each byte
		}
		if got[i].Name != h || got[i].Number != nil || !slices.Equal(got[i].List, strings.Fields("a "+h)) {
			t.Errorf("%q became %+v", h, got[i])
		}
	}
	if got, want := written(New("a:s"), true), "[]\n"; got != want {
		t.Errorf("no rows: %q, want %q", got, want)
	}
}

func TestNew(t *testing.T) {
	got := New("name rtt_ms:n hops:l")
	if names := []string{"name", "rtt_ms", "hops"}; !slices.Equal(got.Names, names) || string(got.kinds) != "snl" || got.Head != "name rtt_ms:n hops:l" {
		t.Errorf("%q %s %q", got.Names, got.kinds, got.Head)
	}
}

func TestLine(t *testing.T) {
	tab := New("seq:n rtt_ms:n lost:n")
	if got, want := tab.Line(Row(3, "", 1)), "seq 3  lost 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := tab.Object(Row(3, 0.5, 1)), `{"seq": 3, "rtt_ms": 0.500, "lost": 1}`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEscape(t *testing.T) {
	if got := Clean("a\tb\nc\rd é"); got != "a b c d é" {
		t.Fatalf("%q", got)
	}
}

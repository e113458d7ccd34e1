package names

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

func TestReadTable(t *testing.T) {
	a, b := testKey(t, 1).String(), testKey(t, 2).String()
	text := strings.Join([]string{
		"# the valley",                      // 1
		a + " Gate.hop  gate2\t# at home",   // 2
		"",                                  // 3
		b + ".hop barn\r",                   // 4
		"nonsense barn",                     // 5
		b,                                   // 6
		b + " gate",                         // 7: is another's
		b + " ok b@d fine",                  // 8: two of three
		b + " " + a,                         // 9
		b + " a..b",                         // 10
		b + " .b",                           // 11
		b + " b.",                           // 12
		b + " " + strings.Repeat("x", 64),   // 13
		b + " " + strings.Repeat("x.", 125), // 14
		b + " barn",                         // 15: again, no fault
		b + " ümlaut",                       // 16
		b + " " + strings.Repeat("y", 56),   // 17
		b + " hop.hop",                      // 18: hop.hop is a name like others
		a[1:] + "x last",                    // 19
		b + " end",                          // 20, no newline
	}, "\n")
	var faults []int
	table := ReadTable(text, func(line int, why string) { faults = append(faults, line) })
	if got, want := fmt.Sprint(faults), "[5 6 7 8 9 10 11 12 13 14 16 17 19]"; got != want {
		t.Errorf("faults %s, want %s", got, want)
	}
	got := map[string]string{}
	for _, n := range table.Names {
		got[n.Text] = n.Key.String()
	}
	if want := map[string]string{"gate": a, "gate2": a, "barn": b, "ok": b, "fine": b, "hop": b, "end": b}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for _, name := range []string{"gate", "GATE.hop", "gate2.HOP", a, a + ".hop", strings.ToUpper(a)} {
		if key, ok := table.Find(name); !ok || key.String() != a {
			t.Errorf("%s: %v %v", name, key, ok)
		}
	}
	for _, name := range []string{"", ".hop", "gat", "gate.hop.", "gate.hop.hop", a[:55], "b" + a[1:] + "x"} {
		if key, ok := table.Find(name); ok {
			t.Errorf("%q is %v", name, key)
		}
	}
}

func TestTableIsBounded(t *testing.T) {
	a := testKey(t, 1).String()
	var text strings.Builder
	for i := range MaxNames + 10 {
		fmt.Fprintf(&text, "%s n%d\n", a, i)
	}
	faults := 0
	if table := ReadTable(text.String(), func(int, string) { faults++ }); len(table.Names) != MaxNames || faults != 10 {
		t.Errorf("%d names, %d faults", len(table.Names), faults)
	}
}

// FuzzReadTable: every name that is kept can be found, asked for and sent.
func FuzzReadTable(f *testing.F) {
	f.Add(testKey(f, 1).String() + " gate www.gate\n# x\n")
	f.Add("x\ny\r\n" + testKey(f, 2).String() + ".HOP \x00 a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		table := ReadTable(text, func(line int, why string) {
			if line < 1 || line > strings.Count(text, "\n")+1 || why == "" {
				t.Errorf("line %d: %q", line, why)
			}
		})
		for _, n := range table.Names {
			if key, ok := table.Find(n.Text + ".hop"); !ok || key != n.Key || len(n.Text)+len(".hop") > maxText {
				t.Errorf("%q: %v %v", n.Text, key, ok)
			}
		}
	})
}

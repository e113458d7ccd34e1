package hop

import (
	"reflect"
	"testing"
	"unsafe"

	"hopwire/link/aead"
)

// TestRelaySize: what thousands of circuits cost, in the Go heap and outside, and that
// what is large lies outside (unless the key stream of the architecture has pointers).
func TestRelaySize(t *testing.T) {
	if n := unsafe.Sizeof(relay{}); n > 72 {
		t.Errorf("a relay takes %d bytes of heap, want at most 72", n)
	}
	if n := unsafe.Sizeof(relayState{}) - 2*unsafe.Sizeof(aead.Stream{}); n > 736 {
		t.Errorf("the rest of a relay takes %d bytes without the two key streams, want at most 736", n)
	}
	table := newRelayTable(2048)
	if inside, want := table.states == nil, pointers(reflect.TypeFor[aead.Stream]()); inside != want {
		t.Errorf("relays' states in the heap: %v, want %v", inside, want)
	}
	if table.other == nil {
		t.Error("answers are in the heap")
	}
}

func TestPointers(t *testing.T) {
	for _, c := range []struct {
		value any
		want  bool
	}{{7, false}, {[4]uint64{}, false}, {struct {
		a int
		b [2]bool
	}{}, false}, {Window{}, false}, {new(int), true}, {"", true}, {[]int{}, true}, {struct {
		a int
		b [2]error
	}{}, true}, {map[int]int{}, true}, {uintptr(1), false}} {
		if got := pointers(reflect.TypeOf(c.value)); got != c.want {
			t.Errorf("%T: %v", c.value, got)
		}
	}
}

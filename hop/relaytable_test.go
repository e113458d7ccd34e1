package hop

import (
	"reflect"
	"testing"
	"unsafe"

	"hopwire/hop/onion"
	"hopwire/link"
)

// TestRelaySize: what thousands of circuits cost, in the Go heap and outside.
func TestRelaySize(t *testing.T) {
	if n := unsafe.Sizeof(relay{}); n > 72 {
		t.Errorf("a relay takes %d bytes of heap, want at most 72", n)
	}
	if n := unsafe.Sizeof(relayState{}); n > 800 {
		t.Errorf("the rest of a relay takes %d bytes, want at most 800", n)
	}
}

// TestTables: what lies outside the Go heap has no pointers, which the garbage
// collector would not see there.
func TestTables(t *testing.T) {
	for _, one := range []any{relayState{}, onion.Answers{}, link.Buffer{}} {
		if where := pointer(reflect.TypeOf(one)); where != "" {
			t.Errorf("%T has a pointer: %s", one, where)
		}
	}
	for _, one := range []any{new(int), "", [2][]int{}, [1]func(){}, struct{ a, b error }{}, map[int]int{}} {
		if pointer(reflect.TypeOf(one)) == "" {
			t.Errorf("no pointer found in a %T", one)
		}
	}
}

// pointer is where values of a type have one; "": they have none.
func pointer(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Array && t.Len() == 0: // the mark of what is not compared
		return ""
	case t.Kind() == reflect.Array:
		return pointer(t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if where := pointer(t.Field(i).Type); where != "" {
				return t.Field(i).Name + " " + where
			}
		}
		return ""
	case t.Kind() > reflect.Complex128:
		return t.String()
	}
	return ""
}

package offheap

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// TestBigTableUnmapped: the memory goes when its owner does; a small one is of the heap.
func TestBigTableUnmapped(t *testing.T) {
	const size = 8 << 20
	var at []uint64
	mapped := func() (n int) {
		for line := range strings.Lines(mappings(t)) {
			from, to := span16(line)
			for _, a := range at {
				if from <= a && a < to {
					n++
				}
			}
		}
		return n
	}
	hold := make([]*Table, 4)
	for i := range hold {
		hold[i] = New(size)
		w := hold[i].Words()
		w[len(w)-1] = 1
		at = append(at, uint64(uintptr(unsafe.Pointer(&w[0]))))
	}
	if n := mapped(); n != len(hold) {
		t.Errorf("%d mapped, want %d", n, len(hold))
	}
	runtime.KeepAlive(hold)
	for begun := time.Now(); mapped() > 0; runtime.GC() {
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("%d are still mapped", mapped())
		}
	}
	if small := New(4096); len(small.Words()) != 1024 || small.Words()[7] != 0 {
		t.Error("a small one")
	}
}

func mappings(t *testing.T) string {
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// span16 reads the range at the beginning of a line of /proc/self/maps.
func span16(line string) (from, to uint64) {
	for i, v := 0, &from; i < len(line); i++ {
		switch c := line[i]; {
		case c == '-':
			v = &to
		case c >= '0' && c <= '9':
			*v = *v<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			*v = *v<<4 | uint64(c-'a'+10)
		default:
			return from, to
		}
	}
	return from, to
}

package offheap

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Table is zeroed memory for a table without pointers. One of 64 KiB and more is
// mapped from the kernel: the garbage collector neither counts nor looks at it, and
// pages that are never touched are no memory at all. It is unmapped when the Table
// is not reachable any more, so its owner keeps it beside what it made of it.
type Table struct{ b []byte }

const mappedLeast = 64 << 10

// New returns n bytes, a multiple of 8; where the kernel maps none, they are
// of the heap.
func New(n int) *Table {
	t := &Table{}
	if n >= mappedLeast {
		b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err == nil {
			t.b = b
			runtime.SetFinalizer(t, func(t *Table) { unix.Munmap(t.b) }) // AddCleanup would be 2 kB more of program
			return t
		}
	}
	words := make([]uint64, (n+7)/8) // aligned
	t.b = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
	return t
}

// Words is the memory as 32-bit words; valid as long as t.
func (t *Table) Words() []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(t.b))), len(t.b)/4)
}

// Of returns zeroed room for n of T, which must have no pointers; valid as long
// as the table is reachable.
func Of[T any](n int) (*Table, []T) {
	var one T
	t := New((n*int(unsafe.Sizeof(one)) + 7) &^ 7)
	return t, unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(t.b))), n)
}

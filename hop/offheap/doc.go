// Package offheap has memory for tables without pointers outside the Go heap: the
// garbage collector neither looks at it nor counts it when it decides how far the heap
// may grow, and pages that are never touched are no memory at all. A relay's circuits,
// its replay filter and its frames lie there.
//
//	memory, states := offheap.Of[relayState](n)   // zeroed; states is valid as long as memory is reachable
//
// It is for what is made once, at the start. A type with pointers must not be put there,
// since the garbage collector would not see them. Small tables, and all where the kernel
// maps none, are of the heap.
package offheap

// Package offheap has memory for tables without pointers outside the Go heap: the
// garbage collector neither looks at it nor counts it when it decides how far the heap
// may grow, and pages that are never touched are no memory at all. A relay's circuits,
// its replay filter and its frames lie there. It is for what is made once, at start.
package offheap

// Package merkle checks what a public log says: that an entry is in it, and that it only
// grew. It is the tree of RFC 6962, section 2.1, as golang.org/x/mod/sumdb/tlog builds it;
// that package has the other half, and would be a tenth of a megabyte on a router.
//
//	ok := merkle.Included(proof, size, root, n, merkle.Leaf(data))
//	ok := merkle.Grown(proof, size, root, oldSize, oldRoot)
//	c, err := merkle.ParseCheckpoint(text)   // checkpoint.go
//
// Everything here is pure.
package merkle

import (
	"crypto/sha256"
	"math/bits"
)

// A Hash is that of a leaf or of a tree.
type Hash [32]byte

// Leaf is the hash of an entry.
func Leaf(data []byte) Hash { return sha256.Sum256(append([]byte{0}, data...)) }

func node(left, right Hash) Hash {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// Included says whether the entry n, whose leaf is given, is in the tree of that size and
// root. The proof is of RFC 6962, section 2.1.1.
func Included(proof []Hash, size int64, root Hash, n int64, leaf Hash) bool {
	if n < 0 || n >= size {
		return false
	}
	got, rest, ok := climb(proof, 0, size, n, leaf)
	return ok && len(rest) == 0 && got == root
}

// climb returns the hash of the tree over entries from lo to hi, of which entry n is known.
func climb(proof []Hash, lo, hi, n int64, leaf Hash) (h Hash, rest []Hash, ok bool) {
	if hi-lo == 1 {
		return leaf, proof, true
	}
	k := split(hi - lo)
	if n < lo+k {
		h, rest, ok = climb(proof, lo, lo+k, n, leaf)
	} else {
		h, rest, ok = climb(proof, lo+k, hi, n, leaf)
	}
	if !ok || len(rest) == 0 {
		return h, nil, false
	}
	if n < lo+k {
		return node(h, rest[0]), rest[1:], true
	}
	return node(rest[0], h), rest[1:], true
}

// split is the size of a tree's left half: the largest power of two below n.
func split(n int64) int64 { return 1 << (bits.Len64(uint64(n-1)) - 1) }

// Grown says whether the tree of that size and root begins with the older one: nothing in
// that was changed. The proof is of RFC 6962, section 2.1.2.
func Grown(proof []Hash, size int64, root Hash, old int64, oldRoot Hash) bool {
	if old < 1 || old > size {
		return false
	}
	was, is, rest, ok := grow(proof, 0, size, old, oldRoot)
	return ok && len(rest) == 0 && was == oldRoot && is == root
}

// grow returns the hashes of the part before old, and of the whole, of the tree over
// entries from lo to hi.
func grow(proof []Hash, lo, hi, old int64, oldRoot Hash) (was, is Hash, rest []Hash, ok bool) {
	if old == hi {
		if lo == 0 {
			return oldRoot, oldRoot, proof, true
		}
		if len(proof) == 0 {
			return
		}
		return proof[0], proof[0], proof[1:], true
	}
	k := split(hi - lo)
	if old <= lo+k {
		was, is, rest, ok = grow(proof, lo, lo+k, old, oldRoot)
		if !ok || len(rest) == 0 {
			return was, is, nil, false
		}
		return was, node(is, rest[0]), rest[1:], true
	}
	was, is, rest, ok = grow(proof, lo+k, hi, old, oldRoot)
	if !ok || len(rest) == 0 {
		return was, is, nil, false
	}
	return node(rest[0], was), node(rest[0], is), rest[1:], true
}

package step

// Lists, of pointers mostly. (The functions of package slices for this are made anew in the
// program for each kind of list; these three are there once. So E is any: what must be
// comparable is made anew for each, too.)

// Insert puts x at place i of a list.
func Insert[E any](list []E, i int, x E) []E {
	list = append(list, x)
	copy(list[i+1:], list[i:])
	list[i] = x
	return list
}

// Remove takes the first x out of a list, in place. What E is can be compared.
func Remove[E any](list []E, x E) []E {
	for i, e := range list {
		if any(e) == any(x) {
			n := len(list) - 1
			copy(list[i:], list[i+1:])
			clear(list[n:])
			return list[:n]
		}
	}
	return list
}

// Clone copies a list, to go through while the list changes.
func Clone[E any](list []E) []E { return append([]E(nil), list...) }

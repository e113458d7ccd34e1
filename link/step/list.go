package step

// Lists of pointers. (The functions of package slices for this are made anew in the
// program for each kind of list; these two are there once.)

// Insert puts x at place i of a list.
func Insert[E any](list []E, i int, x E) []E {
	list = append(list, x)
	copy(list[i+1:], list[i:])
	list[i] = x
	return list
}

// Remove takes the first x out of a list, in place.
func Remove[E comparable](list []E, x E) []E {
	for i, e := range list {
		if e == x {
			n := len(list) - 1
			copy(list[i:], list[i+1:])
			clear(list[n:])
			return list[:n]
		}
	}
	return list
}

package geo

import (
	"reflect"
	"testing"
)

// TestMap: links are laid at both ends alike, once, to no more than a roof has, and the
// map is nearly whole.
func TestMap(t *testing.T) {
	const relays = 3000
	m := New(1, relays, 0.02)
	sum, long := 0, 0
	for i, links := range m.Links {
		seen := map[int]bool{}
		for _, l := range links {
			back := false
			for _, o := range m.Links[l.To] {
				back = back || o == Link{i, l.Cost, l.Long}
			}
			if !back || seen[l.To] || l.To == i {
				t.Fatalf("relay %d: link %+v", i, l)
			}
			if seen[l.To] = true; l.Long {
				long++
			} else {
				sum++
			}
		}
	}
	if mean := float64(sum) / relays; mean < 8 || mean > 9.5 || long < 110 || long > 120 {
		t.Errorf("%.1f links a relay, %d ends of long ones", mean, long)
	}
	if n := m.reached(0); n < relays*98/100 {
		t.Errorf("%d of %d can be reached", n, relays)
	}
}

func (m *Map) reached(from int) int {
	seen, queue := map[int]bool{from: true}, []int{from}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, l := range m.Links[queue[0]] {
			if !seen[l.To] {
				seen[l.To] = true
				queue = append(queue, l.To)
			}
		}
	}
	return len(seen)
}

// TestSameMap: a seed is a map.
func TestSameMap(t *testing.T) {
	if a, b := New(5, 500, 0.1), New(5, 500, 0.1); !reflect.DeepEqual(a, b) {
		t.Error("two maps of one seed")
	}
	if a, b := New(5, 500, 0.1), New(6, 500, 0.1); reflect.DeepEqual(a, b) {
		t.Error("one map of two seeds")
	}
}

// TestProviders: each provider hangs together, and nearly every relay has one.
func TestProviders(t *testing.T) {
	m := New(2, 1000, 0.02)
	of := m.Providers(1, 40)
	if !reflect.DeepEqual(of, m.Providers(1, 40)) {
		t.Error("the same seed gave other providers")
	}
	var sizes [40]int
	for _, p := range of {
		if p >= 0 {
			sizes[p]++
		}
	}
	for p, size := range sizes {
		if got := m.together(of, p); got != size || size > 400 {
			t.Errorf("provider %d: %d of %d relays hang together", p, got, size)
		}
	}
}

// together counts the relays of a provider that can be reached from one of them within it.
func (m *Map) together(of []int, p int) int {
	var queue []int
	seen := map[int]bool{}
	for i, q := range of {
		if q == p {
			queue, seen[i] = append(queue, i), true
			break
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, l := range m.Links[queue[0]] {
			if of[l.To] == p && !seen[l.To] {
				seen[l.To], queue = true, append(queue, l.To)
			}
		}
	}
	return len(seen)
}

package server

import (
	"cmp"
	mrand "math/rand/v2"
	"slices"
)

// Identities cost nothing, but links to honest relays must be stated by those, too. So
// whoever invents relays has them behind the few that he has links with. Relays of which
// more than a part of the map stand behind one relay, or two, are a crowd: where others
// want room, all but that part go.

// crowds are the crowds of a graph.
type crowds struct {
	of      []int32   // of each relay, from 1; 0: none
	members [][]int32 // of each crowd, from 1
}

// has says whether a relay is in a crowd.
func (c *crowds) has(relay int32) bool { return c.of != nil && c.of[relay] != 0 }

// findCrowds finds the crowds of more than most relays, as seen from one of them. (−1:
// there are none. Seen from a place that nobody knows to be honest, the honest mesh might
// be the crowd.)
func findCrowds(f *Finder, own int32, most int, r *mrand.Rand) crowds {
	if own < 0 {
		return crowds{}
	}
	gates, within := f.Gates(own, most, r)
	c := crowds{of: make([]int32, f.g.Len()), members: make([][]int32, 1+len(gates))}
	outer := outermost(gates, within)
	for v, k := range within {
		if k >= 0 {
			c.add(int32(v), outer[k]+1)
		}
	}
	c.islands(f.g, own, most)
	return c
}

// outermost returns for each gate the one that it is behind itself, and that is behind
// none: invented relays in a row of crowds, none too large, are one crowd.
func outermost(gates []Gate, within []int32) []int32 {
	order, outer := make([]int32, len(gates)), make([]int32, len(gates))
	for k := range order {
		order[k], outer[k] = int32(k), int32(k)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(gates[b].Behind, gates[a].Behind) })
	for _, k := range order {
		in := within[gates[k].Relays[0]]
		for _, v := range gates[k].Relays {
			if w := within[v]; in < 0 || w < 0 || gates[w].Behind <= gates[k].Behind || outer[w] != outer[in] {
				in = -1
			}
		}
		if in >= 0 {
			outer[k] = outer[in]
		}
	}
	return outer
}

func (c *crowds) add(v, crowd int32) {
	c.of[v] = crowd
	c.members[crowd] = append(c.members[crowd], v)
}

// islands makes one crowd of all who have no way to us.
func (c *crowds) islands(g *Graph, own int32, most int) {
	var far []int32
	for v, cost := range NewTree(g, own).cost {
		if cost == Far {
			far = append(far, int32(v))
		}
	}
	if len(far) <= most {
		return
	}
	c.members = append(c.members, nil)
	for _, v := range far {
		c.add(v, int32(len(c.members)-1))
	}
}

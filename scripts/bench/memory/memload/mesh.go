package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	mrand "math/rand/v2"
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/identity"
)

// Kinds of control messages of the map, and the layout of an announcement, as
// route/wire.md has them: the relay checks every byte of what is made here.
const (
	kindAnnouncement = link.KindRoute + iota
	kindDigest
	kindWant

	flagRelay = 1
	maxLinks  = 56
	label     = "hopwire 1 announcement"

	offAddress = 2
	offEpoch   = 46
	offCurrent = 54
)

// A node is one of the mesh around the relay: the first are played, the others
// exist as announcements only.
type node struct {
	id    *identity.Identity
	short identity.ShortID
	onion *onion.Keys
	links []identity.ShortID
	raw   []byte // its announcement, signed, without age
}

// newMesh invents n nodes, the first of which are neighbours of the relay. Each has
// at least the given number of links, which both ends state.
func newMesh(now time.Time, relay identity.ShortID, n, neighbours, degree int) ([]*node, error) {
	nodes := make([]*node, n)
	for i := range nodes {
		id, err := identity.NewIdentity(rand.Reader)
		if err != nil {
			return nil, err
		}
		nodes[i] = &node{id: id, short: id.Key().Short(), onion: onion.NewKeys(rand.Reader, now)}
		if i < neighbours {
			nodes[i].links = append(nodes[i].links, relay)
		}
	}
	join := func(a, b *node) {
		if a != b && len(a.links) < maxLinks && len(b.links) < maxLinks && !slices.Contains(a.links, b.short) {
			a.links, b.links = append(a.links, b.short), append(b.links, a.short)
		}
	}
	draw := mrand.New(mrand.NewPCG(1, 2))
	for i, a := range nodes {
		join(a, nodes[(i+1)%n]) // so that there is a way to each
		for tries := 0; len(a.links) < degree && tries < 1000; tries++ {
			join(a, nodes[draw.IntN(n)])
		}
	}
	for _, a := range nodes {
		a.announce(now)
	}
	return nodes, nil
}

// announce signs the node's announcement.
func (a *node) announce(now time.Time) {
	key := a.id.Key()
	epoch, left, current, next := a.onion.Public(now)
	b := append([]byte{1, flagRelay}, key[:]...)
	b = append(b, make([]byte, 8)...) // boot
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, epoch)
	b = binary.LittleEndian.AppendUint32(b, uint32(left.Milliseconds()))
	b = append(append(b, current[:]...), next[:]...)
	b = append(b, 0, 0, 0, 0, 0) // price, no gateways
	b = append(b, byte(len(a.links)))
	slices.SortFunc(a.links, func(x, y identity.ShortID) int { return bytes.Compare(x[:], y[:]) })
	for _, l := range a.links {
		b = append(b, l[:]...)
		b = append(b, 232, 3, 0) // 1 ms
		b = binary.LittleEndian.AppendUint32(b, 1<<16)
		b = append(b, 0)
	}
	sig := a.id.Sign(append([]byte(label), b...))
	a.raw = append(b, sig[:]...)
}

// hop is the node as the last of a path.
func (a *node) hop(now time.Time) hop.Hop {
	epoch, _, current, _ := a.onion.Public(now)
	return hop.Hop{Key: a.id.Key(), Onion: current, Parity: byte(epoch & 1)}
}

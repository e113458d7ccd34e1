package main

import (
	"os"
)

// Whose budget a question is taken from (hop/names/wire.md, "Bounds").
const (
	dnsRate    = 250 // queries a second that are read: a new address costs a curve point
	dnsSide    = 200 // of them, of this node, and of all others together
	dnsSource  = 50  // of one source of the others
	dnsScarce  = 5   // of one source, once the others have half of theirs
	dnsSources = 64  // told apart in a second; more share places

	dnsConns       = 16 // TCP, which few need: every answer fits UDP
	dnsConnsSource = 4  // of one source of the others
)

// A source is who asks: an IPv4 address, an IPv6 prefix of 64 bits, or the whole IPv6
// address of a neighbour in a LAN, where the prefix is that of all.
type source [16]byte

// ownSource is this node itself, and whom it forwards for (dnsmasq).
var ownSource source

// sourceOf tells sources apart; near: the address is of a prefix of the LAN's.
func (r *resolver) sourceOf(a *[16]byte, near bool) source {
	s := source(*a)
	v4 := string(a[:12]) == mapped
	switch {
	case *a == r.own || *a == [16]byte{15: 1} || v4 && a[12] == 127:
		return ownSource
	case !v4 && !near && a[0] != 0xfe:
		clear(s[8:])
	}
	return s
}

// shares are the queries of one second.
type shares struct {
	_           [0]func() // not compared: saves the code
	own, others int
	told        int // places in use
	who         [dnsSources]source
	used        [dnsSources]int
}

// take says whether a source may ask once more. Who floods is cut off first, by what
// he has had: when half is gone, those who have asked little are still answered.
func (s *shares) take(of source) bool {
	if s.own+s.others >= dnsRate {
		return false
	}
	if of == ownSource {
		if s.own >= dnsSide {
			return false
		}
		s.own++
		return true
	}
	used, most := &s.used[s.place(of)], dnsSource
	if s.others >= dnsSide/2 {
		most = dnsScarce
	}
	if *used >= most || s.others >= dnsSide {
		return false
	}
	*used++
	s.others++
	return true
}

// place is where a source is counted.
func (s *shares) place(of source) int {
	for i := range s.told {
		if s.who[i] == of {
			return i
		}
	}
	if s.told == dnsSources {
		return int(of[7]^of[15]) % dnsSources
	}
	s.who[s.told] = of
	s.told++
	return s.told - 1
}

// A dnsConn is a connection to the resolver.
type dnsConn struct {
	f     *os.File
	of    source
	heard int // when it last asked, by a count of all questions
}

// dnsConnections are those that are open, or nil.
type dnsConnections struct {
	all   [dnsConns]*dnsConn
	count int
}

// add takes a connection; where there is no place left, that which has been silent
// longest gives way. false: its source has enough. full: one had to go.
func (c *dnsConnections) add(n *dnsConn) (ok, full bool) {
	most, place := dnsConnsSource, &c.all[0]
	if n.of == ownSource {
		most = dnsConns
	}
	for i, o := range c.all {
		switch {
		case o == nil:
			place = &c.all[i]
			continue
		case o.of == n.of:
			most--
		}
		if *place != nil && o.heard < (*place).heard {
			place = &c.all[i]
		}
	}
	if most <= 0 {
		return false, false
	}
	if full = *place != nil; full {
		(*place).f.Close() // ends the goroutine that serves it
	}
	*place = n
	c.asked(n)
	return true, full
}

// asked notes that a connection is not silent.
func (c *dnsConnections) asked(n *dnsConn) {
	c.count++
	n.heard = c.count
}

// remove forgets one that may have given way already.
func (c *dnsConnections) remove(n *dnsConn) {
	for i, o := range c.all {
		if o == n {
			c.all[i] = nil
		}
	}
}

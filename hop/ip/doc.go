// Package ip is the side of a node where ordinary programs are: the TUN device, IPv6
// headers, ICMPv6 errors, the hash of a flow, and the pieces of up to 64 KiB that the
// kernel gives and takes instead of single packets.
//
//	tun, err := ip.OpenTUN("hopwire0", addr)     // *ip.TUNError has a hint
//	tun.Receive(queue, func(head, rest []byte) { ... })
//	tun.Put(packet)
//	tun.Flush()                                  // the kernel gets what was put
//
// Packets come out as a head and the rest, both valid during the call, and go in whole.
// Pieces are cut and put together here, so that nobody else sees them.
//
// Only the TUN does I/O, and nothing in it blocks. The package reads no clock, starts no
// goroutine, knows neither circuits nor sessions, and never merges a packet whose
// checksum does not hold.
package ip

// MTU is the largest IP packet; one fills a long frame to the last byte but one.
const MTU = 1380

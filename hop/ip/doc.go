// Package ip is the side of a node where ordinary programs are: the TUN device, IPv6
// headers, ICMPv6 errors, and the pieces of up to 64 KiB that the kernel gives and
// takes instead of single packets. It knows neither circuits nor sessions: packets come
// out of it as a head and the rest, and go into it whole. Only the TUN does I/O.
package ip

// MTU is the largest IP packet; one fills a long frame to the last byte but one.
const MTU = 1380

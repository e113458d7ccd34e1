// Package pay will let relays be paid for bandwidth, through gateways that know
// pseudonyms only. It is empty in this version: circuits know the paid and the unpaid
// class (link.Flow.Paid) and drop the frames that will carry payment (a frame's iv is 2
// for each hop: hop/onion/wire.md, "Layer").
//
// It may import link/identity, for keys and signatures, and neither hop nor route: these
// must not know of money, and it must not know of paths.
package pay

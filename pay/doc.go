// Package pay is the language of gateways: what a client signs, what a gateway signs, and how each is checked. Circuits know the paid and the unpaid
// class (link.Flow.Paid) and drop the frames that will carry payment (a frame's iv is 2
// for each hop: hop/onion/wire.md, "Layer").
//
//	b := pay.Call{Op: pay.OpTransfer, ...}.Signed(key)
//	r, err := pay.ParseReceipt(b, gateway)        // the account is what the last one says
//
// The formats are written in wire.md. Nothing here does I/O, reads a clock or draws at
// random. It may import link/identity, for keys and signatures, and neither hop nor route:
// these must not know of money, and it must not know of paths.
package pay

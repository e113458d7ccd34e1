// Package onion has what a circuit is made of, without any state of a node: the set-up
// packet that gives each hop its keys, the layer that every hop applies to a frame,
// control cells, the windows that let a number pass once, a node's onion keys, and the
// filter of set-ups that came before. The formats are in wire.md.
//
// At the source:
//
//	packet, keys, err := onion.BuildSetup(rand, hops)
//	iv := onion.WrapForward(keys, len(keys)-1, onion.IVAddressed, seq, body)
//
// At a hop:
//
//	key, ok := keys.Private(now, onion.Parity(packet))
//	info, err := onion.OpenSetup(key, packet, &hopKeys)   // packet is the next hop's then
//	if window.Check(seq) {                                // before the layer, always
//		window.Accept(seq)
//		iv = hopKeys.Forward.Apply(seq, iv, body)
//	}
//
// It does no I/O, reads no clock, starts no goroutine and knows neither links nor
// neighbours. Applying a layer allocates nothing. Nothing here is safe for concurrent
// use.
package onion

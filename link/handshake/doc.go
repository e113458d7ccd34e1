// Package handshake gives two nodes that know each other's addresses keys that nobody else
// has: Noise IKpsk2 with ML-KEM-768 inside, ephemeral keys as representatives, and a
// filter in front, so that every byte on the wire looks random. Links use it, and
// sessions between the ends of a circuit.
//
//	i, message1, err := handshake.Initiate(rand, handshake.InitiateConfig{...})
//	r, err := handshake.Respond(rand, handshake.RespondConfig{...}, message1) // r.Keys, r.Message
//	keys, nonce, err := i.Finish(r.Message)
//
// The functions share no state, and take milliseconds on a router: they are run where
// public-key work is done. Only the filters (FirstFilter.Check, Initiation.Check) are
// cheap enough to be tried on whatever comes. Nothing here keeps a session, sends
// anything or knows what a frame is. The formats are in wire.md.
package handshake

// Package gateway keeps the accounts of a gateway and answers its clients: what they may
// ask is in pay/request/wire.md, what is stored and what always holds in wire.md.
//
//	g, err := gateway.Open(gateway.Config{Gateway: key, Database: "ledger.db", ...})
//	g.Handle(neighbour, request, func(answer []byte) { ... })
//
// A call is checked by workers, and done by one writer together with up to 127 others:
// they share a transaction, and an entry of the journal. Answers leave after both. What a
// call does is decided on copies in memory (ledger.go), so that it is done whole or not
// at all; the store (store.go) sees only what is left of a batch.
//
// It runs on servers: it starts goroutines and does I/O, but reads no clock and draws no
// randomness other than those of its Config. A Gateway is safe for concurrent use.
package gateway

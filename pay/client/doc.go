// Package client is a node's side of its accounts at one gateway: what it signs, what it
// believes, and what of both outlasts a power cut.
//
//	c, err := client.Open(client.Config{Gateway: gateway, Seed: &seed, Store: store})
//	c.Answer(now, answer)                     // to c.Ask(): certificates and terms
//	a, err := c.Add(client.Own)
//	err = a.Transfer(now, payee, amount, fee, note)
//	request, again := a.Next(now)             // the same bytes until there is a receipt
//	status, err := a.Answer(now, answer)      // a Reason: the gateway contradicts itself
//
// The rules, the records on flash and the threat model are in wire.md. It does no I/O but
// by the Store it is given, reads no clock (of a time only differences are used), starts
// no goroutine and is not safe for concurrent use. What is not signed by the gateway, or
// is of no call that is under way, is dropped and counted and changes nothing.
package client

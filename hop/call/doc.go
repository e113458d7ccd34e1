// Package call has requests and responses of up to 1 MiB that arrive over a session that
// loses, repeats and reorders: fragments, acknowledgements by bitmap, resending by
// measured round-trip time, and one bound on the memory of all peers. A request is
// served once at most. The format and its rules are in wire.md.
//
// An Endpoint is one end of a session; both may call:
//
//	pool := call.NewPool(bytes)                                  // for all peers together
//	e := call.New(call.Config{First: random, Pool: pool, Send: send, Serve: serve})
//	id, err := e.Call(now, request, func(now time.Time, response []byte, err error) { ... })
//	e.Receive(now, record)                                       // what the other end sent
//	next := e.Advance(now)                                       // sends what is due
//
// It does no I/O, reads no clock, starts no goroutine and is not safe for concurrent
// use. It never holds more than its bounds, whatever the other end announces, and does
// not know what a request means.
package call

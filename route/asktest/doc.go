// Package asktest puts route servers and nodes that ask them into the meshes of meshtest.
//
//	plan.Servers = 3
//	t := asktest.New(meshtest.Options{Seed: 7, MaxNodes: 64}, plan)
//	t.Done = func(row meshtest.Row) { ... t.Ways() ... t.Load(&row) ... }
//	t.Run()
//
// Every node asks, by package ask, but the servers, which are whole ones of package
// server: they have what they know from offers, from their own vicinities and from each
// other. A server that restarts has its map from disk.
//
// It is for tests alone, and reads no clock.
package asktest

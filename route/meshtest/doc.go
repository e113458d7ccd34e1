// Package meshtest builds meshes of whole nodes (links, circuits, sessions, map) on the
// virtual time of linktest. The same seed gives the same run.
//
//	m := meshtest.Line(meshtest.Options{Seed: 7}, 5)     // or Ring, Random, or node by node
//	m.Run(10 * time.Second)                              // of virtual time
//	rtt, ok := m.MustPing(0, 4, 10*time.Second)
//	m.Cables[[2]int{1, 2}].Down = true                   // pull a cable
//	m.Nodes[2].Boot()                                    // restart: all but the identity is lost
//
// A Trial is a mesh of generated geography, up to ten thousand nodes, that boots, rests,
// loses nodes and gets them back, is cut in two and heals; what its nodes know then is
// compared with what there is:
//
//	for _, row := range meshtest.NewTrial(meshtest.Options{Seed: 7}, meshtest.WholePlan(1000)).Run() { ... }
//
// It is for tests alone, and reads no clock.
package meshtest

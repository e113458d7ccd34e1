// Package names answers DNS questions about the mesh: ADDRESS.hop and friendly names
// have the mesh address of their key (AAAA), and mesh addresses have names (PTR). What is
// answered, and to whom, is in wire.md.
//
//	table := names.ReadTable(text, func(line int, why string) { ... })
//	r := names.Resolver{Mesh: node, Table: table}
//	n := r.Answer(&out, message)        // 0: there is no answer to give
//
// It reads messages and writes answers; sockets, files and the clock are the caller's. It
// asks nobody, caches nothing, and never answers with more than MaxAnswer bytes.
package names

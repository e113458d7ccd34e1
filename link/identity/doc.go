// Package identity says who a node is. Its address is a key: the Ed25519 public key of a
// 32-byte seed, which is the only secret that is stored. From the address follow the
// short id, the mesh's IPv6 address and the X25519 static key of handshakes.
//
//	id, err := identity.NewIdentity(rand)
//	k, err := identity.ParseKey("fkiiwx7l...4a6q.hop") // refused: what is not an address
//	sig := id.Sign(message)
//	ok := k.Verify(message, &sig)
//
// It has the keys that a mesh shares too (NetworkKey), with the EtherType that follows
// from one. It keeps no file, draws only from what it is given, and imports nothing of
// ours. The formats are in wire.md.
package identity

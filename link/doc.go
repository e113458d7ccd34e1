// Package link sends fixed-format frames to physical neighbours: identities,
// frames, the handshake, discovery and the ports that carry them. It is the only
// package with sockets and netlink. The wire formats are written in wire.md.
package link

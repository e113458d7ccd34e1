// Package nic has the ports of a Linux machine: Ethernet-like interfaces by AF_PACKET
// and islands by UDP, and beside them what the kernel says of interfaces and stations.
// It is the only package of link with system calls.
//
//	port, err := nic.OpenEther("eth1", key.EtherType(), queues) // a link.Port; mostly a link.Pollable
//	n, err := port.Read(frames)                                 // blocks for one, takes all that are there
//	n, err = port.Write(frames)                                 // never blocks; link.ErrFull
//
//	go nic.WatchInterfaces(stop, kick, mesh, changed)           // cables come and go
//
// Frames cross in batches (recvmmsg, sendmmsg) without an allocation. A Poller waits for
// ports on the thread that reads them. Where the kernel has no such calls a slower port
// takes their place.
//
// It never looks into a frame, keeps none, and decides nothing about queues or
// neighbours: that is package link's.
package nic

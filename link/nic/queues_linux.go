package nic

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Receive queues: sockets among which the kernel shares out the frames of one
// interface (PACKET_FANOUT), so that several cores can work on them. Steering is by
// the sender's MAC address: by hash, all frames of an EtherType that the kernel does
// not know would come to one queue, and by turns, circuits would be reordered.

// maxQueues is the most receive queues of a port.
const maxQueues = 4

// bySender returns the last four bytes of the source address; the kernel takes them
// modulo the number of queues.
var bySender = []bpf.RawInstruction{
	{Op: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0xffe00000 + 8}, // SKF_LL_OFF (linux/filter.h)
	{Op: unix.BPF_RET | unix.BPF_A},
}

// openQueues opens the receiving sockets. A socket that does not get into the group
// would hear everything a second time, so it is closed again: there are fewer then.
func (e *Ether) openQueues(n int) error {
	first, err := e.socket(e.typ)
	if err != nil {
		return err
	}
	e.recv = []*batchSocket{first}
	if n = min(n, maxQueues); n < 2 {
		return nil
	}
	const steered = unix.PACKET_FANOUT_CBPF << 16
	if unix.SetsockoptInt(first.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, steered|unix.PACKET_FANOUT_FLAG_UNIQUEID<<16) != nil {
		return nil
	}
	id, err := unix.GetsockoptInt(first.fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
	if err != nil || fprog(first.fd, unix.SOL_PACKET, unix.PACKET_FANOUT_DATA, bySender) != nil {
		return nil
	}
	for len(e.recv) < n {
		s, err := e.socket(e.typ)
		if err != nil {
			return err
		}
		if unix.SetsockoptInt(s.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, steered|id&0xffff) != nil {
			s.Close()
			break
		}
		e.recv = append(e.recv, s)
	}
	return nil
}

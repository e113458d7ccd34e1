package nic

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// Gone says whether an error means that a port will never read again: it was closed, or
// its interface is no more. What else the kernel reports of a socket is of one moment.
func Gone(err error) bool {
	e, ok := errors.AsType[unix.Errno](err)
	return errors.Is(err, net.ErrClosed) || !ok || e == unix.EBADF || e == unix.ENODEV || e == unix.ENXIO || e == unix.ENOTSOCK
}

// Transient says whether what failed may succeed when it is tried again: the machine
// was short of something, or the address was not there yet.
func Transient(err error) bool {
	e, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return errors.Is(err, unix.EINTR) // a dump that was interrupted
	}
	switch e {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EINTR, unix.EAGAIN, unix.EADDRNOTAVAIL:
		return true
	}
	return false
}

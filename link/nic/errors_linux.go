package nic

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// Tables, since a list in a call is code at each.
var (
	gone      = []error{net.ErrClosed, unix.EBADF, unix.ENODEV, unix.ENXIO, unix.ENOTSOCK}
	transient = []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EINTR, unix.EAGAIN, unix.EADDRNOTAVAIL}
	refused   = []error{unix.EPERM, unix.EACCES}
)

// Gone says whether an error means that a port will never read again: it was closed, or
// its interface is no more. What else the kernel reports of a socket is of one moment.
func Gone(err error) bool { return isOf(err, gone) }

// Transient says whether what failed may succeed when it is tried again: the machine
// was short of something, or the address was not there yet.
func Transient(err error) bool { return isOf(err, transient) }

func denied(err error) bool { return isOf(err, refused) }

func isOf(err error, kinds []error) bool {
	for _, k := range kinds {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

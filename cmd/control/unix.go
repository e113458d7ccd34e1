package control

import (
	"os"

	"golang.org/x/sys/unix"
)

// The control socket is the only stream socket of most programs. It is made by system
// calls and an os.File, which waits as net does; net's dialer and listener for
// every family would be 0.1 MB of program for it.

// listenUnix binds path, which must be free, and listens. Close ends acceptUnix.
func listenUnix(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err = unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err == nil {
		err = unix.Listen(fd, unix.SOMAXCONN)
	}
	if err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "listen", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// acceptUnix waits for the next client. Close of l ends it with os.ErrClosed.
func acceptUnix(l *os.File) (*os.File, error) {
	raw, err := l.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, failed := -1, error(nil)
	err = raw.Read(func(listener uintptr) bool {
		for fd, failed = -1, unix.EINTR; failed == unix.EINTR || failed == unix.ECONNABORTED; {
			fd, _, failed = unix.Accept4(int(listener), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		}
		return failed != unix.EAGAIN
	})
	if err != nil { // of the poller, whose own name for it is not os.ErrClosed
		return nil, os.ErrClosed
	}
	if failed != nil {
		return nil, os.NewSyscallError("accept", failed)
	}
	return os.NewFile(uintptr(fd), l.Name()), nil
}

// dialUnix connects to who listens on path; it may wait, as may the file it returns.
func dialUnix(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "connect", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

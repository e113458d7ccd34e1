package file

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrKind is wrapped, with the name, for what is no regular file or longer than allowed.
var ErrKind = errors.New("not a regular file, or too long")

// Open opens a regular file to be read. It never waits for somebody to write: what stands
// there is looked at before it is opened, since opening a device may do something, and
// after, since it may have changed meanwhile.
func Open(name string) (f *os.File, size int64, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	if info.Mode().IsRegular() {
		if f, err = os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
			return nil, 0, err
		}
		if info, err = f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, info.Size(), nil
		}
		f.Close()
	}
	return nil, 0, kind(name)
}

func kind(name string) error { return &os.PathError{Op: "read", Path: name, Err: ErrKind} }

// Read returns what a regular file of at most most bytes holds; it waits for nobody.
func Read(name string, most int) ([]byte, error) {
	f, size, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, min(int(size), most)+1)
	n, err := io.ReadFull(f, b)
	if err == nil { // longer than it was, or than is allowed; files of /proc have no size
		return nil, kind(name)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return b[:n], err
}

// Exhausted says whether err is want of descriptors or memory, which passes by
// itself: the thing may be there, and should be tried again.
func Exhausted(err error) bool {
	e := errno(err)
	return e == unix.EMFILE || e == unix.ENFILE || e == unix.ENOMEM || e == unix.ENOBUFS
}

// Unwritable says whether err is that of a medium that takes nothing: read-only, or
// full.
func Unwritable(err error) bool {
	e := errno(err)
	return e == unix.EROFS || e == unix.ENOSPC || e == unix.EDQUOT
}

// errno is the system's error in err; 0: there is none.
func errno(err error) (e unix.Errno) {
	for err != nil && e == 0 {
		e, _ = err.(unix.Errno)
		err = errors.Unwrap(err)
	}
	return e
}

package file

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Write writes a file whole or not at all, as 0600: write, fsync, rename, and fsync
// of the folder, so that after a power cut there is the old file or the new one.
func Write(name string, data []byte) error {
	return WriteBy(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteBy is Write for what is too large to be held: write gives it piece by piece. After
// an error of its own the old file stands.
func WriteBy(name string, write func(w io.Writer) error) error {
	folder := filepath.Dir(name)
	tmp := filepath.Join(folder, ".new-"+strconv.Itoa(os.Getpid()))
	os.Remove(tmp) // left by a power cut: a process after it may have the same id
	defer os.Remove(tmp)
	if err := fill(tmp, write); err != nil {
		return err
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return done(f, f.Sync())
}

// fill writes a new file.
func fill(name string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	return done(f, err)
}

// done closes a file; an error before that counts first.
func done(f *os.File, err error) error {
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

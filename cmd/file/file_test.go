package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"a", "", "another"} {
		if err := Write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(name, 7); string(got) != text || err != nil {
			t.Errorf("%q, want %q: %v", got, text, err)
		}
	}
	if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Dir(name) + "/.new-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if err := Write(filepath.Join(name, "f"), nil); err == nil {
		t.Error("written where no folder is")
	}
}

// TestReadWhatIsNoFile: each is refused at once, by name. The FIFO held the reader
// until somebody wrote.
func TestReadWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo, link, long := filepath.Join(dir, "fifo"), filepath.Join(dir, "link"), filepath.Join(dir, "long")
	unix.Mkfifo(fifo, 0o600)
	os.Symlink(fifo, link)
	os.WriteFile(long, make([]byte, 9), 0o600)
	for name, want := range map[string]error{fifo: ErrKind, link: ErrKind, dir: ErrKind, "/dev/zero": ErrKind, long: ErrKind,
		"/proc/self/status": ErrKind, filepath.Join(dir, "none"): fs.ErrNotExist} {
		if b, err := Read(name, 8); !errors.Is(err, want) || !strings.Contains(err.Error(), name) || len(b) > 9 {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	for err, want := range map[error][2]bool{unix.EMFILE: {true, false}, unix.ENFILE: {true, false}, unix.EROFS: {false, true},
		unix.ENOSPC: {false, true}, unix.ENOENT: {}, ErrKind: {}} {
		err = fmt.Errorf("x: %w", &os.PathError{Op: "open", Path: "f", Err: err})
		if got := [2]bool{Exhausted(err), Unwritable(err)}; got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

// TestWriteOverLeftover: a power cut leaves a half-written file, and the process that writes
// again may have the same number, as in a container.
func TestWriteOverLeftover(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, ".new-"+strconv.Itoa(os.Getpid())), []byte("ha"), 0o600)
	if err := Write(filepath.Join(dir, "f"), []byte("whole")); err != nil {
		t.Error(err)
	}
}

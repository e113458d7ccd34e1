package daemon

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKilledPings: pings whose clients have gone hold no place. Eight with a long gap
// held the control socket for that time.
func TestKilledPings(t *testing.T) {
	d, _ := testDaemon(t, Settings{})
	end, err := d.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	ask := func(line string) *os.File {
		t.Helper()
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Connect(fd, &unix.SockaddrUnix{Name: d.ControlSocket().Path})
		}
		if err != nil {
			t.Fatal(err)
		}
		f := os.NewFile(uintptr(fd), "client")
		io.WriteString(f, line+"\n")
		return f
	}
	first := make([]byte, 512)
	for range 8 {
		f := ask("ping " + d.ID.Key().String() + " -c 100 -i 3600")
		if n, err := f.Read(first); n == 0 || err != nil { // it has begun
			t.Fatal(n, err)
		}
		defer f.Close()
		f.Close()
	}
	for {
		f := ask("address " + d.ID.Key().String())
		all, err := io.ReadAll(f)
		f.Close()
		if err != nil || len(all) == 0 {
			t.Fatalf("%q %v", all, err)
		}
		if !strings.HasPrefix(string(all), "! ") { // else they have not been noticed yet
			break
		}
	}
}

// TestNoRoomForSocket: a medium that takes nothing is no end of the node; another
// fault is.
func TestNoRoomForSocket(t *testing.T) {
	d, log := testDaemon(t, Settings{Socket: filepath.Join(t.TempDir(), "none", "s")})
	if _, err := d.listen(); err == nil {
		t.Error("without a folder")
	}
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root")
		}
		return
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	d.Socket = filepath.Join(dir, "s")
	end, err := d.listen()
	if err != nil {
		t.Fatal(err)
	}
	end.Close()
	if !strings.Contains(log.String(), "error: no command can ask") || !strings.Contains(log.String(), "HOPWIRE_SOCKET") {
		t.Errorf("%s", log)
	}
}

// TestSignals: what ends the node, and what is ignored; each is said.
func TestSignals(t *testing.T) {
	d, log := testDaemon(t, Settings{})
	signals := make(chan os.Signal, 3)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP} {
		signals <- s
	}
	d.untilSignal(signals)
	if got := log.String(); strings.Count(got, "signal ignored") != 2 || strings.Count(got, "stopping signal=hangup") != 1 || len(signals) > 0 {
		t.Errorf("%s", got)
	}
}

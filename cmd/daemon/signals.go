package daemon

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	stopPatience = 5 * time.Second // for all that is done at the end
	logPatience  = time.Second     // for the last lines of the log
)

// writable says whether a file takes a line within that time.
func writable(f *os.File) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLOUT}}, int(logPatience.Milliseconds()))
	return n > 0
}

// notify has signals sent to a channel. SIGHUP, of a terminal that has gone, and SIGQUIT
// would end the node, and leave its socket behind; who started it under nohup had
// SIGHUP ignored, and it stays so.
func notify(c chan<- os.Signal) {
	all := []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP}
	if signal.Ignored(syscall.SIGHUP) {
		all = all[:len(all)-1]
	}
	signal.Notify(c, all...)
}

// untilSignal waits for a signal that ends the node; others that programs are sent are
// ignored. Each is said.
func (d *Daemon) untilSignal(signals <-chan os.Signal) {
	for event := ""; event != "stopping"; {
		s := <-signals
		event = "stopping"
		if s == syscall.SIGUSR1 || s == syscall.SIGUSR2 {
			event = "signal ignored"
		}
		d.Log.Info(event, "signal", s)
	}
}

package main

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"hopwire/cmd/file"
	"hopwire/cmd/logs"
	"hopwire/hop/names"
)

// hosts is the file of friendly names (HOPWIRE_HOSTS). It is not safe for
// concurrent use.
type hosts struct {
	_     [0]func() // not compared: saves the code
	path  string
	level logs.Level // at which is said that there is none
	was   hostsStat
}

// hostsStat tells one state of the file from another: all zero, it was not looked
// at; of mode 0, there is none.
type hostsStat struct {
	looked, inode, size, second, nano uint64
	mode                              uint32
}

const maxFaults = 32 // that are logged of one reading

// place finds out where the file is: one that is not set may well be missing.
func (h *hosts) place(c *config) {
	h.path, h.level = c.Hosts, logs.Info
	if h.path == "" {
		h.path, h.level = filepath.Join(c.State, "hosts"), logs.Debug
	}
}

// changed says whether the file is another than at the last look.
func (h *hosts) changed() bool {
	var st unix.Stat_t
	unix.Stat(h.path, &st) // on an error nothing is filled in
	was := h.was
	h.was = hostsStat{1, uint64(st.Ino), uint64(st.Size), uint64(st.Mtim.Sec), uint64(st.Mtim.Nsec), uint32(st.Mode)}
	return was != h.was
}

// read takes what is good in the file and says what is bad, once for each change.
// nil: the file may well be there but could not be read now; what was read before
// stands, and the next look tries again.
func (h *hosts) read(log *logs.Logger) (t *names.Table, bad int) {
	text, err := file.Read(h.path, names.MaxText)
	if file.Exhausted(err) {
		h.was = hostsStat{}
		return nil, 0
	}
	if err != nil {
		log.Log(h.level, "no names", "file", h.path, "error", err)
		return new(names.Table), 0
	}
	t = names.ReadTable(string(text), func(line int, why string) {
		if bad++; bad <= maxFaults {
			log.Error("bad line", "file", h.path, "line", line, "why", why)
		}
	})
	log.Info("names read", "file", h.path, "names", len(t.Names), "bad_lines", bad)
	return t, bad
}

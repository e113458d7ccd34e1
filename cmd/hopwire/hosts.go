package main

import (
	"errors"
	"os"
	"path/filepath"

	"hopwire/hop/names"
)

// hosts is the file of friendly names (HOPWIRE_HOSTS). It is not safe for
// concurrent use.
type hosts struct {
	_     [0]func() // not compared: saves the code
	path  string
	level string      // at which is said that there is none
	info  os.FileInfo // of what was read; nil: there was none
	said  string
}

const maxFaults = 32 // that are logged of one reading

var errHosts = errors.New("not a file of up to 128 kB")

// place finds out where the file is: one that is not set may well be missing.
func (h *hosts) place(c *config) {
	h.path, h.level = c.Hosts, "info"
	if h.path == "" {
		h.path, h.level = filepath.Join(c.State, "hosts"), "debug"
	}
}

// changed says whether the file is another than the one that was read.
func (h *hosts) changed() bool {
	was := h.info
	h.info, _ = os.Stat(h.path)
	if was == nil || h.info == nil {
		return was != h.info || h.said == ""
	}
	return !os.SameFile(was, h.info) || was.Size() != h.info.Size() || !was.ModTime().Equal(h.info.ModTime())
}

// read takes what is good in the file and says what is bad, once for each change.
func (h *hosts) read(log *logger) (t *names.Table, bad int) {
	h.said = h.path
	text, err := h.text()
	if err != nil {
		log.log(h.level, "no names", "file", h.path, "error", err)
		return new(names.Table), 0
	}
	t = names.ReadTable(text, func(line int, why string) {
		if bad++; bad <= maxFaults {
			log.log("error", "bad line", "file", h.path, "line", line, "why", why)
		}
	})
	log.log("info", "names read", "file", h.path, "names", len(t.Names), "bad_lines", bad)
	return t, bad
}

func (h *hosts) text() (string, error) {
	if h.info != nil && (!h.info.Mode().IsRegular() || h.info.Size() > names.MaxText) {
		return "", errHosts
	}
	text, err := os.ReadFile(h.path)
	return string(text), err
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A tree is the content of an archive: paths without a leading slash. Folders are
// implied.
type tree map[string]file

type file struct {
	data []byte
	exec bool // 0755 instead of 0644
}

// add puts the files below dir under the folder to. Of a file's mode only the
// executable bit counts, as git keeps no more: the umask of a clone changes
// nothing.
func (t tree) add(dir, to string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), "~") {
			return hint("remove it", "%s: only plain files belong into a package", name)
		}
		inside, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		return t.addFile(name, path.Join(to, filepath.ToSlash(inside)))
	})
}

func (t tree) addFile(name, to string) error {
	if _, taken := t[to]; taken {
		return fmt.Errorf("%s: /%s is in the package already", name, to)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(name)
	t[to] = file{data, info.Mode()&0o100 != 0}
	return err
}

// names are the paths of all files and of the folders above them, these with a
// slash, each folder before what is in it: the order of 'tar --sort=name'.
func (t tree) names() []string {
	set := map[string]bool{"./": true}
	for name := range t {
		set["./"+name] = true
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			set["./"+dir+"/"] = true
		}
	}
	list := slices.Collect(maps.Keys(set))
	slices.SortFunc(list, func(a, b string) int {
		return slices.Compare(strings.Split(strings.TrimSuffix(a, "/"), "/"), strings.Split(strings.TrimSuffix(b, "/"), "/"))
	})
	return list
}

// tar writes the tree as OpenWrt's ipkg-build does: GNU format, owner 0:0 without
// names, one time for all.
func (t tree) tar(epoch int64) ([]byte, error) {
	return archive(epoch, t.names(), t)
}

// archive writes the named files and folders in the order given.
func archive(epoch int64, names []string, t tree) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, ModTime: time.Unix(epoch, 0), Format: tar.FormatGNU}
		f := t[strings.TrimPrefix(name, "./")]
		h.Size = int64(len(f.data))
		switch {
		case strings.HasSuffix(name, "/"):
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		case f.exec:
			h.Mode = 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// compress is 'gzip -n': no name and no time.
func compress(data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic("ipk: internal error: " + err.Error()) // the level is a constant
	}
	w.OS = 3 // Unix, as gzip says
	w.Write(data)
	w.Close() // nor can a Buffer fail
	return b.Bytes()
}

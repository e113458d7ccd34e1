package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// An opened package, read back with the eyes of opkg and stricter.
type opened struct {
	fields  map[string]string
	control tree
	data    tree
	epoch   int64
}

// open reads a package. What is not exactly as OpenWrt's own build system would
// have written it is an error.
func open(ipk []byte) (*opened, error) {
	o := &opened{}
	outer, order, err := o.unpack(ipk)
	if err != nil {
		return nil, err
	}
	if want := []string{"./debian-binary", "./data.tar.gz", "./control.tar.gz"}; !slices.Equal(order, want) {
		return nil, fmt.Errorf("holds %v, not %v", order, want)
	}
	if v := string(outer["debian-binary"].data); v != "2.0\n" {
		return nil, fmt.Errorf("debian-binary says %q", v)
	}
	if o.control, err = o.inner(outer["control.tar.gz"].data); err != nil {
		return nil, fmt.Errorf("control.tar.gz: %w", err)
	}
	if o.data, err = o.inner(outer["data.tar.gz"].data); err != nil {
		return nil, fmt.Errorf("data.tar.gz: %w", err)
	}
	if o.fields, err = parseStanza(string(o.control["control"].data)); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	size, err := inflate(outer["data.tar.gz"].data)
	if got := fmt.Sprint(len(size)); err != nil || o.fields["Installed-Size"] != got {
		return nil, fmt.Errorf("Installed-Size is %s, not %s", o.fields["Installed-Size"], got)
	}
	return o, o.sane()
}

// inner unpacks an archive whose entries must be those that a tree gives.
func (o *opened) inner(gz []byte) (tree, error) {
	t, order, err := o.unpack(gz)
	if err == nil && !slices.Equal(order, t.names()) {
		err = fmt.Errorf("entries %v, want %v", order, t.names())
	}
	return t, err
}

// unpack reads a compressed tar, and the names of its entries as they come.
func (o *opened) unpack(gz []byte) (t tree, order []string, err error) {
	b, err := inflate(gz)
	if err != nil {
		return nil, nil, err
	}
	t = make(tree)
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return t, order, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if err := o.header(h); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", h.Name, err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, nil, err
		}
		order = append(order, h.Name)
		if h.Typeflag == tar.TypeReg {
			t[strings.TrimPrefix(h.Name, "./")] = file{data, h.Mode == 0o755}
		}
	}
}

// header refuses what opkg would unpack with another owner, mode or place than we
// mean.
func (o *opened) header(h *tar.Header) error {
	dir := h.Typeflag == tar.TypeDir
	if o.epoch == 0 {
		o.epoch = h.ModTime.Unix()
	}
	switch {
	case h.Format != tar.FormatGNU:
		return errors.New("not GNU tar's format")
	case !dir && h.Typeflag != tar.TypeReg:
		return errors.New("neither a file nor a folder")
	case !strings.HasPrefix(h.Name, "./") || !filepath.IsLocal(h.Name):
		return errors.New("not a path below ./")
	case h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "":
		return errors.New("not owned by 0:0")
	case h.Mode != 0o755 && (dir || h.Mode != 0o644):
		return fmt.Errorf("mode %o", h.Mode)
	case h.ModTime.Unix() != o.epoch:
		return errors.New("a time of its own")
	}
	return nil
}

// gzipHead: deflate, no flags, no time, best compression, Unix (RFC 1952, 2.3).
var gzipHead = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3}

// inflate is gunzip of something written by 'gzip -n', with nothing after it.
func inflate(gz []byte) ([]byte, error) {
	if !bytes.HasPrefix(gz, gzipHead) {
		return nil, errors.New("gzip: not the head that 'gzip -n -9' writes; a name or a time would differ from build to build")
	}
	r, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// parseStanza reads one package's fields. A value continues on lines that begin
// with a space.
func parseStanza(text string) (map[string]string, error) {
	fields := make(map[string]string)
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, " ") && last != "" {
			fields[last] += "\n" + line
			continue
		}
		name, value, found := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch _, twice := fields[name]; {
		case !found:
			return nil, fmt.Errorf("%q is not a field", line)
		case value == "":
			return nil, fmt.Errorf("%s is empty: opkg would crash", name)
		case twice:
			return nil, fmt.Errorf("%s twice", name)
		}
		fields[name], last = value, name
	}
	for _, name := range []string{"Package", "Version", "Depends", "Architecture", "Installed-Size", "Description"} {
		if fields[name] == "" {
			return nil, fmt.Errorf("no %s", name)
		}
	}
	if last != "Description" {
		return nil, errors.New("the last field is not Description")
	}
	return fields, nil
}

// sane checks what opkg acts on: scripts that can run, conffiles that exist.
func (o *opened) sane() error {
	for name, f := range o.control {
		script := strings.HasPrefix(name, "p") // postinst, prerm, their -pkg parts
		if script != f.exec || script && !bytes.HasPrefix(f.data, []byte("#!/bin/sh\n")) {
			return fmt.Errorf("%s: mode or first line", name)
		}
	}
	for _, name := range []string{"control", "postinst", "prerm"} {
		if _, ok := o.control[name]; !ok {
			return fmt.Errorf("no %s", name)
		}
	}
	for line := range strings.Lines(string(o.control["conffiles"].data)) {
		if _, ok := o.data[strings.TrimSuffix(strings.TrimPrefix(line, "/"), "\n")]; !ok || line[0] != '/' {
			return fmt.Errorf("conffile %q is not in the package", line)
		}
	}
	if first := strings.SplitN(o.fields["Depends"], ", ", 2)[0]; first != "libc" {
		return fmt.Errorf("the first dependency is %s, not libc", first)
	}
	return nil
}

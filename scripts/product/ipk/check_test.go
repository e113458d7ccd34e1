package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDamage: a change of any byte of a feed is found. Only a signature's first
// line, a comment, may say what it likes.
func TestDamage(t *testing.T) {
	p := small(t)
	mustPack(t, p, epoch, "x86_64")
	for name, step := range map[string]int{"Packages": 1, "Packages.sig": 1, "Packages.gz": 1, "hopwire_1.2.3-r1_x86_64.ipk": 9973, "luci-app-hopwire_1.2.3-r1_all.ipk": 97} {
		name := filepath.Join(p.out, "x86_64", name)
		good := read(t, name)
		begin := 0
		if strings.HasSuffix(name, ".sig") {
			begin = bytes.IndexByte(good, '\n') + 1
		}
		for i := begin; i < len(good); i += step {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			write(t, name, string(bad), 0o644)
			if check(p, io.Discard) == nil {
				t.Errorf("%s: byte %d of %d changed unseen", filepath.Base(name), i, len(good))
			}
		}
		for _, bad := range [][]byte{nil, good[:len(good)-1], append(bytes.Clone(good), '\n')} {
			write(t, name, string(bad), 0o644)
			if check(p, io.Discard) == nil {
				t.Errorf("%s: %d bytes of %d unseen", filepath.Base(name), len(bad), len(good))
			}
		}
		write(t, name, string(good), 0o644)
	}
	if err := check(p, io.Discard); err != nil {
		t.Error(err)
	}
}

// TestFeedChecks: a feed that is signed, and wrong.
func TestFeedChecks(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(p places, dir string)
	}{
		{"no feed", "no feed", func(p places, dir string) { os.RemoveAll(dir) }},
		{"another key", "by key", func(p places, dir string) { os.RemoveAll(p.keys); makeKey(p.keys) }},
		{"a package more", "holds", func(p places, dir string) { write(t, dir+"/a_1_all.ipk", "", 0o644) }},
		{"another architecture", "is for x86_64", func(p places, dir string) {
			os.RemoveAll(p.out + "/other")
			os.Rename(dir, p.out+"/other")
		}},
		{"another name", "should be named", func(p places, dir string) {
			os.Rename(dir+"/hopwire_1.2.3-r1_x86_64.ipk", dir+"/hopwire.ipk")
			resign(t, p, dir)
		}},
		{"no binary", "no binary", func(p places, dir string) {
			repack(t, p, dir, func(b []byte) []byte { return []byte("#!/bin/sh\n") })
		}},
		{"another processor", "GOAMD64=v3", func(p places, dir string) {
			repack(t, p, dir, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("GOAMD64=v1"), []byte("GOAMD64=v3")) })
		}},
	} {
		p := small(t)
		mustPack(t, p, epoch, "x86_64")
		c.spoil(p, filepath.Join(p.out, "x86_64"))
		if err := check(p, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func resign(t *testing.T, p places, dir string) {
	t.Helper()
	key, err := readSecret(p.keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFeed(dir, key); err != nil {
		t.Fatal(err)
	}
}

// repack packs a changed binary.
func repack(t *testing.T, p places, dir string, change func([]byte) []byte) {
	t.Helper()
	name := p.bin + "/amd64/hopwire"
	write(t, name, string(change(read(t, name))), 0o755)
	if err := pack(p, "1.2.3", epoch, []string{"x86_64"}); err != nil {
		t.Fatal(err)
	}
}

// TestHeaders: entries of an archive that opkg would unpack as something else than
// we mean.
func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(h *tar.Header)
	}{
		{"", func(h *tar.Header) {}},
		{"0:0", func(h *tar.Header) { h.Uid = 1000 }},
		{"0:0", func(h *tar.Header) { h.Gname = "root" }},
		{"mode", func(h *tar.Header) { h.Mode = 0o4755 }},
		{"mode", func(h *tar.Header) { h.Mode = 0o600 }},
		{"neither", func(h *tar.Header) { h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd" }},
		{"below", func(h *tar.Header) { h.Name = "./../etc/passwd" }},
		{"below", func(h *tar.Header) { h.Name = "etc/passwd" }},
		{"time", func(h *tar.Header) { h.ModTime = time.Unix(epoch+1, 0) }},
		{"format", func(h *tar.Header) { h.Format = tar.FormatPAX }},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		h := &tar.Header{Typeflag: tar.TypeReg, Name: "./a", Mode: 0o644, ModTime: time.Unix(epoch, 0), Format: tar.FormatGNU}
		c.change(h)
		if c.want == "format" {
			h.PAXRecords = map[string]string{"HOPWIRE.test": "1"}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		w.Close()
		o := opened{epoch: epoch}
		_, _, err := o.unpack(compress(b.Bytes()))
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

// TestStanza: fields that stop opkg, some of them for good.
func TestStanza(t *testing.T) {
	good := "Package: a\nVersion: 1-r1\nDepends: libc\nArchitecture: all\nInstalled-Size: 1\nDescription: a\n b\n"
	if f, err := parseStanza(good); err != nil || f["Description"] != "a\n b" {
		t.Error(f, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"libc", "", "empty"},
		{"Package: a\n", "", "no Package"},
		{"Package: a\n", "Package: a\nPackage: b\n", "twice"},
		{"Version: 1-r1", "Version", "not a field"},
		{" b\n", "Extra: b\n", "last"},
	} {
		if _, err := parseStanza(strings.Replace(good, c.old, c.new, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.new, err)
		}
	}
}

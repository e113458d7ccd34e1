package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// check reads every feed below the output folder as opkg does: signature, index,
// packages, and whether the binaries are for the architecture they are filed
// under.
func check(p places, w io.Writer) error {
	key, err := readPublic(filepath.Join(p.keys, "feed.pub"))
	if err != nil {
		return err
	}
	all, err := architectures(p.root, nil)
	if err != nil {
		return err
	}
	feeds, packages := 0, 0
	for _, a := range all {
		dir := filepath.Join(p.out, a.name)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		n, err := checkFeed(dir, a, key)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		feeds, packages = feeds+1, packages+n
	}
	if feeds == 0 {
		return hint("'make ipk' makes some", "no feed in %s", p.out)
	}
	fmt.Fprintf(w, "ipk: ok: %d feeds, %d packages, signed by key %x\n", feeds, packages, key.id)
	return nil
}

// checkFeed reads one feed and returns the number of its packages.
func checkFeed(dir string, a architecture, key *public) (n int, err error) {
	index, err := readIndex(dir, key)
	if err != nil {
		return 0, err
	}
	listed := []string{}
	for text := range strings.SplitSeq(strings.TrimRight(string(index), "\n"), "\n\n") {
		fields, err := parseStanza(text + "\n")
		if err != nil {
			return 0, fmt.Errorf("index: %w", err)
		}
		if err := checkPackage(dir, fields, a); err != nil {
			return 0, fmt.Errorf("%s: %w", fields["Filename"], err)
		}
		listed = append(listed, filepath.Join(dir, fields["Filename"]))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.ipk"))
	if err == nil && !slices.Equal(files, listed) {
		err = fmt.Errorf("lists %v, holds %v", listed, files)
	}
	return len(listed), err
}

// readIndex returns an index that is signed; nothing else of the feed is looked
// at before.
func readIndex(dir string, key *public) ([]byte, error) {
	index, err := os.ReadFile(filepath.Join(dir, "Packages"))
	if err != nil {
		return nil, err
	}
	signature, err := os.ReadFile(filepath.Join(dir, "Packages.sig"))
	if err != nil {
		return nil, err
	}
	if err := key.verify(index, string(signature)); err != nil {
		return nil, err
	}
	if r := (64 + len(index)) % 128; r == 110 || r == 111 {
		return nil, errors.New("the index has a length that usign cannot verify")
	}
	gz, err := os.ReadFile(filepath.Join(dir, "Packages.gz"))
	if err != nil {
		return nil, err
	}
	if b, err := inflate(gz); err != nil || !bytes.Equal(b, index) {
		return nil, errors.New("the compressed index differs")
	}
	return index, nil
}

// checkPackage compares a package with what the index says of it.
func checkPackage(dir string, listed map[string]string, a architecture) error {
	if filepath.Base(listed["Filename"]) != listed["Filename"] {
		return errors.New("not beside the index")
	}
	data, err := os.ReadFile(filepath.Join(dir, listed["Filename"]))
	if err != nil {
		return err
	}
	if listed["Size"] != fmt.Sprint(len(data)) || listed["SHA256sum"] != fmt.Sprintf("%x", sha256.Sum256(data)) {
		return errors.New("size or hash differ from the index")
	}
	o, err := open(data)
	if err != nil {
		return err
	}
	for name, value := range o.fields {
		if listed[name] != value {
			return fmt.Errorf("%s: the index says %q, the package %q", name, listed[name], value)
		}
	}
	if want := o.fields["Package"] + "_" + o.fields["Version"] + "_" + o.fields["Architecture"] + ".ipk"; listed["Filename"] != want {
		return fmt.Errorf("should be named %s", want)
	}
	return o.checkBinaries(a)
}

// checkBinaries reads from each binary what it was built for: an arm 7 filed under
// a chip without FPU would install, and die on the router.
func (o *opened) checkBinaries(a architecture) error {
	if arch := o.fields["Architecture"]; arch != a.name && arch != "all" {
		return fmt.Errorf("is for %s", arch)
	}
	found := 0
	for name, f := range o.data {
		if !bytes.HasPrefix(f.data, []byte("\x7fELF")) {
			continue
		}
		if o.fields["Architecture"] == "all" {
			return fmt.Errorf("/%s is a binary in a package for all architectures", name)
		}
		found++
		info, err := buildinfo.Read(bytes.NewReader(f.data))
		if err != nil {
			return fmt.Errorf("/%s: %w", name, err)
		}
		built := make(map[string]string)
		for _, s := range info.Settings {
			built[s.Key] = s.Value
		}
		for setting, want := range a.settings() {
			if built[setting] != want {
				return fmt.Errorf("/%s was built with %s=%s, not %s", name, setting, built[setting], want)
			}
		}
	}
	if found == 0 && o.fields["Architecture"] != "all" {
		return errors.New("no binary in it")
	}
	return nil
}

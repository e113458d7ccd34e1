package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A part is a package's data, compressed: the same for every architecture of one
// target.
type part struct {
	gz   []byte
	size int // of the tar
}

// pack writes a feed for each architecture: a folder with its packages and an
// index.
func pack(p places, version string, epoch int64, only []string) error {
	if !regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`).MatchString(version) {
		return hint("it is VERSION in the Makefile, digits and dots", "%q is not a version", version)
	}
	list, err := architectures(p.root, only)
	if err != nil {
		return err
	}
	key, err := readSecret(p.keys)
	if err != nil {
		return err
	}
	parts := make(map[string]part)
	for _, a := range list {
		dir := filepath.Join(p.out, a.name)
		if err := os.RemoveAll(dir); err != nil { // packages of another version
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		var sizes []string
		for _, q := range products {
			data, err := q.data(p, a.target, epoch, parts)
			if err != nil {
				return err
			}
			ipk, err := q.ipk(data, version, a.name, epoch)
			if err != nil {
				return err
			}
			if q.name == "hopwire" && strings.HasPrefix(a.name, "mipsel") && len(ipk) > mostMIPS {
				return hint("'make size' says what grew", "%s for %s is %d bytes, more than %d", q.name, a.name, len(ipk), mostMIPS)
			}
			if err := os.WriteFile(filepath.Join(dir, q.file(version, a.name)), ipk, 0o644); err != nil {
				return err
			}
			sizes = append(sizes, fmt.Sprintf("%s %d", q.name, len(ipk)))
		}
		if err := writeFeed(dir, key); err != nil {
			return err
		}
		fmt.Printf("%-26s %s bytes\n", a.name, strings.Join(sizes, ", "))
	}
	return key.public().writeTrusted(p.out)
}

func (q *product) arch(name string) string {
	if q.all {
		return "all"
	}
	return name
}

func (q *product) file(version, arch string) string {
	return q.name + "_" + version + "-r" + release + "_" + q.arch(arch) + ".ipk"
}

// content is what the package puts on the router.
func (q *product) content(p places, target string) (tree, error) {
	t := make(tree)
	for dir, to := range q.trees {
		if err := t.add(filepath.Join(p.root, dir), to); err != nil {
			return nil, err
		}
	}
	for command, to := range q.binaries {
		if err := t.addFile(filepath.Join(p.bin, target, command), to); err != nil {
			return nil, hint("run 'make cross' first", "%w", err)
		}
		t[to] = file{t[to].data, true}
	}
	return t, q.keeps(t)
}

// keeps makes sure that an upgrade keeps every conffile: a file as one of the
// package, a folder through a list that the package brings along.
func (q *product) keeps(t tree) error {
	list := "lib/upgrade/keep.d/" + q.name
	kept := strings.Split(string(t[list].data), "\n")
	for _, name := range q.conffiles {
		_, shipped := t[strings.TrimPrefix(name, "/")]
		if !shipped && !slices.Contains(kept, name) {
			return hint("ship it, or list it there", "%s: neither in the package nor in its /%s", name, list)
		}
	}
	return nil
}

// data packs the content, once for a target.
func (q *product) data(p places, target string, epoch int64, parts map[string]part) (part, error) {
	id := q.name + " " + target
	if q.all {
		id = q.name
	}
	if d, ok := parts[id]; ok {
		return d, nil
	}
	t, err := q.content(p, target)
	if err != nil {
		return part{}, err
	}
	data, err := t.tar(epoch)
	parts[id] = part{compress(data), len(data)}
	return parts[id], err
}

// ipk puts a package together: a compressed tar of two compressed tars.
func (q *product) ipk(d part, version, arch string, epoch int64) ([]byte, error) {
	control := tree{
		"control":  {data: []byte(q.control(version, arch, d.size))},
		"postinst": {[]byte(postinstDefault), true},
		"prerm":    {[]byte(prermDefault), true},
	}
	if q.postinst != "" {
		control["postinst-pkg"] = file{[]byte(q.postinst), true}
	}
	if files := q.configFiles(); files != "" {
		control["conffiles"] = file{data: []byte(files)}
	}
	c, err := control.tar(epoch)
	if err != nil {
		return nil, err
	}
	outer := tree{"debian-binary": {data: []byte("2.0\n")}, "data.tar.gz": {data: d.gz}, "control.tar.gz": {data: compress(c)}}
	b, err := archive(epoch, []string{"./debian-binary", "./data.tar.gz", "./control.tar.gz"}, outer)
	return compress(b), err
}

// configFiles lists the conffiles that are files; folders are kept by
// /lib/upgrade/keep.d alone, which is where OpenWrt's build system puts them.
func (q *product) configFiles() (lines string) {
	for _, name := range q.conffiles {
		if !strings.HasSuffix(name, "/") {
			lines += name + "\n"
		}
	}
	return lines
}

// control is the package's description, in the order of OpenWrt's. A field is
// left out when it is empty: an empty Depends stops opkg for good.
func (q *product) control(version, arch string, size int) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	field("Package", q.name)
	field("Version", version+"-r"+release)
	field("Depends", strings.Join(append([]string{"libc"}, q.depends...), ", "))
	field("License", license)
	field("Section", q.section)
	field("Require-User", q.user)
	field("Architecture", q.arch(arch))
	field("Installed-Size", fmt.Sprint(size))
	fmt.Fprintf(&b, "Description:  %s\n", strings.ReplaceAll(q.description, "\n", "\n "))
	return b.String()
}

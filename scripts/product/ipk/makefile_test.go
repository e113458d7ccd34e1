package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// copyRepository copies what a feed needs, and what 'make ipk' does.
func copyRepository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"cmd", "link", "hop", "route", "pay", "openwrt", "scripts"} {
		if err := os.CopyFS(filepath.Join(root, name), os.DirFS(filepath.Join("../../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Makefile", "go.mod", "go.sum", "LICENSE"} {
		write(t, filepath.Join(root, name), string(read(t, filepath.Join("../../..", name))), 0o644)
	}
	return root
}

// run runs a command without the settings of a make around it.
func run(dir, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	for _, e := range os.Environ() {
		if n, _, _ := strings.Cut(e, "="); !strings.HasPrefix(n, "MAKE") && !strings.HasPrefix(n, "MFLAGS") && n != "VERSION" && n != "ARCHS" {
			c.Env = append(c.Env, e)
		}
	}
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", name, err, out, errs.String())
	}
	return strings.TrimSpace(string(out)), err
}

// variable is one of the Makefile's.
func variable(t *testing.T, root, name string) string {
	t.Helper()
	out, err := run(root, "make", "-s", "--eval=print: ; @echo '$("+name+")'", "print")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A made is what OpenWrt's build system would make of one of openwrt/*/Makefile.
type made struct{ out string }

// makePackage reads the Makefile with the real make and stand-ins of OpenWrt's
// own files.
func makePackage(t *testing.T, root, name string, targets ...string) (made, error) {
	t.Helper()
	topdir, err := filepath.Abs("testdata/openwrt")
	if err != nil {
		t.Fatal(err)
	}
	m := made{filepath.Join(t.TempDir(), "out")}
	args := append([]string{"TOPDIR=" + topdir, "BUILD_DIR=" + m.out + ".build", "OUT=" + m.out}, targets...)
	_, err = run(filepath.Join(root, "openwrt", name), "make", args...)
	return m, err
}

func (m made) said(field string) string {
	b, _ := os.ReadFile(m.out + "." + field)
	return strings.TrimSuffix(string(b), "\n")
}

// compare returns every difference between what is made and what the packer makes.
func (m made) compare(q product, version string, content tree) error {
	var errs []error
	differ := func(what, makefile, packer string) {
		if makefile != packer {
			errs = append(errs, fmt.Errorf("%s: the Makefile says %q, the packer %q", what, makefile, packer))
		}
	}
	differ("name", m.said("name"), q.name)
	differ("version", m.said("version"), version+"-r"+release)
	differ("license", m.said("license"), license)
	differ("section", m.said("section"), q.section)
	differ("user", m.said("user"), q.user)
	differ("for all architectures", fmt.Sprint(m.said("arch") == "all"), fmt.Sprint(q.all))
	differ("prerm", m.said("prerm"), "")
	differ("depends", depends(strings.Fields(m.said("depends"))), depends(q.depends))
	if !q.all { // luci.mk has its own postinst, and no conffiles
		differ("postinst", m.said("postinst")+"\n", q.postinst)
		differ("description", m.said("description"), q.description)
		differ("conffiles", m.said("conffiles"), strings.Join(q.conffiles, "\n"))
	}
	installed := make(tree)
	if err := installed.add(m.out, ""); err != nil {
		return err
	}
	a, b := listing(installed), listing(content)
	differ("files", a.without(b), b.without(a))
	return errors.Join(errs...)
}

// depends is a sorted list of names: conditions on the architecture are for
// menuconfig.
func depends(list []string) string {
	var names []string
	for _, d := range list {
		if !strings.HasPrefix(d, "@") {
			names = append(names, strings.TrimPrefix(d, "+"))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// A list is of paths, each with whether it is executable.
type list []string

func listing(t tree) (l list) {
	for _, name := range t.names() {
		l = append(l, fmt.Sprint(name, " executable=", t[strings.TrimPrefix(name, "./")].exec))
	}
	return l
}

func (l list) without(other list) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(l), func(s string) bool { return slices.Contains(other, s) }), ", ")
}

// contentOf is what the packer puts into a package, with a stand-in for binaries.
func contentOf(t *testing.T, root string, q product) tree {
	t.Helper()
	p := places{root: root, bin: filepath.Join(root, "bin")}
	for command := range q.binaries {
		write(t, filepath.Join(p.bin, "any", command), "built\n", 0o755)
	}
	content, err := q.content(p, "any")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestMakefiles: both ways to a package agree.
func TestMakefiles(t *testing.T) {
	root := copyRepository(t)
	version := variable(t, root, "VERSION")
	for _, q := range products {
		m, err := makePackage(t, root, q.name, "compile", "install")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.compare(q, version, contentOf(t, root, q)); err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if q.all {
			continue
		}
		if got, want := m.said("gcflags"), variable(t, root, "SMALL"); got != want {
			t.Errorf("%s: flags on MIPS: got %s\nwant %s", q.name, got, want)
		}
		if got, want := m.said("ldflags"), "main.version="+version; got != want {
			t.Errorf("%s: got %s, want %s", q.name, got, want)
		}
		if !strings.Contains(m.said("deps"), "hopwire/link") || m.said("flags") != "no-mips16" {
			t.Errorf("%s: deps %q, flags %q", q.name, m.said("deps"), m.said("flags"))
		}
	}
}

// TestOneSided: a change of one side alone is found.
func TestOneSided(t *testing.T) {
	root := copyRepository(t)
	version := variable(t, root, "VERSION")
	q := products[0]
	content := contentOf(t, root, q)
	name := filepath.Join(root, "openwrt/hopwire/Makefile")
	makefile := string(read(t, name))
	for _, c := range []struct{ what, old, new string }{
		{"version", "PKG_VERSION:=", "PKG_VERSION:=9."},
		{"version", "PKG_RELEASE:=1", "PKG_RELEASE:=2"},
		{"license", "PKG_LICENSE:=", "PKG_LICENSE:=not "},
		{"section", "SECTION:=net", "SECTION:=utils"},
		{"depends", "+kmod-tun", "+kmod-tun +curl"},
		{"depends", "+kmod-tun", ""},
		{"user", "  SECTION:=net", "  USERID:=hopwire=1\n  SECTION:=net"},
		{"conffiles", "/etc/hopwire/\n", ""},
		{"conffiles", "/etc/config/hopwire\n", "  /etc/config/hopwire\n"},
		{"description", "relay for routers", "relay for fridges"},
		{"postinst", "rpcd reload", "rpcd restart"},
		{"files", "chmod -R u=rwX", "rm -r $(1)/etc; chmod -R u=rwX"},
		{"files", "chmod -R u=rwX,go=rX", "chmod -R u=rwx,go=rx"},
		{"files", "/usr/sbin", "/usr/bin"},
	} {
		write(t, name, strings.Replace(makefile, c.old, c.new, 1), 0o644)
		m, err := makePackage(t, root, q.name, "install")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.compare(q, version, content); err == nil || !strings.Contains(err.Error(), c.what+":") {
			t.Errorf("%q instead of %q: %v", c.new, c.old, err)
		}
	}
	write(t, name, makefile, 0o644)
	m, err := makePackage(t, root, q.name, "install")
	if err != nil {
		t.Fatal(err)
	}
	if m.compare(q, version+".1", content) == nil {
		t.Error("another version of the source is not found")
	}
	write(t, filepath.Join(root, "openwrt/hopwire/files/etc/more"), "", 0o644)
	if m.compare(q, version, contentOf(t, root, q)) == nil {
		t.Error("a file more is not found")
	}
}

// TestNoSource: a package of ours that the feed's Makefile does not copy stops its
// build, not only that on somebody's build server.
func TestNoSource(t *testing.T) {
	root := copyRepository(t)
	name := filepath.Join(root, "openwrt/hopwire/Makefile")
	write(t, name, strings.Replace(string(read(t, name)), " ../../route", "", 1), 0o644)
	if _, err := makePackage(t, root, "hopwire", "compile"); err == nil || !strings.Contains(err.Error(), "hopwire/route") {
		t.Errorf("got %v", err)
	}
}

// TestClones: two clones of the same source in different folders make the same
// bytes, those of the compiler included, whatever their environment says.
func TestClones(t *testing.T) {
	var ipks [2][]byte
	version := ""
	for i, extra := range []string{"GOAMD64=v1", "GOAMD64=v3"} {
		root := copyRepository(t)
		version = variable(t, root, "VERSION")
		if _, err := run(root, "env", extra, fmt.Sprint("SOURCE_DATE_EPOCH=", epoch), "make", "ipk", "ARCHS=x86_64"); err != nil {
			t.Fatal(err)
		}
		ipks[i] = read(t, filepath.Join(root, "dist/x86_64/hopwire_"+version+"-r"+release+"_x86_64.ipk"))
	}
	if !bytes.Equal(ipks[0], ipks[1]) {
		t.Error("two clones differ")
	}
	o, err := open(ipks[0])
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "hopwire")
	write(t, binary, string(o.data["usr/sbin/hopwire"].data), 0o755)
	for _, command := range []string{"--version", "version"} {
		if out, err := run(".", binary, command); err != nil || out != "hopwire "+version {
			t.Errorf("%s: %q, %v", command, out, err)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSameBytes: the umask and the times of a clone, and where it lies, change
// nothing.
func TestSameBytes(t *testing.T) {
	p := small(t)
	mustPack(t, p, epoch)
	other := p
	other.root, other.out = filepath.Join(t.TempDir(), "elsewhere"), filepath.Join(t.TempDir(), "dist")
	if err := os.CopyFS(other.root, os.DirFS(p.root)); err != nil {
		t.Fatal(err)
	}
	filepath.Walk(filepath.Join(other.root, "openwrt"), func(name string, info os.FileInfo, err error) error {
		return firstError(err, os.Chmod(name, info.Mode()&0o700), os.Chtimes(name, time.Now(), time.Unix(1, 0)))
	})
	mustPack(t, other, epoch)
	files := 0
	filepath.Walk(p.out, func(name string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			inside, _ := filepath.Rel(p.out, name)
			if !bytes.Equal(read(t, name), read(t, filepath.Join(other.out, inside))) {
				t.Errorf("%s differs", inside)
			}
			files++
		}
		return err
	})
	if files != 2*5+1 {
		t.Errorf("%d files", files)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestLayout: a package of the stand-ins, entry by entry.
func TestLayout(t *testing.T) {
	p := small(t)
	mustPack(t, p, epoch, "x86_64")
	o, err := open(read(t, filepath.Join(p.out, "x86_64/hopwire_1.2.3-r1_x86_64.ipk")))
	if err != nil {
		t.Fatal(err)
	}
	want := "./ ./etc/ ./etc/config/ ./etc/config/hopwire ./etc/init.d/ ./etc/init.d/hopwire ./etc/init.d-other " +
		"./lib/ ./lib/upgrade/ ./lib/upgrade/keep.d/ ./lib/upgrade/keep.d/hopwire ./usr/ ./usr/sbin/ ./usr/sbin/hopwire"
	if got := strings.Join(o.data.names(), " "); got != want {
		t.Errorf("data: got %s\nwant %s", got, want)
	}
	if got := strings.Join(o.control.names(), " "); got != "./ ./conffiles ./control ./postinst ./postinst-pkg ./prerm" {
		t.Errorf("control: got %s", got)
	}
	if got := string(o.control["conffiles"].data); got != "/etc/config/hopwire\n" {
		t.Errorf("conffiles: got %q", got)
	}
	control := fmt.Sprintf(`Package: hopwire
Version: 1.2.3-r1
Depends: libc, kmod-tun
License: Apache-2.0
Section: net
Architecture: x86_64
Installed-Size: %s
Description:  hopwire is a mesh relay for routers. Neighbours find each other on raw Ethernet
 and on 802.11s radios, addresses are keys, and circuits are onion-routed.
`, o.fields["Installed-Size"])
	if got := string(o.control["control"].data); got != control {
		t.Errorf("control: got\n%swant\n%s", got, control)
	}
	for name, exec := range map[string]bool{"usr/sbin/hopwire": true, "etc/init.d/hopwire": true, "etc/config/hopwire": false} {
		if o.data[name].exec != exec {
			t.Errorf("%s: executable %v", name, !exec)
		}
	}
	luci, err := open(read(t, filepath.Join(p.out, "x86_64/luci-app-hopwire_1.2.3-r1_all.ipk")))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := luci.data["www/luci-static/resources/view/status.js"]; !ok || luci.fields["Depends"] != "libc, luci-base, hopwire" {
		t.Errorf("luci: %v, %v", luci.data.names(), luci.fields)
	}
}

// TestRefused: what must not become a package.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(p places)
	}{
		{"hidden file", "only plain files", func(p places) { write(t, p.root+"/openwrt/hopwire/files/etc/.config.swp", "", 0o644) }},
		{"symlink", "only plain files", func(p places) { os.Symlink("x", p.root+"/openwrt/hopwire/files/etc/link") }},
		{"no binary", "no such file", func(p places) { os.Remove(p.bin + "/amd64/hopwire") }},
		{"no pages", "no such file", func(p places) { os.RemoveAll(p.root + "/openwrt/luci-app-hopwire/root") }},
		{"no conffile", "/etc/config/hopwire", func(p places) { os.Remove(p.root + "/openwrt/hopwire/files/etc/config/hopwire") }},
		{"not kept", "/etc/hopwire/", func(p places) {
			write(t, p.root+"/openwrt/hopwire/files/lib/upgrade/keep.d/hopwire", "/etc/other/\n", 0o644)
		}},
		{"twice", "already", func(p places) { write(t, p.root+"/openwrt/hopwire/files/usr/sbin/hopwire", "", 0o755) }},
		{"no key", "feed.sec", func(p places) { os.Remove(p.keys + "/feed.sec") }},
	} {
		p := small(t)
		c.spoil(p)
		if err := pack(p, "1.2.3", epoch, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	p := small(t)
	for _, v := range []string{"", "1.2.3-r1", "1", "v1.2", "1.2 "} {
		if pack(p, v, epoch, nil) == nil {
			t.Errorf("version %q is accepted", v)
		}
	}
	if pack(p, "1.2.3", epoch, []string{"no_such"}) == nil {
		t.Error("an unknown architecture is accepted")
	}
}

// TestTooBig: the limit of small flash is one for mipsel only.
func TestTooBig(t *testing.T) {
	p := small(t)
	write(t, p.root+"/openwrt/architectures", "x86_64 amd64\nmipsel_24kc amd64\n", 0o644)
	big := append(read(t, p.bin+"/amd64/hopwire"), random(mostMIPS)...)
	write(t, p.bin+"/amd64/hopwire", string(big), 0o755)
	if err := pack(p, "1.2.3", epoch, []string{"x86_64"}); err != nil {
		t.Error(err)
	}
	if err := pack(p, "1.2.3", epoch, []string{"mipsel_24kc"}); err == nil || !strings.Contains(err.Error(), "more than 1900000") {
		t.Error(err)
	}
}

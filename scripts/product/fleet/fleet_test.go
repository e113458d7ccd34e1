package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	someAddress = "d23es2ls4p2ygjurmxzpxjtunloqa4o2czjbpv34s663hx5dz5tgyrqb"
	minimal     = "name village\ncountry DE\nchannel 6 36\n"
	standard    = "config node 'node'\n\toption enabled '0'\n\nconfig interface 'mesh'\n\tlist device 'hopmesh*'\n\n# config interface\n#\tlist device 'x'\n\nconfig gateway\n\toption address 'x'\n"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// place is a repository with nothing but the package's configuration, and a mesh
// file.
func place(t *testing.T, mesh string) order {
	t.Helper()
	root := t.TempDir()
	o := order{root: root, mesh: filepath.Join(root, "a.mesh"), overlay: filepath.Join(root, "overlay")}
	write(t, filepath.Join(root, "openwrt/hopwire/files/etc/config/hopwire"), standard)
	write(t, o.mesh, mesh)
	return o
}

// snapshot is every file below a folder with its mode.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(name string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		inside, _ := filepath.Rel(dir, name)
		fmt.Fprintf(&b, "%s %o\n", inside, info.Mode().Perm())
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(name)
			b.Write(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOverlay: all of a small mesh's files, with their modes.
func TestOverlay(t *testing.T) {
	o := place(t, minimal+"lan_ports yes\nallow "+someAddress+"\ndevice eth1\nneighbour "+someAddress+"  [2001:db8::1]:7070\n"+
		"route_server "+someAddress+"\nssh_key ssh-ed25519 "+strings.Repeat("A", 68)+" me\n")
	write(t, filepath.Join(o.root, "village.key"), "# kept\n"+strings.Repeat("AB", 32)+"\n")
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := `. 755
etc 755
etc/config 755
etc/config/hopwire 600
` + mark + `
config node 'node'
	option enabled '1'
	option state '/etc/hopwire'
	option network_key_file '/etc/hopwire/network.key'
	option mesh_name 'village'
	option radio '1'
	option country 'DE'
	option channel '6 36'
	option lan_ports '1'
	list allow '` + someAddress + `'

config interface 'mesh'
	list device 'hopmesh*'

config interface 'more'
	list device 'eth1'

config neighbour
	option address '` + someAddress + `'
	option at '[2001:db8::1]:7070'

config route_server
	option address '` + someAddress + `'
etc/dropbear 700
etc/dropbear/authorized_keys 600
` + mark + `ssh-ed25519 ` + strings.Repeat("A", 68) + ` me
etc/hopwire 700
etc/hopwire/network.key 600
` + mark + strings.Repeat("ab", 32) + "\n"
	if got := snapshot(t, o.overlay); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSameOverlay: the key is made once, and the same description gives the same
// files; what the description no longer says goes, what others put there stays.
func TestSameOverlay(t *testing.T) {
	o := place(t, minimal)
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, o.overlay)
	write(t, filepath.Join(o.overlay, "etc/banner"), "ours\n")
	write(t, o.mesh, minimal+"ssh_key ssh-rsa "+strings.Repeat("A", 80)+"\n")
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	write(t, o.mesh, minimal)
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.overlay, "etc/dropbear/authorized_keys")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an SSH key that was taken out may still log in:", err)
	}
	if err := os.Remove(filepath.Join(o.overlay, "etc/banner")); err != nil {
		t.Error(err)
	}
	os.Remove(filepath.Join(o.overlay, "etc/dropbear"))
	if got := snapshot(t, o.overlay); got != before {
		t.Errorf("got\n%s\nwant\n%s", got, before)
	}
}

// TestKeyKept: no run may cost a mesh its key.
func TestKeyKept(t *testing.T) {
	o := place(t, minimal)
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(o.root, "village.key")
	made, _ := os.ReadFile(key)
	write(t, key, strings.Repeat("ab", 32)+"\n")
	before := snapshot(t, o.overlay)
	if err := run(o, io.Discard); err == nil || !strings.Contains(err.Error(), "another network key") || snapshot(t, o.overlay) != before {
		t.Errorf("the overlay's key: %v", err)
	}
	for _, text := range []string{"", "short\n", string(made) + string(made)} {
		write(t, key, text)
		if run(o, io.Discard) == nil {
			t.Errorf("key file %q is accepted", text)
		}
		if got, _ := os.ReadFile(key); string(got) != text {
			t.Errorf("key file %q became %q", text, got)
		}
	}
	write(t, key, string(made)+strings.Repeat("ab", 32)+"\n") // a change of keys
	os.Remove(filepath.Join(o.overlay, keyPath))
	if err := run(o, io.Discard); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(o, io.Discard); err == nil || !strings.Contains(err.Error(), "read by others") {
		t.Errorf("a key that all may read: %v", err)
	}
}

// TestForeign: a file that somebody wrote by hand is not written over, nor removed.
func TestForeign(t *testing.T) {
	o := place(t, minimal)
	keys, config := filepath.Join(o.overlay, "etc/dropbear/authorized_keys"), filepath.Join(o.overlay, "etc/config/hopwire")
	write(t, keys, "by hand\n")
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(keys); string(text) != "by hand\n" {
		t.Errorf("got %q", text)
	}
	write(t, config, "by hand\n")
	if err := run(o, io.Discard); err == nil || !strings.Contains(err.Error(), "not written by this tool") {
		t.Error(err)
	}
}

// TestBad: each wrong line is one error that names the place, with a hint.
func TestBad(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"nam village", `:1: unknown setting "nam"`},
		{"name Village", `:1: name: bad value "Village"`},
		{"name", `:1: name: bad value ""`},
		{"name a\nname b", ":2: name: given twice"},
		{"country DE\nchannel 6", "name: missing"},
		{"name a\nchannel 6", "country: missing"},
		{"name a\ncountry DE", "channel: missing"},
		{"country de", `:1: country: bad value "de"`},
		{"channel 15", "channel: bad"},
		{"channel 6 11", "channel: bad"},
		{"channel 36 40", "channel: bad"},
		{"channel auto", "channel: bad"},
		{"channel 38", "channel: bad"},
		{"mesh_id it's", "mesh_id: bad"},
		{"mesh_id a\\b", "mesh_id: bad"},
		{"mesh_id " + strings.Repeat("a", 33), "mesh_id: bad"},
		{"mesh_key short", "mesh_key: bad"},
		{"radio no\nname a\nmesh_key long enough", "mesh_key: the mesh has no radio"},
		{"radio maybe", "radio: bad"},
		{"lan_ports 1", "lan_ports: bad"},
		{"price -1", "price: bad"},
		{"price 1.5", "price: bad"},
		{"price 2147483648", "price: bad"},
		{"price 007", "price: bad"},
		{"route_server " + someAddress[1:], "route_server: bad"},
		{"gateway e" + someAddress[1:], "gateway: bad"},
		{"allow " + someAddress + "\nallow " + someAddress, "allow: \"" + someAddress + "\" is given twice"},
		{"neighbour " + someAddress + " 1.2.3.4", "neighbour: bad"},
		{"neighbour 1.2.3.4:5", "neighbour: bad"},
		{"udp_listen 7070", "udp_listen: bad"},
		{"memory 7", "memory: bad"},
		{"log loud", "log: bad"},
		{"device eth1'", "device: bad"},
		{"package a b", "package: bad"},
		{"ssh_key me", "ssh_key: bad"},
		{"network_key_file ../key", "network_key_file: bad"},
		{minimal + "beacon no", "no neighbour"},
	} {
		o := place(t, c.lines+"\n")
		err := run(o, io.Discard)
		h := (*hinted)(nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &h) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", c.lines, err)
		}
		if left, _ := filepath.Glob(filepath.Join(o.root, "*.key")); left != nil {
			t.Errorf("%q: made %v", c.lines, left)
		}
	}
}

// TestExample: the example is a good mesh, knows every setting and no other, and
// so are its comments' examples.
func TestExample(t *testing.T) {
	const example = "../../../openwrt/mesh.example"
	if _, err := readMesh(example); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "# "))
		name, _, _ := strings.Cut(line, " ")
		for _, s := range settings {
			if s.name == name {
				shown[name] = true
				if err := make(mesh).add(line); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, s := range settings {
		if !shown[s.name] {
			t.Errorf("%s is not in the example", s.name)
		}
	}
}

// TestSchema: every option that an image sets is one that the package knows.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("../../../openwrt/hopwire/files/etc/config/hopwire")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(text))
	for _, o := range options {
		if !strings.Contains(strings.Join(known, " "), "option "+o.uci+" ") {
			t.Errorf("the package's configuration does not mention %s", o.uci)
		}
	}
	if !strings.Contains(standardInterfaces(string(text)), "list device") {
		t.Error("the package's configuration names no device")
	}
}

// A fake ImageBuilder writes down what it is called with.
const fakeBuilder = "image:\n\t@printf '%s\\n' \"$(PROFILE)\" \"$(PACKAGES)\" \"$(FILES)\" >called; ls packages >>called\n"

func TestBuilder(t *testing.T) {
	o := place(t, minimal+"mesh_key correct horse\npackage tcpdump-mini\npackage -ppp\n")
	o.builder, o.profile = filepath.Join(o.root, "builder"), "tplink_archer-c7-v2"
	write(t, filepath.Join(o.builder, "Makefile"), fakeBuilder)
	write(t, filepath.Join(o.builder, ".config"), "CONFIG_TARGET_ARCH_PACKAGES=\"mips_24kc\"\n")
	write(t, filepath.Join(o.builder, "packages/hopwire_0.0.9-r1_mips_24kc.ipk"), "")
	write(t, filepath.Join(o.builder, "packages/libc_1_mips_24kc.ipk"), "")
	if err := run(o, io.Discard); err == nil || !strings.Contains(err.Error(), "0 packages hopwire") {
		t.Error(err)
	}
	write(t, filepath.Join(o.root, "dist/mips_24kc/hopwire_0.1.0-r1_mips_24kc.ipk"), "a")
	write(t, filepath.Join(o.root, "dist/mips_24kc/luci-app-hopwire_0.1.0-r1_all.ipk"), "b")
	if err := run(o, io.Discard); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(o.builder, "called"))
	want := o.profile + "\nhopwire luci-app-hopwire -wpad-basic-mbedtls wpad-mesh-mbedtls tcpdump-mini -ppp\n" + o.overlay +
		"\nhopwire_0.1.0-r1_mips_24kc.ipk\nlibc_1_mips_24kc.ipk\nluci-app-hopwire_0.1.0-r1_all.ipk\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, c := range []struct{ config, makefile, profile, want string }{
		{"CONFIG_TARGET_ARCH_PACKAGES=\"mips_24kc\"\n", fakeBuilder, "", "-profile"},
		{"", fakeBuilder, "x", "no architecture"},
		{"CONFIG_TARGET_ARCH_PACKAGES=\"mips_24kc\"\nCONFIG_USE_APK=y\n", fakeBuilder, "x", ".apk"},
		{"CONFIG_TARGET_ARCH_PACKAGES=\"mips_24kc\"\n", "image:\n\t@false\n", "x", "failed"},
	} {
		write(t, filepath.Join(o.builder, ".config"), c.config)
		write(t, filepath.Join(o.builder, "Makefile"), c.makefile)
		o.profile = c.profile
		if err := run(o, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %s: %v", c.want, err)
		}
	}
}

// TestQuoted: the line that is printed can be pasted.
func TestQuoted(t *testing.T) {
	if got, want := quoted([]string{"make", "image", "FILES=/a b'c"}), `make image FILES='/a b'\''c'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Packages of ours that every router gets.
var ours = []string{"hopwire", "luci-app-hopwire"}

// packages is the value of PACKAGES. SAE on a mesh needs another wpad than the one
// that images of 23.05 and 24.10 have.
func (m mesh) packages() string {
	list := append([]string{}, ours...)
	if m["mesh_key"] != nil {
		list = append(list, "-wpad-basic-mbedtls", "wpad-mesh-mbedtls")
	}
	return strings.Join(append(list, m["package"]...), " ")
}

// arguments is the line that makes the image.
func (o order) arguments(m mesh) []string {
	profile := o.profile
	if profile == "" {
		profile = "DEVICE"
	}
	return []string{"make", "image", "PROFILE=" + profile, "PACKAGES=" + m.packages(), "FILES=" + o.overlay}
}

// quoted is a line for a shell.
func quoted(args []string) string {
	var words []string
	for _, a := range args {
		name, value, found := strings.Cut(a, "=")
		if found {
			a = name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

var archLine = regexp.MustCompile(`(?m)^CONFIG_TARGET_ARCH_PACKAGES="([^"]+)"$`)

// build copies our packages into the ImageBuilder and runs it.
func build(o order, m mesh, w io.Writer) error {
	if o.profile == "" {
		return hint("'make info' in the ImageBuilder lists them", "-profile: missing")
	}
	text, err := os.ReadFile(filepath.Join(o.builder, ".config"))
	if err != nil {
		return hint("name the folder of an unpacked ImageBuilder", "%w", err)
	}
	arch := archLine.FindSubmatch(text)
	switch {
	case arch == nil:
		return hint("name the folder of an unpacked ImageBuilder", "%s/.config names no architecture", o.builder)
	case strings.Contains(string(text), "CONFIG_USE_APK=y\n"):
		return hint("build hopwire with the SDK of that release from the feed openwrt/", "this ImageBuilder takes .apk, not .ipk")
	}
	if err := copyPackages(filepath.Join(o.root, "dist", string(arch[1])), filepath.Join(o.builder, "packages")); err != nil {
		return err
	}
	args := o.arguments(m)
	fmt.Fprintln(w, "image:", quoted(args))
	c := exec.Command(args[0], append([]string{"-C", o.builder}, args[1:]...)...)
	c.Stdout, c.Stderr = w, os.Stderr
	if err := c.Run(); err != nil {
		return hint("its own message is above", "the ImageBuilder failed: %w", err)
	}
	return nil
}

// copyPackages replaces our packages in the ImageBuilder's folder.
func copyPackages(from, to string) error {
	for _, name := range ours {
		files, err := filepath.Glob(filepath.Join(from, name+"_*.ipk"))
		if err != nil || len(files) != 1 {
			return hint("run 'make ipk' first", "%s: %d packages %s instead of one", from, len(files), name)
		}
		old, err := filepath.Glob(filepath.Join(to, name+"_*.ipk"))
		if err != nil {
			return err
		}
		for _, o := range old {
			if err := os.Remove(o); err != nil {
				return err
			}
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(files[0])), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

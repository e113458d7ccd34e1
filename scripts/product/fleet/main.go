// Command fleet turns the description of a mesh into what OpenWrt's ImageBuilder
// needs to make the image of its routers. scripts/image runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const usage = `image: the image of a mesh's routers

  scripts/image [-overlay FOLDER] [-imagebuilder FOLDER] [-profile NAME] MESH-FILE

The mesh file says everything; openwrt/mesh.example explains it. Files for the
image go to the overlay folder, beside the mesh file unless it is named. Where an
ImageBuilder is named, our packages are copied into it and it is run; else the line
that runs it is printed.

`

// A hinted error is the operator's to mend, and how.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

func hint(hint, format string, args ...any) error {
	return &hinted{fmt.Errorf(format, args...), hint}
}

// An order is what the command line asks for.
type order struct{ root, mesh, overlay, builder, profile string }

func main() {
	var o order
	flag.StringVar(&o.root, "root", ".", "folder of the repository")
	flag.StringVar(&o.overlay, "overlay", "", "folder for the files of the image")
	flag.StringVar(&o.builder, "imagebuilder", "", "folder of an unpacked ImageBuilder, to be run")
	flag.StringVar(&o.profile, "profile", "", "device to make the image for; 'make info' in the ImageBuilder lists them")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	err := error(hint("scripts/image openwrt/mesh.example", "name one mesh file"))
	if flag.NArg() == 1 {
		o.mesh = flag.Arg(0)
		err = run(o, os.Stdout)
	}
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "image: error:", err)
	if h := (*hinted)(nil); errors.As(err, &h) {
		fmt.Fprintln(os.Stderr, "image: hint:", h.hint)
	}
	os.Exit(1)
}

func run(o order, w io.Writer) error {
	m, err := readMesh(o.mesh)
	if err != nil {
		return err
	}
	if o.overlay == "" {
		o.overlay = filepath.Join(filepath.Dir(o.mesh), m.one("name")+".files")
	}
	if o.overlay, err = filepath.Abs(o.overlay); err != nil {
		return err
	}
	standard, err := os.ReadFile(filepath.Join(o.root, "openwrt/hopwire/files/etc/config/hopwire"))
	if err != nil {
		return err
	}
	key, err := m.networkKey(o.mesh, w)
	if err != nil {
		return err
	}
	if err := writeOverlay(o.overlay, m.files(key, string(standard))); err != nil {
		return err
	}
	fmt.Fprintf(w, "image: the files are in %s\n", o.overlay)
	if o.builder != "" {
		return build(o, m, w)
	}
	fmt.Fprintf(w, "image: with the packages of dist/ARCHITECTURE in its folder 'packages', run in the ImageBuilder:\n\n  %s\n", quoted(o.arguments(m)))
	return nil
}

// Command ipk packs hopwire for OpenWrt up to 24.10 without its SDK: packages for
// every architecture, and a signed feed of them. 'make ipk' runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
)

const usage = `ipk: packages for OpenWrt

  ipk key               make the key that signs the feed
  ipk pack [ARCH...]    pack what 'make cross' built, for some or all architectures
  ipk check             read all packages and feeds back as opkg would

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

// places are the folders that the commands read and write.
type places struct{ root, bin, out, keys string }

func main() {
	var p places
	flag.StringVar(&p.root, "root", ".", "folder of the repository")
	flag.StringVar(&p.bin, "bin", "bin", "folder of the binaries, one folder for each target")
	flag.StringVar(&p.out, "out", "dist", "folder that the packages go to")
	flag.StringVar(&p.keys, "keys", ".keys", "folder of the feed's key")
	version := flag.String("version", "", "version of the packages")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	err := command(p, *version, flag.Args())
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "ipk: error:", err)
	if h := (*hinted)(nil); errors.As(err, &h) {
		fmt.Fprintln(os.Stderr, "ipk: hint:", h.hint)
	}
	os.Exit(1)
}

func command(p places, version string, args []string) error {
	if len(args) == 0 {
		flag.Usage()
		return errors.New("no command")
	}
	switch args[0] {
	case "key":
		return makeKey(p.keys)
	case "pack":
		epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
		if err != nil || epoch <= 0 {
			return hint("set it to the time of the commit: git log -1 --format=%ct", "SOURCE_DATE_EPOCH: %q is not a time", os.Getenv("SOURCE_DATE_EPOCH"))
		}
		return pack(p, version, epoch, args[1:])
	case "check":
		return check(p, os.Stdout)
	}
	return hint("use key, pack or check", "no command %q", args[0])
}

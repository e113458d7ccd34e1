package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// An architecture is one of OpenWrt's, and the target of 'make cross' that runs
// on it.
type architecture struct{ name, target string }

// architectures reads the list that 'make cross' reads too, or the part of it
// that is named.
func architectures(root string, only []string) (list []architecture, err error) {
	file := filepath.Join(root, "openwrt/architectures")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool)
	for _, name := range only {
		wanted[name] = true
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if len(f) < 2 {
			return nil, fmt.Errorf("%s: no target in %q", file, strings.TrimSpace(line))
		}
		if len(only) == 0 || wanted[f[0]] {
			list = append(list, architecture{f[0], f[1]})
			delete(wanted, f[0])
		}
	}
	for name := range wanted {
		return nil, hint("the names are in "+file, "no architecture %q", name)
	}
	return list, nil
}

// settings are the build settings that a target stands for, by the names that a
// Go binary records.
func (a architecture) settings() map[string]string {
	arch, variant, _ := strings.Cut(a.target, "-")
	s := map[string]string{"GOOS": "linux", "GOARCH": arch, "CGO_ENABLED": "0", "-trimpath": "true"}
	switch arch {
	case "arm":
		s["GOARM"] = variant
	case "386":
		s["GO386"] = variant
	case "mips", "mipsle":
		s["GOMIPS"] = variant
	case "mips64", "mips64le":
		s["GOMIPS64"] = variant
	case "amd64":
		s["GOAMD64"] = "v1"
	case "arm64":
		s["GOARM64"] = "v8.0"
	}
	return s
}

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeFeed writes the index of the packages in a folder, compressed too, and its
// signature.
func writeFeed(dir string, key *secret) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.ipk")) // sorted
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		q, err := open(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.WriteString(stanza(string(q.control["control"].data), filepath.Base(name), data))
	}
	index := pad(b.Bytes())
	for name, data := range map[string][]byte{"Packages": index, "Packages.gz": compress(index), "Packages.sig": []byte(key.sign(index))} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stanza is a package's control with where it is and what it hashes to, before
// the description.
func stanza(control, name string, data []byte) string {
	at := strings.Index(control, "Description:")
	return control[:at] + fmt.Sprintf("Filename: %s\nSize: %d\nSHA256sum: %x\n", name, len(data), sha256.Sum256(data)) + control[at:] + "\n"
}

// pad avoids the lengths that usign cannot verify: its SHA-512, here over 64 bytes
// and the file, pads wrongly when the last block holds 110 or 111 bytes.
func pad(index []byte) []byte {
	if r := (64 + len(index)) % 128; r == 110 || r == 111 {
		return append(index, "\n\n"...)
	}
	return index
}

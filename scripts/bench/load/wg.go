package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// wgKey draws a key for WireGuard and prints private and public half in hex.
func wgKey(*options) error {
	var seed [32]byte
	rand.Read(seed[:])
	k, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil {
		return err
	}
	fmt.Printf("%x %x\n", k.Bytes(), k.PublicKey().Bytes())
	return nil
}

// uapi hands standard input to wireguard-go's configuration socket (o.control),
// which answers errno=0.
func uapi(o *options) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	c, err := net.Dial("unix", o.control)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "set=1\n%s\n\n", bytes.TrimSpace(text))
	answer := make([]byte, 256)
	n, err := c.Read(answer)
	if err != nil {
		return err
	}
	if a := strings.TrimSpace(string(answer[:n])); a != "errno=0" {
		return fmt.Errorf("wireguard-go says %s", a)
	}
	return nil
}

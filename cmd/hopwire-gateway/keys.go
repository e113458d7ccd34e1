package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/file"
	"hopwire/cmd/hint"
	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/gateway"
)

// Files of the state folder beside the identity. Secrets are hex, 0600.
const (
	offlineFile  = "offline"  // seed of the offline key: belongs elsewhere
	gatewayFile  = "gateway"  // its public half, the gateway's name
	recoveryFile = "recovery" // X25519 key that opens the journal: belongs elsewhere
	sealFile     = "seal"     // its public half
	epochFiles   = "epoch-*"  // seed ‖ certificate of each key that signs
)

const maxKeyFile = 4096 // bytes

// initKeys makes what is not there.
func initKeys(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	id, _, err := c.node().Folder().Init()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "address %s\n", id.Key())
	if _, err := os.Stat(c.file(gatewayFile)); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, hint.Errorf("'hopwire-gateway epoch' makes the next key that signs", "the keys of the gateway are kept: %s", c.file(gatewayFile)))
	}
	offline, err := c.makeKeys()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "gateway %s\n%s and %s belong on paper or another machine, not here:\nthe first makes keys that sign, the second opens the journal.\n",
		offline.Key(), c.file(offlineFile), c.file(recoveryFile))
	if c.Journal == "" {
		fmt.Fprintln(a.Out, "There is no journal: what the disk loses is lost. HOPWIRE_GATEWAY_JOURNAL names one.")
	}
	return nil
}

// makeKeys writes the name of the gateway last: with it, all are there.
func (c *config) makeKeys() (*identity.Identity, error) {
	offline, err := identity.NewIdentity(rand.Reader)
	if err != nil {
		return nil, err
	}
	var private [32]byte
	rand.Read(private[:])
	seed, public := offline.Seed(), identity.X25519Public(&private)
	if err := c.epoch(offline, 1, time.Now().UnixMilli()); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{offlineFile, seed[:]}, {recoveryFile, private[:]}, {sealFile, public[:]}} {
		if err := file.Write(c.file(f.name), []byte(hex.EncodeToString(f.data)+"\n")); err != nil {
			return nil, err
		}
	}
	return offline, file.Write(c.file(gatewayFile), []byte(offline.Key().String()+"\n"))
}

// epoch makes a key that signs from a day before at on, so that a clock may be behind.
func (c *config) epoch(offline *identity.Identity, number uint32, at int64) error {
	id, err := identity.NewIdentity(rand.Reader)
	if err != nil {
		return err
	}
	e := pay.Epoch{Number: number, Key: id.Key(), From: max(0, at-day), Until: at + epochDays*day}
	seed := id.Seed()
	text := hex.EncodeToString(append(seed[:], e.Certificate(offline, at)...)) + "\n"
	return file.Write(c.file(fmt.Sprintf("epoch-%06d", number)), []byte(text))
}

// newEpoch is the command; the gateway takes the key at its next start.
func newEpoch(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	if len(a.Words) != 1 {
		return hint.Errorf("'init' wrote it as "+c.file(offlineFile), "the file of the offline key is needed")
	}
	seed, err := readHex(a.Words[0])
	if err != nil || len(seed) != 32 {
		return hint.Errorf("it has 64 hex digits", "%s: no offline key: %v", a.Words[0], err)
	}
	offline, err := identity.IdentityFromSeed([32]byte(seed))
	if err != nil {
		return err
	}
	of, keys, err := c.keys()
	if err != nil {
		return err
	}
	if of != offline.Key() {
		return hint.Errorf("this gateway is "+of.String(), "%s is of %s", a.Words[0], offline.Key())
	}
	last, err := pay.ParseCertificate(keys[len(keys)-1].Certificate, of)
	if err == nil {
		err = c.epoch(offline, last.Number+1, time.Now().UnixMilli())
	}
	return err
}

// keys are the gateway's name and the keys that sign for it, by rising number.
func (c *config) keys() (of identity.Key, keys []gateway.Key, err error) {
	text, err := file.Read(c.file(gatewayFile), maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return of, nil, hint.Errorf("run 'hopwire-gateway init' once", "the gateway has no keys")
	}
	if err == nil {
		of, err = identity.ParseKey(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return of, nil, err
	}
	names, _ := filepath.Glob(c.file(epochFiles))
	for _, name := range names {
		b, err := readHex(name)
		if err != nil || len(b) < 32 {
			return of, nil, fmt.Errorf("%s: no key of an epoch: %v", name, err)
		}
		id, err := identity.IdentityFromSeed([32]byte(b))
		if err != nil {
			return of, nil, fmt.Errorf("%s: %w", name, err)
		}
		keys = append(keys, gateway.Key{Identity: id, Certificate: b[32:]})
	}
	if len(keys) == 0 {
		return of, nil, hint.Errorf("'hopwire-gateway epoch OFFLINE' makes one", "no key signs for the gateway")
	}
	return of, keys, nil
}

func readHex(name string) ([]byte, error) {
	text, err := file.Read(name, maxKeyFile)
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(strings.TrimSpace(string(text)))
}

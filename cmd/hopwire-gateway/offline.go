package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/pay/gateway"
)

// audit checks the books: by the gateway that runs, or of the file.
func audit(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	of, _, err := c.keys()
	if err != nil {
		return err
	}
	found, err := gateway.Inspect(c.database(), of)
	if errors.Is(err, gateway.ErrLocked) {
		return c.node().Ask(a)
	}
	text, err := verdict(found, err)
	io.WriteString(a.Out, text)
	return err
}

// verdict is what an audit found.
func verdict(a gateway.Audit, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if len(a.Wrong) > 0 {
		return "", hint.Errorf("stop it, keep the file, and restore from a copy and the journal", "the books do not balance: %s", strings.Join(a.Wrong, "; "))
	}
	return fmt.Sprintf("the books balance: %d accounts, batch %d\n", a.Accounts, a.Number), nil
}

// restore brings a copy up to the end of a journal.
func restore(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	if len(a.Words) != 3 {
		return hint.Errorf("restore COPY JOURNAL RECOVERY", "three files are needed")
	}
	of, _, err := c.keys()
	if err != nil {
		return err
	}
	key, err := readHex(a.Words[2])
	if err != nil || len(key) != 32 {
		return hint.Errorf("'init' wrote it as "+c.file(recoveryFile), "%s: no recovery key: %v", a.Words[2], err)
	}
	journal, err := os.Open(a.Words[1])
	if err != nil {
		return err
	}
	defer journal.Close()
	n, err := gateway.Restore(a.Words[0], of, journal, (*[32]byte)(key))
	fmt.Fprintf(a.Out, "%s is the ledger of batch %d\n", a.Words[0], n)
	return err
}

// acceptTime makes the system clock's time one that the gateway may start with.
func acceptTime(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	of, _, err := c.keys()
	if err != nil {
		return err
	}
	if err := gateway.SetTime(c.database(), of, time.Now().UnixMilli()); err != nil {
		return hint.Add(err, "signed time never falls: set the system clock right")
	}
	return nil
}

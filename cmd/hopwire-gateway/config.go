package main

import (
	"path/filepath"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/pay"
	"hopwire/pay/body"
)

// A config is everything that can be set, by environment variables only.
type config struct {
	State string `default:"/var/lib/hopwire-gateway" desc:"folder of keys, ledger and other state (0700)"`
	daemon.Settings
	Database    string `desc:"file of the ledger; empty: ledger.db in the state folder"`
	Journal     string `desc:"file on another disk that every batch is written to, sealed; empty: none, and what the disk loses is lost"`
	Memory      int    `default:"150" desc:"memory budget in MB, 64 or more"`
	MaxAccount  string `split_words:"true" default:"10" desc:"coins that an account may have; of these five, only the first start takes them"`
	MinTransfer string `split_words:"true" default:"0.000001" desc:"coins that a transfer must have"`
	TransferFee string `split_words:"true" default:"0" desc:"coins that a transfer costs"`
	MinWithdraw string `split_words:"true" default:"1" desc:"coins that a withdrawal must have"`
	WithdrawFee string `split_words:"true" default:"0.01" desc:"coins that a withdrawal costs"`
}

// loadConfig reads the environment; unknown and bad values are errors.
func loadConfig() (*config, error) {
	var c config
	if err := setting.Load(program, &c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

func nodeConfig() (*daemon.Config, error) {
	c, err := loadConfig()
	if err != nil {
		return nil, err
	}
	return c.node(), nil
}

func (c *config) node() *daemon.Config {
	return &daemon.Config{Program: program, Version: version, Settings: &c.Settings, State: c.State, Memory: c.Memory,
		Budget: daemon.Budget{Circuits: 8192, Nodes: 512, Frames: 4096}}
}

// check refuses values that can be judged without looking at the system.
func (c *config) check() error {
	if c.Memory < 64 || c.Memory > 65536 {
		return hint.Errorf("150 is the default", "HOPWIRE_GATEWAY_MEMORY: %d MB is not between 64 and 65536", c.Memory)
	}
	if _, err := c.terms(); err != nil {
		return err
	}
	return c.node().Check()
}

// Of the terms that cannot be set.
const (
	confirm   = 2 * 60 * 1000      // ms that a deposit is in the chain
	payWithin = 24 * 3600 * 1000   // ms to a withdrawal's block
	epochDays = 30                 // of a key
	day       = int64(24 * 3600e3) // ms
)

// terms are those of the first start.
func (c *config) terms() (t body.Terms, err error) {
	a := body.Asset{Confirm: confirm, PayWithin: payWithin}
	for _, s := range []struct {
		name, text string
		to         *pay.Amount
	}{{"MAX_ACCOUNT", c.MaxAccount, &a.MaxAccount}, {"MIN_TRANSFER", c.MinTransfer, &a.MinTransfer}, {"TRANSFER_FEE", c.TransferFee, &a.TransferFee},
		{"MIN_WITHDRAW", c.MinWithdraw, &a.MinWithdraw}, {"WITHDRAW_FEE", c.WithdrawFee, &a.WithdrawFee}} {
		if *s.to, err = pay.ParseAmount(s.text); err != nil {
			return t, hint.Errorf("write coins as 12 or 0.05", "HOPWIRE_GATEWAY_%s: %q is no amount", s.name, s.text)
		}
	}
	t.Assets = []body.Asset{a}
	return t, nil
}

func (c *config) database() string {
	if c.Database != "" {
		return c.Database
	}
	return c.file("ledger.db")
}

func (c *config) file(name string) string { return filepath.Join(c.State, name) }

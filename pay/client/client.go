package client

import (
	"bytes"
	"time"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
)

// Of indices.
const (
	block = 64  // so many are reserved at once; a power cut wastes what is left of them
	gap   = 512 // no index is given that is further above the last paid one: recovery looks so far
)

// A Config says whose accounts, and where. New: the seed was just drawn, so that no record
// can be missing.
type Config struct {
	Gateway identity.Key // its offline key, and its name
	Seed    *account.Seed
	Store   Store
	New     bool
}

// A Client has the accounts of one seed at one gateway. It is not safe for concurrent use.
type Client struct {
	gateway  identity.Key
	seed     account.Seed
	store    Store
	head     head
	next     uint32 // to be given out; that of head.reserved: the block is used up
	sure     bool   // the gateway confirmed our records since the block was reserved
	newest   int64  // signed time, in ms since 1970; 0: none
	at       time.Time
	epochs   []epoch // at most maxEpochs, the newest received last
	terms    []terms // a chain, at most maxTerms
	old      *terms  // from before the chain: a receipt named them
	back     []terms // from a wanted one backwards, at most maxBack
	want     wants
	against  Reason
	accounts []*Account
	dropped  Dropped
}

// Open reads what the store has. Errors: those of the store, and ErrSeed.
func Open(config Config) (*Client, error) {
	c := &Client{gateway: config.Gateway, seed: *config.Seed, store: config.Store}
	c.want.newest = true
	if err := c.openHead(config.New); err != nil {
		return nil, err
	}
	for place := range maxAccounts {
		a, err := c.openAccount(place)
		if err != nil {
			return nil, err
		}
		if a != nil {
			c.accounts = append(c.accounts, a)
		}
	}
	for _, a := range c.accounts {
		c.head.reserved = max(c.head.reserved, a.index/block*block+block)
		if a.last.Inbox.Count > 0 {
			c.Paid(a.index)
		}
	}
	c.next = c.head.reserved
	return c, nil
}

func (c *Client) openHead(fresh bool) error {
	one, err := c.store.Read(slotHead)
	if err != nil {
		return err
	}
	two, err := c.store.Read(slotHead + 1)
	if err != nil {
		return err
	}
	h, ok := parseHead(one, c.gateway)
	if other, good := parseHead(two, c.gateway); good && (!ok || other.generation > h.generation) {
		h, ok = other, true
	}
	if c.head = h; !ok {
		if c.head.stale = !fresh; fresh {
			return c.writeHead(c.head)
		}
	}
	for b := h.papers; ; {
		kind, paper, rest, ok := pay.NextPaper(b)
		if !ok {
			break
		}
		if b = rest; kind == pay.PaperStatement {
			c.statement(time.Time{}, paper, false)
		}
	}
	file, err := c.store.Read(slotAgainst)
	c.against, _, _ = parseFile(file, c.gateway)
	return err
}

// writeHead makes h what flash has.
func (c *Client) writeHead(h head) error {
	h.generation++
	h.papers = nil
	l := c.latest().cert
	h.papers = appendStatement(nil, l)
	for _, t := range c.terms[max(0, len(c.terms)-2):] {
		if len(t.cert) > 0 && !bytes.Equal(t.cert, l) {
			h.papers = appendStatement(h.papers, t.cert)
		}
		h.papers = appendStatement(h.papers, t.signed)
	}
	if err := c.store.Write(slotHead+int(h.generation&1), h.append(c.gateway)); err != nil {
		return err
	}
	c.head = h
	return nil
}

// Time returns the gateway's time in ms since 1970: the newest that it signed, and what
// has passed since that came. The node's own date has no part in it.
func (c *Client) Time(now time.Time) (ms int64, known bool) {
	if c.newest == 0 {
		return 0, false
	}
	if c.at.IsZero() { // it is of a record: nothing is known to have passed
		c.at = now
	}
	return c.newest + max(0, now.Sub(c.at).Milliseconds()), true
}

// saw takes a signed time.
func (c *Client) saw(now time.Time, ms int64) {
	if ms > c.newest {
		c.newest, c.at = ms, now
	}
}

// Fresh gives an index that no account ever had, not even one of before a power cut or of
// a backup that was put back. Errors: those of the store; ErrStale; ErrFar; ErrConfirm:
// first a call must show that the gateway has not seen more of us than our records.
func (c *Client) Fresh() (uint32, error) {
	if c.head.stale {
		return 0, ErrStale
	}
	if uint64(c.next) >= uint64(c.head.used)+gap {
		return 0, ErrFar
	}
	if c.next == c.head.reserved {
		h := c.head
		h.reserved = h.reserved/block*block + block
		if err := c.writeHead(h); err != nil {
			return 0, err
		}
		c.unsure()
	}
	if !c.sure && c.canConfirm() {
		return 0, ErrConfirm
	}
	c.next++
	return c.next - 1, nil
}

// unsure: only what is called for from here on shows that no newer records were lost. A
// call that flash has from before a block was reserved would be receipted in a copy of
// that flash as well.
func (c *Client) unsure() {
	c.sure = false
	for _, a := range c.accounts {
		a.confirms = false
	}
}

// Paid says that an account without a record, of an index that Fresh gave, was paid.
func (c *Client) Paid(index uint32) {
	if index < c.head.reserved {
		c.head.used = max(c.head.used, index+1)
	}
}

// canConfirm says whether there is an account of which the gateway keeps calls.
func (c *Client) canConfirm() bool {
	for _, a := range c.accounts {
		if a.last.Inbox.Count > 0 && !a.closed && a.against == 0 {
			return true
		}
	}
	return false
}

// Add makes a lasting account, with a record of its own. Errors: of Fresh, of the store;
// ErrFull. Places of closed accounts are used again.
func (c *Client) Add(role Role) (*Account, error) {
	place, old := c.place()
	if place < 0 {
		return nil, ErrFull
	}
	index, err := c.Fresh()
	if err != nil {
		return nil, err
	}
	return c.put(place, old, record{role: role, index: index})
}

// put writes an account into a place.
func (c *Client) put(place int, old *Account, r record) (*Account, error) {
	a := c.account(place, r)
	if old != nil {
		a.generation = old.generation
	}
	if err := a.write(a.record); err != nil {
		return nil, err
	}
	if old == nil {
		c.accounts = append(c.accounts, a)
		return a, nil
	}
	for i := range c.accounts {
		if c.accounts[i] == old {
			c.accounts[i] = a
		}
	}
	return a, nil
}

// place returns one that is free, or the account that leaves it; −1: none.
func (c *Client) place() (int, *Account) {
	var taken [maxAccounts]bool
	for _, a := range c.accounts {
		taken[a.place] = true
	}
	for i, t := range taken {
		if !t {
			return i, nil
		}
	}
	for _, a := range c.accounts {
		if a.closed && a.against == 0 {
			return a.place, a
		}
	}
	return -1, nil
}

// Accounts are the lasting ones. The slice is the client's: not to be changed.
func (c *Client) Accounts() []*Account { return c.accounts }

// Dropped is what came and changed nothing.
func (c *Client) Dropped() Dropped { return c.dropped }

// Stale says that indices may have been used that no record knows of: after a backup was
// put back, or records were lost. Recover finds out.
func (c *Client) Stale() bool { return c.head.stale }

// Flush writes what flash does not have yet, and gives back indices that were reserved and
// not given: for a stop. Receipts that it did not get to come again after the next start.
func (c *Client) Flush() error {
	if c.next < c.head.reserved {
		h := c.head
		h.reserved = c.next
		if err := c.writeHead(h); err != nil {
			return err
		}
	}
	for _, a := range c.accounts {
		if a.dirty {
			if err := a.write(a.record); err != nil {
				return err
			}
		}
	}
	return nil
}

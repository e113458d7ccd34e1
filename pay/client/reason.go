package client

import "errors"

// A Reason says by what a gateway contradicts itself: what it signed cannot be true beside
// what it signed before, or beside its own rules. It is an error that stays: the account
// stops, and its Export convinces others.
type Reason byte

// Reasons (wire.md, "Contradictions").
const (
	WrongBalance Reason = 1 + iota // not what the operation leaves
	WrongHeld                      // more is held than the operation may hold
	WrongInbox                     // it shrank, or lacks what was credited
	TimeFell
	WrongFee     // above that of the terms, or of the call
	WrongPayee   // another was paid
	WrongTerms   // worse too early, or not yet in force
	WrongRefusal // what it says does not hold
	Twice        // two receipts of one call, two calls under one seq, two keys of an epoch
	WrongBody    // the receipt does not say what its operation must
	reasons
)

var reasonTexts = [reasons]string{
	WrongBalance: "the balance is not what the operation leaves",
	WrongHeld:    "more is held than the operation may hold",
	WrongInbox:   "the inbox shrank, or lacks what was credited",
	TimeFell:     "its time fell",
	WrongFee:     "it took a higher fee than it may",
	WrongPayee:   "it paid somebody else",
	WrongTerms:   "its terms got worse too early",
	WrongRefusal: "it refused for a reason that does not hold",
	Twice:        "it signed two histories",
	WrongBody:    "the receipt does not say what it must",
}

func (r Reason) Error() string {
	if r == 0 || r >= reasons {
		return "client: no contradiction"
	}
	return "client: the gateway contradicts itself: " + reasonTexts[r]
}

// Errors of what cannot be begun.
var (
	ErrBusy    = errors.New("client: a call of this account is under way")
	ErrClosed  = errors.New("client: the account is closed")
	ErrAmount  = errors.New("client: not an amount that can be paid")
	ErrFunds   = errors.New("client: more than the account has")
	ErrTime    = errors.New("client: nothing is known of the gateway's time yet")
	ErrFull    = errors.New("client: no room for another account")
	ErrStale   = errors.New("client: the records may be older than what was done since: recover first")
	ErrFar     = errors.New("client: none of the last 512 accounts was ever paid: recovery would not find more")
	ErrConfirm = errors.New("client: new accounts need an answer of the gateway first: make a call")
	ErrSeed    = errors.New("client: the records are of another payment seed")
)

// Errors of what was received.
var (
	// ErrDropped is what all are that change nothing and need nothing done: what was sent
	// is sent again when it is due, and Ask has what is missing.
	ErrDropped = errors.New("client: dropped")
	ErrAdopted = errors.New("client: the account was used elsewhere, or its record was an old one: it is now as the gateway has it, and the call under way was not done")
	ErrBehind  = errors.New("client: the gateway knows less than it signed: show it the export")
)

// dropped are errors that are ErrDropped.
type dropped string

// What is dropped.
const (
	errForm    dropped = "client: not signed by the gateway, or malformed"
	errForeign dropped = "client: of another gateway, account or call"
	errLate    dropped = "client: older than what is known"
	errEpoch   dropped = "client: signed by an epoch that is not known: its certificate is asked for"
	errTerms   dropped = "client: names terms that are not known: they are asked for"
	errUsed    dropped = "client: another call has this seq: the newest is asked for"
	errLater   dropped = "client: the gateway does not answer for now"
)

// Error is the text.
func (d dropped) Error() string { return string(d) }

// Is says whether it is ErrDropped.
func (d dropped) Is(target error) bool { return target == ErrDropped }

// Dropped counts what was received and changed nothing.
type Dropped struct {
	Form, Foreign, Late, Epoch, Terms, Behind uint64
}

// drop counts one, and returns its error.
func (c *Client) drop(err error) error {
	d := &c.dropped
	switch err {
	case errForm:
		d.Form++
	case errForeign:
		d.Foreign++
	case errLate:
		d.Late++
	case errEpoch:
		d.Epoch++
	case errTerms:
		d.Terms++
	case ErrBehind:
		d.Behind++
	}
	return err
}

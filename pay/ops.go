package pay

// An Op says what a call does (wire.md, "Operations"). A gateway refuses, with a receipt,
// what it does not know; from OpOwn on they are each gateway's own.
type Op byte

// Operations of accounts. The others are asked without one, or between gateways.
const (
	OpBalance  Op = 1 + iota // nothing but the receipt
	OpTransfer               // to an account of this gateway, or of a peer
	OpDeposit                // a deposit address, in a signed statement
	OpClaim                  // credits for deposits that are confirmed
	OpWithdraw               // whole coins to an address of the chain
	OpClose                  // the account is closed for good; it must be empty
	OpOffer                  // of an exchange
	OpTake
	OpCancel

	OpOwn Op = 128
)

// A Status says what became of a call. All but OK change nothing but seq.
type Status byte

const (
	OK         Status = iota
	NoPayee           // unknown, closed or full: which, nobody is told
	NoFunds           // more than the balance
	BadAmount         // zero, below the minimum, or a sum that overflows
	FeeTooHigh        // above the call's maximum
	Expired           // gateway time is past the call's expiry
	TooMuch           // above a limit of the terms
	NoOp              // not an operation of this gateway
	NoAsset           // not an asset of this gateway
	BadBody           // it does not parse
	BadAck            // the inbox never stood at what is acknowledged
	BadBalance        // the client claims another balance than the gateway has
	Conflict          // the state of what is named does not allow it
	Stopped           // the gateway has stopped this operation for now, and says why in its terms

	OwnStatus Status = 128
)

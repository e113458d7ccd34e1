package body

import (
	"encoding/binary"

	"hopwire/link/identity"
	"hopwire/pay"
)

// Terms are what a gateway asks for and promises: the body of a statement KindTerms. They
// get worse for clients only WorseAfter later than they are stated.
type Terms struct {
	From     int64    // gateway time from which they hold, ms since 1970
	Previous [32]byte // hash of the statement of the terms before; zero: the first
	Assets   []Asset
	Peers    []identity.Key // gateways that it pays to
}

// WorseAfter is how long before terms hold that are worse for clients, in ms.
const WorseAfter = 7 * 24 * 3600 * 1000

// An Asset is what an account holds one kind of.
type Asset struct {
	ID          uint32 // 0: Skycoin
	Confirm     uint32 // ms that a deposit is in the chain before it counts
	MaxAccount  pay.Amount
	MinTransfer pay.Amount
	TransferFee pay.Amount
	MinWithdraw pay.Amount
	WithdrawFee pay.Amount
	PayWithin   uint32 // ms from a withdrawal to its block
}

const (
	offTermsFrom     = 0
	offTermsPrevious = offTermsFrom + 8
	offTermsAssets   = offTermsPrevious + 32 // count u8, then assets; count u8, then keys of peers

	offAssetID          = 0
	offAssetConfirm     = offAssetID + 4
	offAssetMaxAccount  = offAssetConfirm + 4
	offAssetMinTransfer = offAssetMaxAccount + 8
	offAssetTransferFee = offAssetMinTransfer + 8
	offAssetMinWithdraw = offAssetTransferFee + 8
	offAssetWithdrawFee = offAssetMinWithdraw + 8
	offAssetPayWithin   = offAssetWithdrawFee + 8
	assetSize           = offAssetPayWithin + 4

	maxAssets = 16
	maxPeers  = 64
)

// Append appends the wire form.
func (t *Terms) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(t.From))
	b = append(append(b, t.Previous[:]...), byte(len(t.Assets)))
	for _, a := range t.Assets {
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, a.ID), a.Confirm)
		for _, v := range [...]pay.Amount{a.MaxAccount, a.MinTransfer, a.TransferFee, a.MinWithdraw, a.WithdrawFee} {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
		b = binary.LittleEndian.AppendUint32(b, a.PayWithin)
	}
	b = append(b, byte(len(t.Peers)))
	for _, k := range t.Peers {
		b = append(b, k[:]...)
	}
	return b
}

// ParseTerms reads them: assets and peers each once, in order.
func ParseTerms(b []byte) (t Terms, ok bool) {
	if len(b) < offTermsAssets+2 {
		return t, false
	}
	from := binary.LittleEndian.Uint64(b)
	t.From, t.Previous, b = int64(from), [32]byte(b[offTermsPrevious:]), b[offTermsAssets:]
	n := int(b[0])
	if b = b[1:]; from > 1<<62 || n > maxAssets || len(b) < n*assetSize+1 {
		return Terms{}, false
	}
	for ; n > 0; n, b = n-1, b[assetSize:] {
		a, ok := parseAsset(b)
		if !ok || len(t.Assets) > 0 && a.ID <= t.Assets[len(t.Assets)-1].ID {
			return Terms{}, false
		}
		t.Assets = append(t.Assets, a)
	}
	n = int(b[0])
	if b = b[1:]; n > maxPeers || len(b) != n*len(identity.Key{}) {
		return Terms{}, false
	}
	for ; len(b) > 0; b = b[len(identity.Key{}):] {
		k := identity.Key(b)
		if i := len(t.Peers); k.Valid() != nil || i > 0 && string(k[:]) <= string(t.Peers[i-1][:]) {
			return Terms{}, false
		}
		t.Peers = append(t.Peers, k)
	}
	return t, true
}

func parseAsset(b []byte) (a Asset, ok bool) {
	a.ID, a.Confirm = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[offAssetConfirm:])
	ok = true
	for i, p := range [...]*pay.Amount{&a.MaxAccount, &a.MinTransfer, &a.TransferFee, &a.MinWithdraw, &a.WithdrawFee} {
		v, good := amount(b[offAssetMaxAccount+8*i:])
		*p, ok = v, ok && good
	}
	a.PayWithin = binary.LittleEndian.Uint32(b[offAssetPayWithin:])
	return a, ok
}

// Asset returns what holds for one; false: it is not one of this gateway's.
func (t *Terms) Asset(id uint32) (Asset, bool) {
	for _, a := range t.Assets {
		if a.ID == id {
			return a, true
		}
	}
	return Asset{}, false
}

// Worse says whether these are worse for a client than those before in anything.
func (t *Terms) Worse(than *Terms) bool {
	for _, old := range than.Assets {
		a, ok := t.Asset(old.ID)
		if !ok || a.Confirm > old.Confirm || a.PayWithin > old.PayWithin || a.MaxAccount < old.MaxAccount || a.MinTransfer > old.MinTransfer ||
			a.TransferFee > old.TransferFee || a.MinWithdraw > old.MinWithdraw || a.WithdrawFee > old.WithdrawFee {
			return true
		}
	}
	for _, k := range than.Peers {
		found := false
		for _, p := range t.Peers {
			found = found || p == k
		}
		if !found {
			return true
		}
	}
	return false
}

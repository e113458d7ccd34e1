package client

import (
	"fmt"
	"strconv"
	"testing"

	"hopwire/link/wiretest"
	"hopwire/pay"
	"hopwire/pay/body"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{
		"offRecordVersion": offRecordVersion, "offRecordRole": offRecordRole, "offRecordClosed": offRecordClosed, "offRecordZero": offRecordZero,
		"offRecordIndex": offRecordIndex, "offRecordGeneration": offRecordGeneration, "offRecordAcked": offRecordAcked, "offRecordLengths": offRecordLengths,
		"offRecordPapers": offRecordPapers, "offRecordChecksum": offRecordChecksum,
		"offHeadVersion": offHeadVersion, "offHeadStale": offHeadStale, "offHeadLength": offHeadLength, "offHeadReserved": offHeadReserved,
		"offHeadUsed": offHeadUsed, "offHeadGeneration": offHeadGeneration, "offHeadPapers": offHeadPapers,
	})
	if got := sizes["Record"][0]; got != recordSize {
		t.Errorf("a record has %d bytes in the document, %d in the code", got, recordSize)
	}
	constants := map[string]any{"maxAccounts": maxAccounts, "maxHead": maxHead, "maxFile": maxFile, "block": block, "gap": gap,
		"firstAgain": firstAgain, "mostAgain": mostAgain, "lateTerms": lateTerms, "maxFound": maxFound}
	for name, r := range map[string]Reason{"WrongBalance": WrongBalance, "WrongHeld": WrongHeld, "WrongInbox": WrongInbox, "TimeFell": TimeFell, "WrongFee": WrongFee,
		"WrongPayee": WrongPayee, "WrongTerms": WrongTerms, "WrongRefusal": WrongRefusal, "Twice": Twice, "WrongBody": WrongBody} {
		constants[name] = strconv.Itoa(int(r))
	}
	wiretest.Constants(t, "wire.md", constants)
}

// TestItFits: the longest papers that a client can have fit a record, a head and a file.
func TestItFits(t *testing.T) {
	g := newGateway(t)
	key := someone(t, 40)
	transfer := pay.Call{Gateway: g.offline.Key(), Key: key.Key(), Seq: 1, Body: body.Transfer{}.Append(nil)}
	call := transfer.Signed(key)
	claim := pay.Receipt{Seq: 1, Body: body.AppendCredits(nil, make([]body.Credit, body.MaxCredits))}
	receipt := claim.Signed(g.key)
	r := record{call: call, receipt: receipt, cert: g.certs[0], underWay: call}
	if _, ok := r.append(g.offline.Key()); !ok || !r.fits() || len(call) != maxCall {
		t.Errorf("call %d, receipt %d, certificate %d bytes: no room", len(call), len(receipt), len(g.certs[0]))
	}
	r.underWay = append(make([]byte, 150), call...)
	if _, ok := r.append(g.offline.Key()); ok {
		t.Error("more than a record has room for")
	}
	longest := body.Terms{Assets: make([]body.Asset, 16)}
	for i := range longest.Assets {
		longest.Assets[i].ID = uint32(i)
	}
	for i := range byte(64) {
		longest.Peers = append(longest.Peers, someone(t, i).Key())
	}
	terms := len(g.sign(pay.KindTerms, longest.Append(nil)))
	if n := offHeadPapers + 2*(terms+3) + 3*(len(g.certs[0])+3) + checksumSize; n > maxHead {
		t.Errorf("a head may have %d bytes", n)
	}
	most := claim
	most.Body = make([]byte, pay.MaxBody)
	papers := 2*len(call) + len(receipt) + len(most.Signed(g.key)) + 2*len(g.certs[0]) + (maxTerms+1)*(terms+len(g.certs[0])+6) + 20
	if offFilePapers+papers+checksumSize > maxFile {
		t.Errorf("a file may have %d bytes", papers)
	}
}

// TestVector: the record of an account with a call under way, and its head.
func TestVector(t *testing.T) {
	g, f := newGateway(t), newFlash()
	_, a := rich(t, g, f, 5*pay.Coin)
	if err := payCoin(a); err != nil {
		t.Fatal(err)
	}
	wiretest.Same(t, "testdata/record.txt", fmt.Sprintf("gateway: %x\nseed: %x\nrecord: %x\nhead: %x\n",
		g.offline.Key(), testSeed[:], f.slots[slotAccounts+int(a.generation&1)], f.slots[int(a.c.head.generation&1)]))
}

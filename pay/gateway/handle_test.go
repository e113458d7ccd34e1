package gateway

import (
	"testing"

	"hopwire/pay"
	"hopwire/pay/request"
)

// FuzzHandle: whatever is asked is answered once, with something that parses, and the
// books balance. A call that the fuzzer changes is signed again, so that rules see it.
func FuzzHandle(f *testing.F) {
	w := newWorld(f).openMemory() // SQLite with the fuzzer in it does one call a second
	a, b := w.client(1).fund(5*pay.Coin), w.client(2)
	f.Add([]byte{byte(request.AskTerms)}, false)
	f.Add(a.raw(a.next(pay.OpTransfer, a.transfer(b, pay.Coin))), false)
	for _, op := range []pay.Op{pay.OpBalance, pay.OpTransfer, pay.OpDeposit, pay.OpClaim, pay.OpWithdraw, pay.OpClose, pay.OpOffer} {
		call := a.next(op, a.transfer(b, pay.Coin/1000))
		signed := call.Signed(a.id)
		f.Add(signed[70:len(signed)-64], true) // from seq on
	}
	f.Fuzz(func(t *testing.T, asked []byte, sign bool) {
		w.TB = t
		if sign {
			if asked = w.signAgain(a, asked); asked == nil {
				return
			}
		}
		o, items := w.ask(asked)
		if o == request.Halted || o == request.Busy || w.g.N.Failures.Load() > 0 {
			t.Fatalf("outcome %d, %d failures", o, w.g.N.Failures.Load())
		}
		if sign && o == request.Answered {
			if r, err := pay.ParseReceipt(items[0], w.online.Key()); err == nil && r.Seq > a.r.Seq {
				a.take(asked, o, items)
			}
		}
		w.audit()
	})
}

// signAgain makes a call of what the fuzzer has, from the operation on, that follows the
// client's last receipt but for what was changed.
func (w *world) signAgain(c *client, b []byte) []byte {
	if len(b) < 114 {
		return nil
	}
	call := c.next(pay.Op(b[0]%12), b[114:min(len(b), 114+pay.MaxBody)])
	call.Fee, call.Expiry = pay.Amount(b[1])*100, start0+int64(b[2])-10
	if b[3]&1 != 0 {
		call.Ack.Count -= uint64(b[4])
	}
	if b[3]&2 != 0 {
		call.Balance++
	}
	call.Asset = uint32(b[5] % 3)
	return c.raw(call)
}

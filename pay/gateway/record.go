package gateway

import (
	"encoding/binary"
	"errors"
	"slices"

	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/account"
	"hopwire/pay/body"
)

// recordForm is the version of a record (wire.md, "Record").
const recordForm = 1

var errRecord = errors.New("gateway: bad record of a batch")

// A writer appends fields, little endian.
type writer struct{ b []byte }

func (w *writer) u8(v byte)           { w.b = append(w.b, v) }
func (w *writer) u32(v uint32)        { w.b = binary.LittleEndian.AppendUint32(w.b, v) }
func (w *writer) u64(v uint64)        { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *writer) amount(v pay.Amount) { w.u64(uint64(v)) }
func (w *writer) raw(v []byte)        { w.b = append(w.b, v...) }
func (w *writer) bytes(v []byte)      { w.u32(uint32(len(v))); w.raw(v) }
func (w *writer) inbox(v pay.Inbox)   { w.u64(v.Count); w.amount(v.Sum); w.raw(v.Head[:]) }

// append appends the record of a batch.
func (b *batch) append(to []byte) []byte {
	w := &writer{slices.Grow(to, 1024+1024*len(b.rows)+64*len(b.postings))}
	w.u8(recordForm)
	w.raw(b.gateway[:])
	w.u64(b.number)
	w.u64(uint64(b.time))
	list(w, b.rows, (*writer).row)
	list(w, b.credits, func(w *writer, c credit) { w.raw(c.to[:]); w.inbox(c.after); w.amount(c.amount); w.raw(c.source[:]) })
	list(w, b.acks, func(w *writer, a ack) { w.raw(a.of[:]); w.u64(a.count) })
	list(w, b.postings, func(w *writer, p posting) {
		w.u64(p.entry)
		w.u32(p.asset)
		w.u8(byte(p.book))
		w.raw(p.holder[:])
		w.amount(p.amount)
	})
	list(w, b.deposits, func(w *writer, d deposit) { w.u32(d.asset); w.raw(d.output[:]); w.raw(d.to[:]); w.amount(d.amount) })
	list(w, b.withdrawals, (*writer).withdrawal)
	list(w, b.terms, (*writer).bytes)
	list(w, b.epochs, (*writer).bytes)
	return w.b
}

func list[E any](w *writer, all []E, one func(w *writer, e E)) {
	w.u32(uint32(len(all)))
	for _, e := range all {
		one(w, e)
	}
}

func (w *writer) row(r *row) {
	w.raw(r.name[:])
	w.raw(r.key[:])
	w.u32(r.asset)
	closed := byte(0)
	if r.closed {
		closed = 1
	}
	w.u8(closed)
	w.u64(r.seq)
	w.amount(r.balance)
	w.amount(r.held)
	w.inbox(r.inbox)
	w.inbox(r.acked)
	w.bytes(r.call)
	w.bytes(r.receipt)
}

func (w *writer) withdrawal(d Withdrawal) {
	w.raw(d.ID[:])
	w.raw(d.Of[:])
	w.u32(d.Asset)
	w.amount(d.Amount)
	w.raw(d.To[:])
	w.u64(uint64(d.PayBy))
	w.u8(byte(d.Phase))
	w.bytes(d.Raw)
}

// A reader takes fields off; what is too short spoils it, and then it reads zeros.
type reader struct {
	b   []byte
	bad bool
}

var zeros [32]byte

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || len(r.b) < n {
		r.bad = true
		return zeros[:min(max(n, 0), len(zeros))]
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() byte                 { return r.take(1)[0] }
func (r *reader) u32() uint32              { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64              { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) amount() pay.Amount       { return pay.Amount(r.u64()) }
func (r *reader) hash() [32]byte           { return [32]byte(r.take(32)) }
func (r *reader) address() account.Address { return account.Address(r.take(8)) }
func (r *reader) inbox() pay.Inbox         { return pay.Inbox{Count: r.u64(), Sum: r.amount(), Head: r.hash()} }

func (r *reader) bytes() []byte {
	n := r.u32()
	if uint64(n) > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	return r.take(int(n))
}

// parseBatch reads a record. What it returns has its bytes in b.
func parseBatch(b []byte) (*batch, error) {
	r := &reader{b: b}
	if r.u8() != recordForm {
		return nil, errRecord
	}
	v := &batch{gateway: identity.Key(r.hash()), number: r.u64(), time: int64(r.u64())}
	v.rows = items(r, (*reader).row)
	v.credits = items(r, func(r *reader) credit { return credit{r.address(), r.inbox(), r.amount(), r.hash()} })
	v.acks = items(r, func(r *reader) ack { return ack{r.address(), r.u64()} })
	v.postings = items(r, func(r *reader) posting {
		return posting{r.u64(), r.u32(), book(r.u8()), r.address(), r.amount()}
	})
	v.deposits = items(r, func(r *reader) deposit { return deposit{r.u32(), r.hash(), r.address(), r.amount()} })
	v.withdrawals = items(r, (*reader).withdrawal)
	v.terms = items(r, (*reader).bytes)
	v.epochs = items(r, (*reader).bytes)
	if r.bad || len(r.b) != 0 {
		return nil, errRecord
	}
	return v, nil
}

// items reads a list; nothing is allocated for what is not there.
func items[E any](r *reader, one func(r *reader) E) (all []E) {
	for n := r.u32(); n > 0 && !r.bad; n-- {
		all = append(all, one(r))
	}
	return all
}

func (r *reader) row() *row {
	v := &row{name: account.Account(r.hash()), key: identity.Key(r.hash()), asset: r.u32()}
	closed := r.u8()
	r.bad = r.bad || closed > 1
	v.closed = closed == 1
	v.seq, v.balance, v.held, v.inbox, v.acked = r.u64(), r.amount(), r.amount(), r.inbox(), r.inbox()
	v.call, v.receipt = r.bytes(), r.bytes()
	return v
}

func (r *reader) withdrawal() Withdrawal {
	return Withdrawal{ID: r.hash(), Of: r.address(), Asset: r.u32(), Amount: r.amount(), To: body.CoinAddress(r.take(len(body.CoinAddress{}))),
		PayBy: int64(r.u64()), Phase: Phase(r.u8()), Raw: r.bytes()}
}

package pay

import (
	"encoding/binary"

	"hopwire/link/identity"
)

// Layout of a statement (wire.md, "Statement").
const (
	offStatementVersion = 0
	offStatementKind    = offStatementVersion + 1
	offStatementGateway = offStatementKind + 1
	offStatementTime    = offStatementGateway + 32
	offStatementEpoch   = offStatementTime + 8
	offStatementBody    = offStatementEpoch + 4

	statementLabel = "hopwire statement 1"
)

// A Kind says what a gateway states beside receipts.
type Kind byte

// Kinds of statements; the body of each is in wire.md.
const (
	KindEpoch   Kind = 1 + iota // the key of an epoch, by the offline key
	KindTerms                   // fees, minima, limits, assets, peers
	KindDeposit                 // where coins for an account go
	KindNewest                  // the newest receipt of an account at a size of the log
	KindNever                   // a payment of a peer's will never be taken
	KindReserve                 // what the reserve addresses hold
)

// A Statement is what a gateway signs for anybody to see or for one client.
type Statement struct {
	Kind    Kind
	Gateway identity.Key
	Time    int64  // gateway time, ms since 1970
	Epoch   uint32 // of the key that signs; 0: the offline key
	Body    []byte
}

// Signed returns the wire form.
func (s *Statement) Signed(key *identity.Identity) []byte {
	b := make([]byte, 0, offStatementBody+2+len(s.Body)+sigSize)
	b = append(append(b, version, byte(s.Kind)), s.Gateway[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.Time))
	b = binary.LittleEndian.AppendUint32(b, s.Epoch)
	return sign(key, statementLabel, appendBody(b, s.Body))
}

// ParseStatement checks form and signature. What it returns has its body in b.
func ParseStatement(b []byte, key identity.Key) (s Statement, err error) {
	r := reader{b: b}
	r.version()
	s.Kind, s.Gateway, s.Time, s.Epoch, s.Body = Kind(r.u8()), identity.Key(r.hash()), r.i64(), r.u32(), r.body()
	if !r.signed(statementLabel, key) {
		return Statement{}, ErrFormat
	}
	return s, nil
}

// An Epoch is a key that signs for a gateway for a while.
type Epoch struct {
	Number      uint32 // from 1 on
	Key         identity.Key
	From, Until int64 // gateway time, ms since 1970
}

// Certificate returns the statement of the offline key about an epoch's key.
func (e *Epoch) Certificate(offline *identity.Identity, at int64) []byte {
	b := append(binary.LittleEndian.AppendUint32(nil, e.Number), e.Key[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.From))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Until))
	s := Statement{Kind: KindEpoch, Gateway: offline.Key(), Time: at, Body: b}
	return s.Signed(offline)
}

// ParseCertificate checks one; gateway is the offline key, and the gateway's name.
func ParseCertificate(b []byte, gateway identity.Key) (e Epoch, err error) {
	s, err := ParseStatement(b, gateway)
	if err != nil || s.Kind != KindEpoch || s.Gateway != gateway || s.Epoch != 0 {
		return e, ErrFormat
	}
	r := reader{b: s.Body}
	e.Number, e.Key, e.From, e.Until = r.u32(), identity.Key(r.hash()), r.i64(), r.i64()
	if r.bad || r.at != len(r.b) || e.Number == 0 || e.Until <= e.From || e.Key.Valid() != nil {
		return Epoch{}, ErrFormat
	}
	return e, nil
}

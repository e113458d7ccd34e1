package node

import (
	"crypto/cipher"
	"slices"
	"time"

	"golang.org/x/crypto/blake2s"

	"hopwire/link"
	"hopwire/link/aead"
	"hopwire/link/handshake"
	"hopwire/link/step"
)

// A join opens a session on a further circuit without public-key work: token 16 ‖
// sealed, under a resumption secret that moves on one-way at each use (wire.md,
// "Join"). A full handshake makes a new secret.
const (
	tokenSize  = 16
	offToken   = 0
	offJoin    = offToken + tokenSize
	joinSize   = 32 // text: salt of this circuit's keys
	joinSealed = link.BodyLong - offJoin
)

// derive is the one-way function of the ratchet.
func derive(secret *[32]byte, label string, salt []byte) [32]byte {
	h, _ := blake2s.New256(secret[:]) // 32-byte key: no error
	h.Write([]byte("hopwire 1 join " + label))
	h.Write(salt)
	return [32]byte(h.Sum(nil))
}

// A join is one use of the secret: keys for one circuit.
type join struct {
	body       []byte
	send, recv [32]byte
}

// joinKeys are the token and seal of one step.
func joinKeys(secret *[32]byte) (token [tokenSize]byte, seal cipher.AEAD) {
	t, k := derive(secret, "token", nil), derive(secret, "seal", nil)
	return [tokenSize]byte(t[:]), aead.New(&k)
}

// resume is the source's end of the ratchet.
type resume struct {
	secret [32]byte
	valid  bool
	uses   int
}

func (r *resume) reset(secret [32]byte) { *r = resume{secret: secret, valid: true} }

// next uses up one step; nil when there is no secret or the other end, which
// accepts tokensAhead steps, may not follow.
func (r *resume) next(n *Node) *join {
	if !r.valid || r.uses >= tokensAhead {
		return nil
	}
	r.uses++
	token, seal := joinKeys(&r.secret)
	j := &join{body: make([]byte, link.BodyLong)}
	copy(j.body[offToken:], token[:])
	text := make([]byte, joinSealed-sealOverhead)
	step.Draw(n.rand, text[:joinSize])
	seal.Seal(j.body[:offJoin], make([]byte, seal.NonceSize()), text, token[:])
	j.send, j.recv = derive(&r.secret, "forward", text[:joinSize]), derive(&r.secret, "backward", text[:joinSize])
	r.secret = derive(&r.secret, "ratchet", nil)
	return j
}

// joined takes the answer to a join: any session frame that opens.
func (ch *channel) joined(now time.Time, seq uint32, body []byte) {
	j := ch.opening.join
	recv := aead.New(&j.recv)
	defer aead.Wipe(recv)
	plain, err := recv.Open(slices.Clone(body)[:0], ch.number(seq), body, nil)
	if err != nil || len(plain) == 0 {
		ch.n.N.BadFrame++
		return
	}
	ch.heard = now
	ch.setKeys(j.send, j.recv)
	*j = join{}
	ch.p.resume.uses = 0 // the other end has followed
	ch.n.N.Joins++
	ch.start(now)
}

// tokens is the last hop's end: the next few steps, so that a lost join does not
// put the two ends out of step.
type tokens struct {
	steps []tokenStep
}

type tokenStep struct {
	secret [32]byte
	token  [tokenSize]byte
}

// reset follows a full handshake.
func (t *tokens) reset(n *Node, p *peer, secret [32]byte) {
	t.clear(n)
	t.fill(n, p, secret)
}

func (t *tokens) clear(n *Node) {
	for _, s := range t.steps {
		delete(n.tokens, s.token)
	}
	clear(t.steps) // secrets
	t.steps = t.steps[:0]
}

// fill extends the steps to tokensAhead, beginning with secret.
func (t *tokens) fill(n *Node, p *peer, secret [32]byte) {
	for len(t.steps) < tokensAhead {
		s := tokenStep{secret: secret}
		s.token, _ = joinKeys(&secret)
		t.steps = append(t.steps, s)
		n.tokens[s.token] = p
		secret = derive(&secret, "ratchet", nil)
	}
}

// takeJoin opens a join; its token and those before it are used up.
func (n *Node) takeJoin(now time.Time, ch *channel, seq uint32, body []byte) bool {
	token := [tokenSize]byte(body)
	p := n.tokens[token]
	if p == nil {
		return false
	}
	i := slices.IndexFunc(p.tokens.steps, func(s tokenStep) bool { return s.token == token })
	secret := p.tokens.steps[i].secret
	_, seal := joinKeys(&secret)
	text, err := seal.Open(nil, make([]byte, seal.NonceSize()), body[offJoin:], token[:])
	if err != nil {
		n.N.BadFirst++
		return true
	}
	p.tokens.advance(n, p, i)
	ch.setKeys(derive(&secret, "backward", text[:joinSize]), derive(&secret, "forward", text[:joinSize]))
	ch.answered = &answered{hash: handshake.SeenHash(body)}
	n.N.Joins++
	p.admit(now, ch)
	ch.add(now, recordAlive)
	return true
}

// advance forgets the steps up to and including i and adds as many.
func (t *tokens) advance(n *Node, p *peer, i int) {
	last := t.steps[len(t.steps)-1].secret
	for _, s := range t.steps[:i+1] {
		delete(n.tokens, s.token)
	}
	left := copy(t.steps, t.steps[i+1:])
	clear(t.steps[left:]) // secrets
	t.steps = t.steps[:left]
	t.fill(n, p, derive(&last, "ratchet", nil))
}

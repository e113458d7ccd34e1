package gateway

// schemaForm is the version of the tables (wire.md, "Tables").
const schemaForm = 1

// schema makes the tables. What may not be is refused by the tables themselves: a fault of
// ours then fails a transaction, and no account.
const schema = `
CREATE TABLE state (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	form INTEGER NOT NULL,
	gateway BLOB NOT NULL CHECK (length(gateway) = 32),
	number INTEGER NOT NULL CHECK (number >= 0),
	time INTEGER NOT NULL CHECK (time >= 0)
) STRICT;
CREATE TABLE accounts (
	address INTEGER PRIMARY KEY,
	name BLOB NOT NULL CHECK (length(name) = 32),
	key BLOB NOT NULL CHECK (length(key) = 32),
	asset INTEGER NOT NULL,
	closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
	seq INTEGER NOT NULL CHECK (seq >= 0),
	balance INTEGER NOT NULL CHECK (balance >= 0),
	held INTEGER NOT NULL CHECK (held >= 0),
	in_count INTEGER NOT NULL, in_sum INTEGER NOT NULL, in_head BLOB NOT NULL,
	ack_count INTEGER NOT NULL CHECK (ack_count BETWEEN 0 AND in_count),
	ack_sum INTEGER NOT NULL CHECK (ack_sum BETWEEN 0 AND in_sum),
	ack_head BLOB NOT NULL,
	call BLOB NOT NULL,
	receipt BLOB NOT NULL,
	CHECK (closed = 0 OR balance = 0 AND held = 0 AND in_sum = ack_sum)
) STRICT;
CREATE TABLE inbox (
	address INTEGER NOT NULL, count INTEGER NOT NULL,
	sum INTEGER NOT NULL, head BLOB NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	source BLOB NOT NULL,
	PRIMARY KEY (address, count)
) STRICT, WITHOUT ROWID;
CREATE TABLE postings (
	id INTEGER PRIMARY KEY,
	entry INTEGER NOT NULL,
	asset INTEGER NOT NULL,
	book INTEGER NOT NULL CHECK (book BETWEEN 1 AND 6),
	address INTEGER NOT NULL,
	amount INTEGER NOT NULL CHECK (amount <> 0),
	CHECK ((book <= 3) = (address <> 0))
) STRICT;
CREATE TABLE books (
	asset INTEGER NOT NULL,
	book INTEGER NOT NULL CHECK (book BETWEEN 4 AND 6),
	amount INTEGER NOT NULL CHECK ((book = 5) = (amount < 0) OR amount = 0),
	PRIMARY KEY (asset, book)
) STRICT, WITHOUT ROWID;
CREATE TABLE deposits (
	asset INTEGER NOT NULL,
	output BLOB NOT NULL CHECK (length(output) = 32),
	address INTEGER NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	PRIMARY KEY (asset, output)
) STRICT, WITHOUT ROWID;
CREATE TABLE withdrawals (
	id BLOB PRIMARY KEY CHECK (length(id) = 32),
	address INTEGER NOT NULL,
	asset INTEGER NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	destination BLOB NOT NULL,
	pay_by INTEGER NOT NULL,
	phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 3),
	raw BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawals_open ON withdrawals (pay_by) WHERE phase < 3;
CREATE TABLE terms (since INTEGER PRIMARY KEY, statement BLOB NOT NULL) STRICT;
CREATE TABLE epochs (number INTEGER PRIMARY KEY, certificate BLOB NOT NULL) STRICT;
CREATE TABLE batches (number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
`

// audits are questions that must have no answer. Each names what it is about.
var audits = [...]struct{ what, query string }{
	{"an asset does not sum to zero", `SELECT asset, sum(amount) FROM (
		SELECT asset, balance + held + in_sum - ack_sum AS amount FROM accounts UNION ALL SELECT asset, amount FROM books
	) GROUP BY asset HAVING sum(amount) <> 0`},
	{"an entry does not sum to zero", `SELECT entry, asset FROM postings GROUP BY entry, asset HAVING sum(amount) <> 0`},
	{"an account is not the sum of its postings", `SELECT address, sum(b), sum(i), sum(h) FROM (
		SELECT address, balance AS b, in_sum - ack_sum AS i, held AS h FROM accounts UNION ALL
		SELECT address, iif(book = 1, -amount, 0), iif(book = 2, -amount, 0), iif(book = 3, -amount, 0) FROM postings WHERE book <= 3
	) GROUP BY address HAVING sum(b) <> 0 OR sum(i) <> 0 OR sum(h) <> 0`},
	{"a book is not the sum of its postings", `SELECT asset, book, sum(amount) FROM (
		SELECT asset, book, amount FROM books UNION ALL SELECT asset, book, -amount FROM postings WHERE book > 3
	) GROUP BY asset, book HAVING sum(amount) <> 0`},
	{"an inbox is not its credits", `SELECT a.address FROM accounts a LEFT JOIN inbox i ON i.address = a.address GROUP BY a.address
		HAVING count(i.count) <> a.in_count - a.ack_count OR coalesce(sum(i.amount), 0) <> a.in_sum - a.ack_sum OR
		a.in_count > a.ack_count AND max(i.count) <> a.in_count`},
	{"credits are of no account", `SELECT i.address FROM inbox i LEFT JOIN accounts a ON a.address = i.address WHERE a.address IS NULL`},
	{"the chain's book is not deposits less withdrawals", `SELECT asset, sum(amount) FROM (
		SELECT asset, amount FROM books WHERE book = 5 UNION ALL SELECT asset, amount FROM deposits UNION ALL
		SELECT asset, -amount FROM withdrawals WHERE phase = 3
	) GROUP BY asset HAVING sum(amount) <> 0`},
	{"withdrawals under way are not their book", `SELECT asset, sum(amount) FROM (
		SELECT asset, amount FROM books WHERE book = 6 UNION ALL SELECT asset, -amount FROM withdrawals WHERE phase < 3
	) GROUP BY asset HAVING sum(amount) <> 0`},
}

package gateway

import (
	"database/sql"
	"fmt"
)

// An Audit is what the books say, and what is wrong with them.
type Audit struct {
	Number   uint64 // batch that it is of
	Accounts int
	Assets   []Total
	Wrong    []string // empty: all holds
}

// A Total is what there is of an asset, in 10⁻⁹ coin: the first five sum to the last.
type Total struct {
	Asset                                uint32
	Balances, Inboxes, Held, Fees, Going int64
	Chain                                int64 // deposits that were credited, less withdrawals that are confirmed
}

// maxWrong is how many faults of a kind are named.
const maxWrong = 10

// audit reads one snapshot; the writer goes on meanwhile.
func (s *sqlite) audit() (a Audit, err error) {
	t, err := s.reader.BeginTx(background, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, err
	}
	defer t.Rollback()
	err = t.QueryRowContext(background, "SELECT number, (SELECT count(*) FROM accounts) FROM state").Scan(&a.Number, &a.Accounts)
	if err != nil {
		return a, err
	}
	if a.Assets, err = totals(t); err != nil {
		return a, err
	}
	for _, q := range audits {
		if err := a.ask(t, q.what, q.query); err != nil {
			return a, err
		}
	}
	return a, nil
}

// ask notes the rows of a question that must have none.
func (a *Audit) ask(t *sql.Tx, what, query string) error {
	rows, err := t.QueryContext(background, query)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for n := 0; rows.Next() && n < maxWrong; n++ {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		text := what + ":"
		for i, v := range values {
			text += fmt.Sprintf(" %s %v", names[i], *v.(*any))
		}
		a.Wrong = append(a.Wrong, text)
	}
	return rows.Err()
}

const totalsQuery = `SELECT asset, sum(b), sum(i), sum(h), sum(f), sum(o), -sum(c) FROM (
	SELECT asset, balance AS b, in_sum - ack_sum AS i, held AS h, 0 AS f, 0 AS o, 0 AS c FROM accounts UNION ALL
	SELECT asset, 0, 0, 0, iif(book = 4, amount, 0), iif(book = 6, amount, 0), iif(book = 5, amount, 0) FROM books
) GROUP BY asset ORDER BY asset`

func totals(t *sql.Tx) (all []Total, err error) {
	rows, err := t.QueryContext(background, totalsQuery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v Total
		if err := rows.Scan(&v.Asset, &v.Balances, &v.Inboxes, &v.Held, &v.Fees, &v.Going, &v.Chain); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

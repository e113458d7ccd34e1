// Package table is what a program answers: rows with named columns, written for
// people or as JSON.
//
//	t := table.New("address:s rtt_ms:n hops:l")
//	t.Add(key, 1.5, "a b")
//	t.Write(os.Stdout, false)
//
// A column's name ends in its unit where it has one (rtt_ms, memory_kb); its kind
// says what it is in JSON: s a string, n a number, l a list of strings that spaces
// separate. A value stays in its column and on its line whatever is in it, for
// names of columns and values may come from others.
//
// It never sorts and never cuts off: that is for whoever fills it.
package table

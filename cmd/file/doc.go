// Package file reads and writes the small files that a program of ours lives by:
// identity, keys, names.
//
//	text, err := file.Read("/etc/hopwire.key", 4096)
//	err := file.Write("/var/lib/hopwire/identity", text)
//
// What is read must be a regular file. A FIFO or a device that somebody has put in
// its place would hold the reader for ever, or do what opening it does; and a file
// that is too long would take the memory. It never leaves a file half written.
package file

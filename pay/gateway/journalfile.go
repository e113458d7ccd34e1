package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Layout of a journal's file (wire.md, "Journal").
const (
	journalMagic = "hopwire journal\x01"

	offEntryNumber = 0
	offEntryLength = offEntryNumber + 8
	offEntryCheck  = offEntryLength + 4 // the first bytes of SHA-256 of the two
	offEntrySealed = offEntryCheck + 4
	entrySum       = 8 // after what is sealed: the first bytes of SHA-256 of all before

	maxEntry = 64 << 20 // bytes
)

// A FileJournal is a journal in a file, on another disk than the database.
type FileJournal struct {
	f    *os.File
	last uint64
	size int64 // up to which all is whole
	bad  error // it cannot be known what the file ends with
}

// OpenJournal opens a file, or makes it. An entry that a crash has cut off is removed; it
// is still in the database.
func OpenJournal(path string) (*FileJournal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &FileJournal{f: f}
	if err := j.open(path); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *FileJournal) open(path string) error {
	end, err := j.f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end < int64(len(journalMagic)) { // new, or cut off at its first bytes
		if _, err := j.f.WriteAt([]byte(journalMagic), 0); err != nil {
			return err
		}
		j.size = int64(len(journalMagic))
		return errors.Join(j.f.Sync(), syncFolder(path))
	}
	j.size, err = readJournal(io.NewSectionReader(j.f, 0, end), func(number uint64, _ []byte) error {
		j.last = number
		return nil
	})
	if err != nil {
		return err
	}
	return j.f.Truncate(j.size)
}

// Last is the number of the newest entry; 0: there is none.
func (j *FileJournal) Last() uint64 { return j.last }

// Append adds an entry and syncs it. What a failure leaves is removed before the next;
// after a sync that failed nothing is known of the file, and only a new OpenJournal helps.
func (j *FileJournal) Append(number uint64, sealed []byte) error {
	if j.bad != nil {
		return j.bad
	}
	if j.last != 0 && number != j.last+1 {
		return fmt.Errorf("%w: entry %d does not follow %d", ErrJournal, number, j.last)
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, offEntrySealed+len(sealed)+entrySum), number)
	b = summed(binary.LittleEndian.AppendUint32(b, uint32(len(sealed))), offEntrySealed-offEntryCheck)
	b = summed(append(b, sealed...), entrySum)
	if _, err := j.f.WriteAt(b, j.size); err != nil {
		return errors.Join(err, j.f.Truncate(j.size))
	}
	if err := j.f.Sync(); err != nil {
		j.bad = err
		return err
	}
	j.last, j.size = number, j.size+int64(len(b))
	return nil
}

// summed appends the first n bytes of the hash of all of b.
func summed(b []byte, n int) []byte {
	sum := sha256.Sum256(b)
	return append(b, sum[:n]...)
}

// Close closes the file.
func (j *FileJournal) Close() error { return j.f.Close() }

// readJournal calls do for every entry, in order, and returns where the last whole one
// ends. At the end alone an entry may be cut off, or be wrong with nothing but zeros after
// it: that is what a power cut leaves.
func readJournal(r io.Reader, do func(number uint64, sealed []byte) error) (size int64, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	magic := make([]byte, len(journalMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != journalMagic {
		return 0, fmt.Errorf("%w: it is no journal", ErrJournal)
	}
	size = int64(len(magic))
	for last := uint64(0); ; {
		number, sealed, n, err := readEntry(in)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return size, nil
		case err != nil:
			if zeroes(in) {
				return size, nil
			}
			return size, fmt.Errorf("%w at byte %d, after entry %d", err, size, last)
		case last != 0 && number != last+1:
			return size, fmt.Errorf("%w: entry %d does not follow %d", ErrJournal, number, last)
		}
		if err := do(number, sealed); err != nil {
			return size, err
		}
		size, last = size+n, number
	}
}

// zeroes says whether nothing else follows.
func zeroes(in io.ByteReader) bool {
	for {
		if c, err := in.ReadByte(); err != nil || c != 0 {
			return err != nil
		}
	}
}

// errDamaged is an entry with a wrong sum.
var errDamaged = errors.New("gateway: the journal is damaged")

func readEntry(in io.Reader) (number uint64, sealed []byte, n int64, err error) {
	var head [offEntrySealed]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, 0, err
	}
	length := binary.LittleEndian.Uint32(head[offEntryLength:])
	if length > maxEntry || !bytes.Equal(summed(head[:offEntryCheck:offEntryCheck], offEntrySealed-offEntryCheck), head[:]) {
		return 0, nil, 0, errDamaged
	}
	rest, err := io.ReadAll(io.LimitReader(in, int64(length)+entrySum))
	if err != nil {
		return 0, nil, 0, err
	}
	if len(rest) < int(length)+entrySum {
		return 0, nil, 0, io.ErrUnexpectedEOF
	}
	if all := append(head[:], rest...); !bytes.Equal(summed(all[:len(all)-entrySum:len(all)-entrySum], entrySum), all) {
		return 0, nil, 0, errDamaged
	}
	return binary.LittleEndian.Uint64(head[:]), rest[:length], int64(len(head) + len(rest)), nil
}

package account

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestBackupVector is pay/wire.md's.
func TestBackupVector(t *testing.T) {
	seed := Seed{1, 2, 3}
	got := "backup: " + seed.Text() + "\n"
	if os.Getenv("UPDATE") != "" {
		os.WriteFile("testdata/backup.txt", []byte(got), 0o644)
	}
	if want, err := os.ReadFile("testdata/backup.txt"); err != nil || string(want) != got {
		t.Errorf("%v: got\n%s", err, got)
	}
}

// TestBackup: the line leads back to the seed however it is typed; one wrong character is
// found and its group named; two, swapped or lost ones are found out.
func TestBackup(t *testing.T) {
	seed := Seed{1, 2, 3, 250}
	text := seed.Text()
	if len(text) != 69 || strings.Count(text, " ") != 13 {
		t.Errorf("%q", text)
	}
	digits := strings.NewReplacer("o", "0", "l", "1", "b", "8").Replace(text)
	for _, form := range []string{text, strings.ToUpper(text), strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(text, " ", "-"), " " + text + " ", digits} {
		if got, err := ParseSeed(form); err != nil || got != seed {
			t.Errorf("%q: %v", form, err)
		}
	}
	for i := range text {
		bad := []byte(text)
		if bad[i] == ' ' {
			continue
		}
		if bad[i]++; bad[i] > 'z' || bad[i] == '8' {
			bad[i] = 'b'
		}
		var typo TypoError
		if _, err := ParseSeed(string(bad)); !errors.As(err, &typo) || int(typo) != i/5+1 {
			t.Errorf("%s: %v, want group %d", bad, err, i/5+1)
		}
		if _, err := ParseSeed(text[:i] + text[i+1:]); err != ErrSeed {
			t.Errorf("a character less: %v", err)
		}
	}
	if _, err := ParseSeed(text[5:] + " " + text[:4]); err != ErrSeedTyped {
		t.Errorf("groups moved: %v", err)
	}
	if got := TypoError(12).Error(); !strings.HasSuffix(got, "group 12") {
		t.Error(got)
	}
}

func FuzzSeed(f *testing.F) {
	seed := Seed{7}
	f.Add(seed.Text())
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := ParseSeed(s); err == nil {
			if again, err := ParseSeed(got.Text()); err != nil || again != got {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
}

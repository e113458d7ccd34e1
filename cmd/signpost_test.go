package cmd_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A signpost is a document's name and a section's in quotation marks, with a comma or in
// brackets. The document is named from the top of the repository, or without a folder
// when it stands beside the text.
var (
	signpost = regexp.MustCompile(`([a-z0-9/]*(?:wire|queues)\.md),? \(?"([^"]+)"(?:(?: and|,) "([^"]+)")?`)
	within   = regexp.MustCompile(`\bsee "([^"]+)"`)
	mdLink   = regexp.MustCompile(`\]\(([^):#]+)\)`)
	comment  = regexp.MustCompile(`\n[ \t]*// ?`)
)

// TestSignposts: every section that a comment or a document refers to exists, and so
// does every file that a document links to.
func TestSignposts(t *testing.T) {
	seen := 0
	eachText(t, func(path, text string) {
		for _, m := range signpost.FindAllStringSubmatch(text, -1) {
			document := m[1]
			if !strings.Contains(document, "/") {
				document = filepath.Join(filepath.Dir(path), document)
			}
			for _, section := range m[2:] {
				if section == "" {
					continue
				}
				if seen++; !slices.Contains(sections(document), section) {
					t.Errorf("%s refers to %q of %s, which has no such section", path, section, document)
				}
			}
		}
		if filepath.Ext(path) == ".md" {
			testDocument(t, path, text)
		}
	})
	t.Logf("references to sections lead somewhere: %d", seen)
	if seen < 50 {
		t.Errorf("%d signposts found, want 50 at least: are they still read?", seen)
	}
}

func testDocument(t *testing.T, path, text string) {
	for _, m := range within.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(sections(path), m[1]) {
			t.Errorf("%s has no section %q", path, m[1])
		}
	}
	for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("..", filepath.Dir(path), m[1])); err != nil {
			t.Errorf("%s links to %s: %v", path, m[1], err)
		}
	}
}

// sections returns the headings of a document; none: there is no such file.
func sections(document string) (names []string) {
	text, _ := os.ReadFile(filepath.Join("..", document))
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			names = append(names, strings.TrimSpace(strings.TrimLeft(line, "#")))
		}
	}
	return names
}

// eachText calls do for every Go file and every document, by its path from the top;
// comments of several lines are one.
func eachText(t *testing.T, do func(path, text string)) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".." {
			if d != nil && d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if ext := filepath.Ext(path); d.IsDir() || ext != ".go" && ext != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel("..", path)
		do(name, strings.ReplaceAll(comment.ReplaceAllString(string(text), " "), "\n", " "))
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

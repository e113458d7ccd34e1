package cmd_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lost are signposts that are known to lead nowhere. Mend one, and it must go from
// here; none may come.
var lost = map[string]bool{
	"hop/below.go Queues": true, "hop/intake.go Queues": true, "hop/outlet.go Queues": true, "hop/stint.go Queues": true, // link's
	"hop/const.go Constants": true, "hop/const_session.go Constants": true, "link/const.go Constants": true, "route/const.go Constants": true,
	"hop/gone.go Ends": true, "hop/label.go Labels": true,
	"pay/doc.go": true, // has no specification yet
}

var (
	// A file, with what follows it in quotes: file, "A" and "B"; file ("A"); file#a.
	// A file without a folder is the package's own.
	signpost = regexp.MustCompile("((?:[a-z]+/)*wire[a-z_]*\\.md)(#[\\w-]+)?((?:[\\s,()\\]`]+(?:and |section )?\"[^\"]+\")*)")
	backward = regexp.MustCompile("\"([^\"]+)\" (?:of|in) `?((?:[a-z]+/)*wire[a-z_]*\\.md)")
	quoted   = regexp.MustCompile(`"([^"]+)"`)
	// What can be referred to: a heading, without what follows in parentheses, and
	// what a paragraph begins with in bold.
	heading = regexp.MustCompile(`(?m)^#+ (.+?)(?: \(.*)?$|^\*\*(.+?)[.:,]?\*\*`)
	spaces  = regexp.MustCompile(`\s+`)
)

// TestSignposts: every section of a wire specification that a comment or a text
// refers to is there.
func TestSignposts(t *testing.T) {
	all, broken := 0, map[string]bool{}
	visit := func(path, text string) {
		for _, r := range references(text) {
			if r.section != "" {
				all++
			}
			if why := follow(path, r); why != "" {
				key := strings.TrimSpace(path + " " + r.section)
				if broken[key] = true; !lost[key] {
					t.Errorf("%s: %q of %s: %s", path, r.section, r.file, why)
				}
			}
		}
	}
	for _, s := range sources(t, ".") {
		for _, c := range s.Comments {
			visit(s.path, c.Text())
		}
	}
	walk(t, ".", func(path string) { visit(path, read(t, path)) }, ".md")
	t.Logf("%d references to a section, %d signposts lead nowhere", all, len(broken))
	for key := range lost {
		if !broken[key] {
			t.Errorf("%q leads somewhere, or is gone: remove it from the list", key)
		}
	}
}

// A reference names a file and one section of it, or none. An anchor begins with #.
type reference struct{ file, section string }

// references finds those of a text.
func references(text string) (all []reference) {
	text = spaces.ReplaceAllString(text, " ")
	for _, m := range signpost.FindAllStringSubmatch(text, -1) {
		all = append(all, reference{m[1], m[2]})
		for _, q := range quoted.FindAllStringSubmatch(m[3], -1) {
			all = append(all, reference{m[1], q[1]})
		}
	}
	for _, m := range backward.FindAllStringSubmatch(text, -1) {
		all = append(all, reference{m[2], m[1]})
	}
	return all
}

// follow says why a reference in a file leads nowhere.
func follow(from string, r reference) string {
	own := !strings.Contains(r.file, "/")
	file := r.file
	if own {
		file = path.Join(path.Dir(from), r.file)
	}
	text, err := os.ReadFile(filepath.Join("..", file))
	switch {
	case err != nil && own && r.section == "" && strings.HasSuffix(from, ".md"):
		return "" // all of them are meant
	case err != nil:
		return "there is no " + file
	case r.section != "" && !slices.Contains(sections(string(text)), r.section):
		return "no such section"
	}
	return ""
}

// sections are what a text can be entered by, each by its words and as an anchor.
func sections(text string) (all []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		words := m[1] + m[2]
		all = append(all, words, "#"+strings.ReplaceAll(strings.ToLower(words), " ", "-"))
	}
	return all
}

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

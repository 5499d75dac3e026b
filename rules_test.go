package ifmatch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rulesPage checks a page of rules against the code that it names.
type rulesPage struct {
	tree  fs.FS
	names map[string]map[string]bool // that a file or, for tests, a folder declares
	wrong []string
}

// Forms of the cells. A rule begins with the words that somebody looks for, in bold; a promise
// refers to rules by these words.
var (
	ruleCell    = regexp.MustCompile(`^\*\*([^*]+)\*\*.*\.$`)
	codeCell    = regexp.MustCompile("^`([\\w/]+\\.go)` `([\\w.]+)`$")
	testCell    = regexp.MustCompile("^`(Test\\w+)(/[^`]+)?`$")
	promiseCell = regexp.MustCompile(`^(\d)\. (.+)$`)
	promiseLine = regexp.MustCompile(`(?m)^(\d)\. \*\*(.+)\.\*\*`)
)

// check returns what is wrong with a page, one line for each fault, and how many rules it has.
// promises are the lines that the page must have in the table of promises.
func (p *rulesPage) check(page string, promises []string) (rules int, wrong []string) {
	p.names, p.wrong = map[string]map[string]bool{}, nil
	known, kept := map[string]bool{}, map[string]bool{}
	var carriers [][2]string // a promise and the words of a rule that carries it
	for i, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| rule ") ||
			strings.HasPrefix(line, "| promise ") {
			continue
		}
		row := fmt.Sprintf("line %d: %s", i+1, line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 3 {
			p.fault(row, "it has %d cells, not three", len(cells))
			continue
		}
		if promiseCell.MatchString(cells[0]) {
			kept[cells[0]] = true
			for _, name := range strings.Split(cells[1], ", ") {
				p.checkTest(row, "promises_test.go", name)
			}
			for _, words := range strings.Split(cells[2], "; ") {
				carriers = append(carriers, [2]string{row, words})
			}
			continue
		}
		rules++
		p.checkRow(row, cells, known)
	}
	for _, c := range carriers {
		if !known[c[1]] {
			p.fault(c[0], "no rule begins with %q", c[1])
		}
	}
	for _, promise := range promises {
		if !kept[promise] {
			p.fault("promise", "%s is not there", promise)
		}
	}
	return rules, p.wrong
}

func (p *rulesPage) fault(row, format string, args ...any) {
	p.wrong = append(p.wrong, row+": "+fmt.Sprintf(format, args...))
}

// checkRow checks the three cells of a rule.
func (p *rulesPage) checkRow(row string, cells []string, known map[string]bool) {
	if m := ruleCell.FindStringSubmatch(cells[0]); m == nil {
		p.fault(row, "the rule is no sentence that begins with the words to look for, in bold")
	} else {
		if known[m[1]] {
			p.fault(row, "the rule stands there twice")
		}
		known[m[1]] = true
	}
	code := codeCell.FindStringSubmatch(cells[1])
	if code == nil {
		p.fault(row, "%q is no file and function", cells[1])
		return
	}
	switch names, err := p.declared(code[1]); {
	case err != nil:
		p.fault(row, "%v", err)
	case !names[code[2]]:
		p.fault(row, "%s does not declare %s", code[1], code[2])
	}
	p.checkTest(row, path.Join(path.Dir(code[1]), "*_test.go"), cells[2])
}

// checkTest checks that a test stands in one of the files. The name of a subtest is for people.
func (p *rulesPage) checkTest(row, files, cell string) {
	m := testCell.FindStringSubmatch(cell)
	if m == nil {
		p.fault(row, "%q is no test", cell)
		return
	}
	switch names, err := p.declared(files); {
	case err != nil:
		p.fault(row, "%v", err)
	case !names[m[1]]:
		p.fault(row, "%s does not declare %s", files, m[1])
	}
}

// declared returns the names that files declare; methods as type.method.
func (p *rulesPage) declared(pattern string) (map[string]bool, error) {
	if names, ok := p.names[pattern]; ok {
		return names, nil
	}
	files, err := fs.Glob(p.tree, pattern)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no %s", pattern)
	}
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := fs.ReadFile(p.tree, file)
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			declaredNames(d, names)
		}
	}
	p.names[pattern] = names
	return names, nil
}

func declaredNames(d ast.Decl, names map[string]bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d.Recv.List[0].Type) + "." + name
		}
		names[name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names[n.Name] = true
				}
			}
		}
	}
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func TestEveryRuleNamesWhereItIsDecidedAndTheTestThatBreaksWithoutIt(t *testing.T) {
	page, err := os.ReadFile("RULES.md")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var promises []string
	for _, m := range promiseLine.FindAllStringSubmatch(string(readme), -1) {
		promises = append(promises, m[1]+". "+m[2])
	}
	require.Len(t, promises, 6, "the README has six promises")
	p := rulesPage{tree: os.DirFS(".")}
	rules, wrong := p.check(string(page), promises)
	for _, w := range wrong {
		t.Error("RULES.md: " + w)
	}
	t.Logf("%d rules", rules)
	assert.Greater(t, rules, 60)
}

func TestAWrongRowOfThePageOfRulesIsNamed(t *testing.T) {
	tree := fstest.MapFS{
		"tag.go": {Data: []byte("package p\n\ntype tag struct{}\n\nfunc (t *tag) weak() {}\n\n" +
			"type list[T any] struct{}\n\nfunc (l *list[T]) add() {}\n\nfunc free() {}\n\nvar table = 1\n")},
		"tag_test.go":      {Data: []byte("package p\n\nfunc TestWeak() {}\n")},
		"sub/more.go":      {Data: []byte("package sub\n\nfunc more() {}\n")},
		"sub/more_test.go": {Data: []byte("package sub\n\nfunc TestMore() {}\n")},
		"promises_test.go": {Data: []byte("package p\n\nfunc TestPromise() {}\n")},
	}
	const good = "| rule | decided in | breaks without it |\n|---|---|---|\n" +
		"| **Weak tags** stay. | `tag.go` `tag.weak` | `TestWeak/as it came` |\n" +
		"| **Lists** grow. | `tag.go` `list.add` | `TestWeak` |\n" +
		"| **Tables** decide. | `tag.go` `table` | `TestWeak` |\n" +
		"| **More** is below. | `sub/more.go` `more` | `TestMore` |\n"
	const promise = "| promise | tests | carried by |\n|---|---|---|\n| 1. Kept | `TestPromise` | Weak tags; More |\n"
	for name, tc := range map[string]struct{ page, wrong string }{
		"nothing":    {page: promise + good},
		"no promise": {page: good, wrong: "promise: 1. Kept is not there"},
		"no promise's test": {
			page:  good + strings.Replace(promise, "TestPromise", "TestWeak", 1),
			wrong: "promises_test.go does not declare TestWeak",
		},
		"no carrier": {
			page:  good + strings.Replace(promise, "; More", "; Less", 1),
			wrong: `no rule begins with "Less"`,
		},
		"two cells": {
			page:  promise + good + "| **A rule** is. | `tag.go` `free` |\n",
			wrong: "it has 2 cells, not three",
		},
		"no words in bold": {
			page:  promise + good + "| A rule is. | `tag.go` `free` | `TestWeak` |\n",
			wrong: "in bold",
		},
		"no sentence": {
			page:  promise + good + "| **A rule** | `tag.go` `free` | `TestWeak` |\n",
			wrong: "no sentence",
		},
		"twice": {
			page:  promise + good + "| **More** is. | `tag.go` `free` | `TestWeak` |\n",
			wrong: "twice",
		},
		"no function": {
			page:  promise + good + "| **A rule** is. | `tag.go` | `TestWeak` |\n",
			wrong: "is no file and function",
		},
		"another's method": {
			page:  promise + good + "| **A rule** is. | `tag.go` `list.weak` | `TestWeak` |\n",
			wrong: "tag.go does not declare list.weak",
		},
		"no such file": {
			page:  promise + good + "| **A rule** is. | `gone.go` `free` | `TestWeak` |\n",
			wrong: "there is no gone.go",
		},
		"an empty test": {
			page:  promise + good + "| **A rule** is. | `tag.go` `free` | |\n",
			wrong: `"" is no test`,
		},
		"no such test": {
			page:  promise + good + "| **A rule** is. | `tag.go` `free` | `TestGone` |\n",
			wrong: "does not declare TestGone",
		},
		"another folder's": {
			page:  promise + good + "| **A rule** is. | `sub/more.go` `more` | `TestWeak` |\n",
			wrong: "does not declare TestWeak",
		},
	} {
		p := rulesPage{tree: tree}
		_, wrong := p.check(tc.page, []string{"1. Kept"})
		if tc.wrong == "" {
			assert.Empty(t, wrong, name)
		} else if assert.Len(t, wrong, 1, name) {
			assert.Contains(t, wrong[0], tc.wrong, name)
		}
	}
}

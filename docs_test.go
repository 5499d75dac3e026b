package ifmatch_test

import (
	"cmp"
	"go/ast"
	godoc "go/doc"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readPackage reads the documentation of the package in dir, and its examples.
func readPackage(t *testing.T, dir, path string) (*godoc.Package, []*godoc.Example) {
	t.Helper()
	fset := token.NewFileSet()
	var code, tests []*ast.File
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, dir+"/"+e.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		if strings.HasSuffix(e.Name(), "_test.go") {
			tests = append(tests, f)
		} else {
			code = append(code, f)
		}
	}
	p, err := godoc.NewFromFiles(fset, code, path)
	require.NoError(t, err)
	return p, godoc.Examples(tests...)
}

func TestEveryExportedNameIsDocumentedAndHasACheckedExample(t *testing.T) {
	p, examples := readPackage(t, ".", "github.com/ifmatch-go/ifmatch")
	shown := map[string]bool{} // by the name that the example is about
	for _, e := range examples {
		name, _, _ := strings.Cut(e.Name, "_")
		shown[name] = shown[name] || e.Output != "" || e.EmptyOutput
	}
	names, kinds := 0, 0
	check := func(name, text, example string) {
		names++
		assert.NotEmpty(t, text, "%s has no doc comment", name)
		assert.True(t, shown[example], "%s has no example with checked output", name)
	}
	// values checks variables and constants; those of a type are shown by its example.
	values := func(list []*godoc.Value, typ string) {
		for _, v := range list {
			for _, s := range v.Decl.Specs {
				s := s.(*ast.ValueSpec)
				for _, n := range s.Names {
					if n.IsExported() && typ == "Kind" {
						kinds++
					}
					if n.IsExported() {
						check(n.Name, v.Doc+s.Doc.Text(), cmp.Or(typ, n.Name))
					}
				}
			}
		}
	}
	funcs := func(list []*godoc.Func) {
		for _, f := range list {
			check(f.Name, f.Doc, f.Name)
		}
	}
	funcs(p.Funcs)
	values(p.Vars, "")
	values(p.Consts, "")
	for _, typ := range p.Types {
		check(typ.Name, typ.Doc, typ.Name)
		funcs(typ.Funcs)
		values(typ.Consts, typ.Name)
		values(typ.Vars, "")
		for _, m := range typ.Methods {
			assert.NotEmpty(t, m.Doc, "%s.%s has no doc comment", typ.Name, m.Name)
		}
	}
	t.Logf("%d exported names, %d of them kinds", names, kinds)
	assert.LessOrEqual(t, names-kinds, 55, "each name has to earn its place")
}

package dialect_test

import (
	"go/ast"
	godoc "go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryExportedNameIsDocumentedAndHasACheckedExample(t *testing.T) {
	fset := token.NewFileSet()
	var code, tests []*ast.File
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			tests = append(tests, f)
		} else {
			code = append(code, f)
		}
	}
	p, err := godoc.NewFromFiles(fset, code, "github.com/ifmatch-go/ifmatch/dialect")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, e := range godoc.Examples(tests...) {
		shown[e.Name] = e.Output != ""
	}
	check := func(name, text string) {
		assert.NotEmpty(t, text, "%s has no doc comment", name)
		assert.True(t, shown[name], "%s has no example with checked output", name)
	}
	dialects := 0
	funcs := func(list []*godoc.Func) {
		for _, f := range list {
			check(f.Name, f.Doc)
			if f.Name == "Rows" {
				continue // not a dialect
			}
			dialects++
			if f.Name != "Version" {
				assert.Contains(t, f.Doc, "What cannot be guarded:", f.Name)
				assert.Contains(t, f.Doc, "Source:", f.Name)
			}
		}
	}
	funcs(p.Funcs)
	for _, typ := range p.Types {
		check(typ.Name, typ.Doc)
		funcs(typ.Funcs)
	}
	assert.Equal(t, 12, dialects)
	check("", p.Doc)
}

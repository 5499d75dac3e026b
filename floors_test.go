package ifmatch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors is the architecture of the package: a file uses only what lies on a lower
// floor, and neighbours on a floor do not know each other. A new file gets its place
// here, or the test fails.
var floors = [][]string{
	{"doc.go"},
	{"etag.go", "retryafter.go", "problem_body.go", "errtext.go"},
	{"problem.go", "kind.go", "facts.go", "vendor.go", "vendor_cloud.go"}, // what an answer says
	{"condition.go", "representation.go"},
	{"merge.go", "retry.go"},
	{"dialect.go"},
	{"ledger.go"},
	{"client.go", "stamp.go"},
	{"change.go"},
	{"perform.go"},
	{"conflict.go", "learn.go"},
	{"write.go"},
	{"update.go"},
	{"transport.go"},
}

// together lists files that share one theme and may know each other.
var together = [][]string{{"problem.go", "kind.go", "facts.go", "vendor.go", "vendor_cloud.go"}}

func TestNoFileReachesUpAFloor(t *testing.T) {
	floor := map[string]int{}
	for i, files := range floors {
		for _, f := range files {
			floor[f] = i
		}
	}
	fset := token.NewFileSet()
	files := map[string]*ast.File{}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		require.Contains(t, floor, name, "this file has no floor yet")
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files[name] = f
	}
	for name := range floor {
		_, err := os.Stat(name)
		require.NoError(t, err, "a floor lists a file that is not there")
	}

	home, method := map[string]string{}, map[string]string{}
	for name, f := range files {
		for _, d := range f.Decls {
			declare(d, func(id string) { home[id] = name }, func(id string) { method[id] = name })
		}
	}
	for _, bad := range reaches(files, home, floor) {
		t.Error(fset.Position(bad.at), bad.text)
	}
}

// declare calls global for each name that d declares in the package.
func declare(d ast.Decl, global, method func(string)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			global(d.Name.Name)
		} else {
			method(d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				global(s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					global(n.Name)
				}
			}
		}
	}
}

type reach struct {
	at   token.Pos
	text string
}

func reaches(files map[string]*ast.File, home map[string]string, floor map[string]int) (bad []reach) {
	for name, f := range files {
		local := localNames(f)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				ast.Inspect(n.X, func(x ast.Node) bool { return true })
			case *ast.Ident:
				to, ok := home[n.Name]
				if !ok || to == name || local[n] || floor[to] < floor[name] || familiar(name, to) {
					return true
				}
				text := fmt.Sprintf("%s (floor %d) uses %s of %s (floor %d)", name, floor[name], n.Name, to, floor[to])
				bad = append(bad, reach{n.Pos(), text})
			}
			return true
		})
	}
	return bad
}

func familiar(a, b string) bool {
	return slices.ContainsFunc(together, func(g []string) bool { return slices.Contains(g, a) && slices.Contains(g, b) })
}

// localNames lists the identifiers that do not refer to the package's scope:
// selectors, fields, keys of literals, and what functions declare themselves.
func localNames(f *ast.File) map[*ast.Ident]bool {
	local := map[*ast.Ident]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			local[n.Sel] = true
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok {
				local[id] = true
			}
		case *ast.Field:
			for _, id := range n.Names {
				local[id] = true
			}
		case *ast.FuncDecl:
			if n.Recv != nil {
				local[n.Name] = true
			}
			shadow(n, local)
		case *ast.FuncLit:
			shadow(n, local)
		}
		return true
	})
	return local
}

// shadow marks, within a function, the uses of names that it declares: parameters,
// results, := and var.
func shadow(fn ast.Node, local map[*ast.Ident]bool) {
	own := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, l := range n.Lhs {
					if id, ok := l.(*ast.Ident); ok {
						own[id.Name] = true
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					own[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				own[id.Name] = true
			}
		case *ast.Field:
			for _, id := range n.Names {
				own[id.Name] = true
			}
		}
		return true
	})
	ast.Inspect(fn, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && own[id.Name] {
			local[id] = true
		}
		return true
	})
}

func TestTheFloorTestSeesAFileThatReachesUp(t *testing.T) {
	fset := token.NewFileSet()
	low, err := parser.ParseFile(fset, "low.go", "package p\nfunc a() { b() }", parser.SkipObjectResolution)
	require.NoError(t, err)
	high, err := parser.ParseFile(fset, "high.go", "package p\nfunc b() {}", parser.SkipObjectResolution)
	require.NoError(t, err)
	bad := reaches(map[string]*ast.File{"low.go": low, "high.go": high},
		map[string]string{"a": "low.go", "b": "high.go"}, map[string]int{"low.go": 1, "high.go": 2})
	require.Len(t, bad, 1)
	require.Equal(t, "low.go (floor 1) uses b of high.go (floor 2)", bad[0].text)
}

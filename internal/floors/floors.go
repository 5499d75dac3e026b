// Package floors checks, in a test, that the files of a package lie on floors: a file uses only
// what lies on a lower floor, and on its own floor only what belongs to its own theme.
//
// A file uses another one when it mentions anything that the other one declares: a type, a
// function, a variable or a constant, and likewise a method, whose home is the file that declares
// it and not that of its receiver's type, and a field, whose home is the file of its struct. What
// happens without a mention does not count: a type that satisfies an interface, and a method that
// the standard library calls through one.
package floors

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Floor lists themes that do not know each other.
type Floor []Theme

// A Theme lists the names of files that may know each other.
type Theme []string

// A Report is what [Check] found.
type Report struct {
	// Reaches are the uses that the floors do not allow, in the order of the files and lines.
	Reaches []Reach
	// Arrows counts the pairs of files of which one uses the other. Up counts those that lead to a
	// higher floor and Sideways those that lead to another theme of the same one.
	Arrows, Up, Sideways int
	// Circles lists the files that use each other, directly or through others. The floors allow
	// them within a theme.
	Circles [][]string
}

// A Reach is one use of what lies higher, or on the same floor in another theme.
type Reach struct {
	Position token.Position
	// Text says which file uses what of which file; floors are counted from 1.
	Text string
}

// String returns the position and the text.
func (r Reach) String() string { return r.Position.String() + ": " + r.Text }

// Check checks the package in a folder against its floors, the lowest first. Test files have no
// floor. A file that has no place or two, a place without a file, and a package that does not
// compile are errors. The package must not depend on build tags.
func Check(dir string, floors []Floor) (Report, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return Report{}, err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	places, err := locate(paths, floors)
	if err != nil {
		return Report{}, err
	}
	c := check{fset: token.NewFileSet(), places: places, arrows: map[arrow]bool{}}
	for _, path := range paths {
		file, err := parser.ParseFile(c.fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return Report{}, err
		}
		c.files = append(c.files, file)
	}
	if err := c.typeCheck(dir); err != nil {
		return Report{}, err
	}
	return c.report(), nil
}

// place is where a file lies.
type place struct{ floor, theme int }

// locate returns the place of each file, by its name, and says which files have none.
func locate(paths []string, floors []Floor) (map[string]place, error) {
	places := map[string]place{}
	var wrong []error
	for f, floor := range floors {
		for t, theme := range floor {
			for _, name := range theme {
				if _, twice := places[name]; twice {
					wrong = append(wrong, fmt.Errorf("%s has two places", name))
				}
				places[name] = place{f + 1, t}
			}
		}
	}
	there := map[string]bool{}
	for _, path := range paths {
		name := filepath.Base(path)
		there[name] = true
		if _, ok := places[name]; !ok {
			wrong = append(wrong, fmt.Errorf("%s has no floor yet", name))
		}
	}
	for name, at := range places {
		if !there[name] {
			wrong = append(wrong, fmt.Errorf("%s on floor %d is not there", name, at.floor))
		}
	}
	return places, errors.Join(wrong...)
}

// arrow leads from a file to one that it uses.
type arrow struct{ from, to string }

type check struct {
	fset    *token.FileSet
	files   []*ast.File
	places  map[string]place
	pkg     *types.Package
	info    types.Info
	arrows  map[arrow]bool
	reaches []Reach
}

// typeCheck finds out what each identifier stands for.
func (c *check) typeCheck(dir string) error {
	exports, err := exportData(dir, c.files)
	if err != nil {
		return err
	}
	c.info = types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	conf := types.Config{Importer: importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	c.pkg, err = conf.Check(dir, c.fset, c.files, &c.info)
	return err
}

// exportData returns, for each package that the files import, the file in the build cache that
// describes it. That is much quicker than to type-check the imports, and needs no network.
func exportData(dir string, files []*ast.File) (map[string]string, error) {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "--"}
	for _, file := range files {
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			args = append(args, path)
		}
	}
	exports := map[string]string{}
	if args[len(args)-1] == "--" {
		return exports, nil // nothing is imported, and go list would describe the folder
	}
	list := exec.Command("go", args...)
	list.Dir = dir
	out, err := list.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
	} else if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		path, export, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = export
	}
	return exports, nil
}

func (c *check) report() Report {
	for _, file := range c.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				c.use(n.Pos(), c.info.Uses[n])
			case *ast.SelectorExpr:
				c.embedded(n.Sel.Pos(), c.info.Selections[n])
			}
			return true
		})
	}
	slices.SortStableFunc(c.reaches, func(a, b Reach) int {
		if order := strings.Compare(a.Position.Filename, b.Position.Filename); order != 0 {
			return order
		}
		return a.Position.Offset - b.Position.Offset
	})
	r := Report{Reaches: c.reaches, Arrows: len(c.arrows)}
	for a := range c.arrows {
		switch from, to := c.places[a.from], c.places[a.to]; {
		case from.floor < to.floor:
			r.Up++
		case from.floor == to.floor && from.theme != to.theme:
			r.Sideways++
		}
	}
	r.Circles = circles(c.arrows)
	return r
}

// circles returns the groups of files that arrows lead between in both directions, sorted.
func circles(arrows map[arrow]bool) [][]string {
	leads := map[string]map[string]bool{}
	for a := range arrows {
		if leads[a.from] == nil {
			leads[a.from] = map[string]bool{}
		}
		leads[a.from][a.to] = true
	}
	reached := map[string]map[string]bool{}
	for from := range leads {
		there := map[string]bool{}
		for next := []string{from}; len(next) > 0; next = next[1:] {
			for to := range leads[next[0]] {
				if !there[to] {
					there[to] = true
					next = append(next, to)
				}
			}
		}
		reached[from] = there
	}
	var groups [][]string
	done := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(reached)) {
		if done[file] || !reached[file][file] {
			continue
		}
		var group []string
		for to := range reached[file] {
			if reached[to][file] {
				group, done[to] = append(group, to), true
			}
		}
		slices.Sort(group)
		groups = append(groups, group)
	}
	return groups
}

// embedded accounts for the embedded fields that a selector passes through without naming them.
func (c *check) embedded(at token.Pos, s *types.Selection) {
	if s == nil {
		return
	}
	path := s.Index()
	for t := s.Recv(); len(path) > 1; path = path[1:] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		field := t.Underlying().(*types.Struct).Field(path[0])
		c.use(at, field)
		t = field.Type()
	}
}

// use accounts for one use of an object.
func (c *check) use(at token.Pos, used types.Object) {
	if used == nil || used.Pkg() != c.pkg {
		return
	}
	position := c.fset.Position(at)
	from, to := filepath.Base(position.Filename), filepath.Base(c.fset.Position(used.Pos()).Filename)
	if from == to {
		return
	}
	c.arrows[arrow{from, to}] = true
	own, other := c.places[from], c.places[to]
	if own.floor > other.floor || own == other {
		return
	}
	text := fmt.Sprintf("%s (floor %d) uses %s of %s (floor %d)", from, own.floor, used.Name(), to, other.floor)
	c.reaches = append(c.reaches, Reach{position, text})
}

package jsonmerge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Rule says how the values at a path are merged.
type Rule struct {
	// Path is a JSON Pointer (RFC 6901) in which the token * stands for any one member or element,
	// and the token ** for any number of them, none too. "" is the root. A member that is really
	// called * is written ~2 (~2~2 for **). Elements of arrays are reached by * and ** alone: an
	// index means different elements in the three documents.
	Path string

	// Strategy is how; it may be empty when Func is set.
	Strategy Strategy

	// Func decides instead, when both sides changed the value; it is taken as a whole, there is no
	// merging inside. Leaving the conflict undecided reports it. An error ends the merge with that
	// error.
	Func func(Conflict) (Resolution, error)
}

// Rules are the rules of a merge: checked when they were made, immutable, safe for concurrent use.
// The zero value has none.
//
// Where several rules hold for a value, each group of a [Strategy] is taken from the last rule that
// sets it.
type Rules struct {
	ruleSet
}

// NewRules checks the rules. The error names the first that is wrong.
func NewRules(rules ...Rule) (Rules, error) {
	list := make([]compiledRule, 0, len(rules))
	for _, r := range rules {
		c, err := r.compile()
		if err != nil {
			return Rules{}, fmt.Errorf("jsonmerge: rule for %s: %w", quoteBounded(r.Path), err)
		}
		list = append(list, c)
	}
	return Rules{compileRules(list)}, nil
}

// MustRules is NewRules for rules that are written in the program; it panics when one is wrong.
func MustRules(rules ...Rule) Rules {
	r, err := NewRules(rules...)
	if err != nil {
		panic(err)
	}
	return r
}

// ParseRules reads what [Rules.String] prints: one rule to a line, the path, white space, the
// strategy. A path with white space or quotes in it, and the empty path, are in Go's double quotes.
// Empty lines and lines that begin with # are skipped.
func ParseRules(text string) (Rules, error) {
	var rules []Rule
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		path, strategy := line, ""
		if quoted, err := strconv.QuotedPrefix(line); err == nil {
			path, _ = strconv.Unquote(quoted)
			strategy = line[len(quoted):]
		} else if cut := strings.IndexAny(line, " \t"); cut >= 0 {
			path, strategy = line[:cut], line[cut:]
		}
		r := Rule{Path: path, Strategy: Strategy(strings.TrimSpace(strategy))}
		if _, err := r.compile(); err != nil {
			return Rules{}, fmt.Errorf("jsonmerge: line %d: rule for %s: %w", i+1, quoteBounded(path), err)
		}
		rules = append(rules, r)
	}
	return NewRules(rules...)
}

// With returns the rules of r followed by those of others: where they disagree, the later ones
// hold.
func (r Rules) With(others ...Rules) Rules {
	list := slices.Clone(r.list)
	for _, o := range others {
		list = append(list, o.list...)
	}
	return Rules{compileRules(list)}
}

// Under returns the rules of r for a part of a larger document: each path is continued from prefix,
// which may have wildcards.
func (r Rules) Under(prefix string) (Rules, error) {
	outer, err := parsePattern(prefix)
	if err != nil {
		return Rules{}, fmt.Errorf("jsonmerge: rules under %s: %w", quoteBounded(prefix), err)
	}
	list := make([]compiledRule, len(r.list))
	for i, c := range r.list {
		list[i] = compiledRule{path: prefix + c.path, tokens: slices.Concat(outer, c.tokens), plan: c.plan}
	}
	return Rules{compileRules(list)}, nil
}

// Len is the number of rules.
func (r Rules) Len() int { return len(r.list) }

// String prints one rule to a line, in the form that [ParseRules] reads. A rule's Func is printed
// as "func", which cannot be read back.
func (r Rules) String() string {
	var b strings.Builder
	for i := range r.list {
		c := &r.list[i]
		path := c.path
		if path == "" || path[0] == '#' || strings.ContainsAny(path, "\" ") || strconv.Quote(path) != `"`+path+`"` {
			path = strconv.Quote(path)
		}
		fmt.Fprintf(&b, "%s %s\n", path, c.plan.String())
	}
	return b.String()
}

func (r Rule) compile() (compiledRule, error) {
	tokens, err := parsePattern(r.Path)
	if err != nil {
		return compiledRule{}, err
	}
	c := compiledRule{path: r.Path, tokens: tokens}
	if r.Strategy != "" {
		if c.plan, err = r.Strategy.parse(); err != nil {
			return compiledRule{}, err
		}
	} else if r.Func == nil {
		return compiledRule{}, fmt.Errorf("neither a strategy nor a function")
	}
	if r.Func != nil {
		if c.plan.shape != shapeDefault {
			return compiledRule{}, fmt.Errorf("a function and strategy %s exclude each other", quoteBounded(string(r.Strategy)))
		}
		c.plan.shape, c.plan.decide = shapeFunc, r.Func
	}
	return c, nil
}

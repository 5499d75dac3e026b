package jsonmerge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Rule says how the values at a path are merged.
type Rule struct {
	// Path is a JSON Pointer (RFC 6901) in which the token * stands for any one member or element, and the token **
	// for any number of them, none too. "" is the root. A member that is really called * is written ~2 (~2~2 for **).
	// Elements of arrays are reached by * and ** alone: an index means different elements in the three documents.
	Path string

	// Strategy is how; it may be empty when Func is set.
	Strategy Strategy

	// Func decides instead, when both sides changed the value; it is taken as a whole, there is no merging inside.
	// Leaving the conflict undecided reports it. An error ends the merge with that error.
	Func func(Conflict) (Resolution, error)
}

// Rules are the rules of a merge: checked when they were made, immutable, safe for concurrent use. The zero value has
// none.
//
// Where several rules hold for a value, each group of a [Strategy] is taken from the last rule that sets it.
type Rules struct {
	list     []compiledRule
	root     *ruleNode
	counters bool // some rule is a counter: what both sides changed alike is not settled before looking inside
}

type compiledRule struct {
	path   string // as written
	tokens []string
	plan   plan
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
	return compileRules(list), nil
}

// MustRules is NewRules for rules that are written in the program; it panics when one is wrong.
func MustRules(rules ...Rule) Rules {
	r, err := NewRules(rules...)
	if err != nil {
		panic(err)
	}
	return r
}

// ParseRules reads what [Rules.String] prints: one rule to a line, the path, white space, the strategy. A path with
// white space or quotes in it, and the empty path, are in Go's double quotes. Empty lines and lines that begin with #
// are skipped.
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

// With returns the rules of r followed by those of others: where they disagree, the later ones hold.
func (r Rules) With(others ...Rules) Rules {
	list := slices.Clone(r.list)
	for _, o := range others {
		list = append(list, o.list...)
	}
	return compileRules(list)
}

// Under returns the rules of r for a part of a larger document: each path is continued from prefix, which may have
// wildcards.
func (r Rules) Under(prefix string) (Rules, error) {
	outer, err := parsePattern(prefix)
	if err != nil {
		return Rules{}, fmt.Errorf("jsonmerge: rules under %s: %w", quoteBounded(prefix), err)
	}
	list := make([]compiledRule, len(r.list))
	for i, c := range r.list {
		list[i] = compiledRule{path: prefix + c.path, tokens: slices.Concat(outer, c.tokens), plan: c.plan}
	}
	return compileRules(list), nil
}

// Len is the number of rules.
func (r Rules) Len() int { return len(r.list) }

// String prints one rule to a line, in the form that [ParseRules] reads. A rule's Func is printed as "func", which
// cannot be read back.
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

// The wildcards in a parsed pattern begin with a byte that UTF-8 does not have, so no member is called like them.
const (
	anyOne  = "\xff*"
	anyMany = "\xff**"
)

func parsePattern(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if path[0] != '/' {
		return nil, fmt.Errorf("path does not begin with /")
	}
	tokens := strings.Split(path[1:], "/")
	for i, token := range tokens {
		switch token {
		case "*":
			tokens[i] = anyOne
		case "**":
			tokens[i] = anyMany
		default:
			plain, ok := unescapeToken(strings.ReplaceAll(token, "~2", "*"))
			if !ok {
				return nil, fmt.Errorf("in %s, ~ is not followed by 0, 1 or 2", quoteBounded(token))
			}
			tokens[i] = plain
		}
	}
	return tokens, nil
}

// A ruleNode is a state of the automaton that follows a path through the patterns of all rules at once.
type ruleNode struct {
	members map[string]*ruleNode
	any     *ruleNode // after *
	many    *ruleNode // after **, which may stand for nothing: whoever is here is there too
	stays   bool      // this is the state after **: every token leads back to it
	rules   []int     // rules whose pattern ends here
}

func compileRules(list []compiledRule) Rules {
	if len(list) == 0 {
		return Rules{}
	}
	root, counters := &ruleNode{}, false
	for i := range list {
		counters = counters || list[i].plan.shape == shapeCounter
		at := root
		for _, token := range list[i].tokens {
			at = at.child(token)
		}
		at.rules = append(at.rules, i)
	}
	return Rules{list: list, root: root, counters: counters}
}

func (n *ruleNode) child(token string) *ruleNode {
	switch token {
	case anyOne:
		if n.any == nil {
			n.any = &ruleNode{}
		}
		return n.any
	case anyMany:
		if n.stays { // /**/** is /**
			return n
		}
		if n.many == nil {
			n.many = &ruleNode{stays: true}
		}
		return n.many
	}
	if n.members == nil {
		n.members = map[string]*ruleNode{}
	}
	if n.members[token] == nil {
		n.members[token] = &ruleNode{}
	}
	return n.members[token]
}

// A ruleWalk follows the path of a merge. The states of all levels lie in one slice, those of the current one last.
type ruleWalk struct {
	rules  Rules
	states []*ruleNode
	from   int // where the states of the current level begin
}

func newRuleWalk(rules Rules) ruleWalk {
	w := ruleWalk{rules: rules}
	if rules.root != nil {
		w.add(rules.root)
	}
	return w
}

func (w *ruleWalk) add(n *ruleNode) {
	for ; n != nil && !slices.Contains(w.states[w.from:], n); n = n.many {
		w.states = append(w.states, n)
	}
}

// enter goes to a member, or to an element when name is nil, and returns what leave needs.
func (w *ruleWalk) enter(name []byte) (level int) {
	level = w.from
	before := w.states[w.from:]
	w.from = len(w.states)
	for _, n := range before {
		if n.stays {
			w.add(n)
		}
		w.add(n.any)
		if name != nil && n.members != nil {
			w.add(n.members[string(name)])
		}
	}
	return level
}

func (w *ruleWalk) leave(level int) {
	w.states = w.states[:w.from]
	w.from = level
}

// active reports whether any rule can match here or further in.
func (w *ruleWalk) active() bool { return len(w.states) > w.from }

// counting reports whether there may be a counter here or further in.
func (w *ruleWalk) counting() bool { return w.rules.counters && w.active() }

// plan is what the rules say about the value reached, on top of what holds further out.
func (w *ruleWalk) plan(outer policy) (plan, policy) {
	var p plan
	shapedBy := -1
	for _, n := range w.states[w.from:] {
		for _, i := range n.rules {
			r := &w.rules.list[i].plan
			if r.shape != shapeDefault && i >= shapedBy {
				shapedBy = i
				p.shape, p.members, p.localFirst, p.decide = r.shape, r.members, r.localFirst, r.decide
			}
			outer.prefer.set(r.prefer, i)
			outer.deletion.set(r.deletion, i)
			outer.added.set(r.added, i)
		}
	}
	return p, outer
}

// A policy is what holds for a value and everything in it.
type policy struct {
	prefer, deletion, added standing
}

// A standing preference remembers which rule set it, counted from 1, so that a later rule is not undone by an earlier
// one that matches further in.
type standing struct {
	is preference
	by int
}

func (s *standing) set(to preference, rule int) {
	if to != unset && rule+1 >= s.by {
		*s = standing{to, rule + 1}
	}
}

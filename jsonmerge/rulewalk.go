package jsonmerge

import (
	"fmt"
	"slices"
	"strings"
)

// The wildcards in a parsed pattern begin with a byte that UTF-8 does not have, so no member is
// called like them.
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

// A ruleSet is a list of rules, and the automaton that finds those for a path. The zero value has
// none.
type ruleSet struct {
	list     []compiledRule
	root     *ruleNode
	counters bool // some rule is a counter: what both sides changed alike is not settled before looking inside
}

type compiledRule struct {
	path   string // as written
	tokens []string
	plan   plan
}

// A ruleNode is a state of the automaton that follows a path through the patterns of all rules at
// once.
type ruleNode struct {
	members map[string]*ruleNode
	any     *ruleNode // after *
	many    *ruleNode // after **, which may stand for nothing: whoever is here is there too
	stays   bool      // this is the state after **: every token leads back to it
	rules   []int     // rules whose pattern ends here
}

func compileRules(list []compiledRule) ruleSet {
	if len(list) == 0 {
		return ruleSet{}
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
	return ruleSet{list: list, root: root, counters: counters}
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

// A ruleWalk follows the path of a merge. The states of all levels lie in one slice, those of the
// current one last.
type ruleWalk struct {
	rules  ruleSet
	states []*ruleNode
	from   int // where the states of the current level begin
}

func newRuleWalk(rules ruleSet) ruleWalk {
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

// key returns the members that identify the elements of the array that the walk has reached, or
// nil.
func (w *ruleWalk) key() []Pointer {
	if p, _ := w.plan(policy{}); p.shape == shapeKeyed {
		return p.members
	}
	return nil
}

// A policy is what holds for a value and everything in it.
type policy struct {
	prefer, deletion, added standing
}

// A standing preference remembers which rule set it, counted from 1, so that a later rule is not
// undone by an earlier one that matches further in.
type standing struct {
	is preference
	by int
}

func (s *standing) set(to preference, rule int) {
	if to != unset && rule+1 >= s.by {
		*s = standing{to, rule + 1}
	}
}

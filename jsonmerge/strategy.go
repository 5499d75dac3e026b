package jsonmerge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Strategy says how a value is merged that both sides changed. It is written as in a struct tag:
// one word or several joined by commas, at most one of each group. A value that only one side
// changed is taken from that side, whatever the strategy.
//
// How the value is taken apart (holds for that value alone):
//
//	atomic         as a whole: no merging inside
//	sequence       array: element by element in order, the default for arrays
//	key=id         array of objects: elements belong together that have the same value of member id;
//	               key=a+b for several members, key=/meta/id for a JSON Pointer into the element
//	set            array: unordered, each value once; additions and removals of both sides
//	multiset       array: unordered, values counted
//	append         array: a log; entries added by both sides follow one another, remote's first
//	               (append=local-first: local's)
//	counter        number: local + remote - base, exactly; both sides adding the same still counts twice
//	max, min       number: the greater, the smaller
//	newest         string: the later of two RFC 3339 times;
//	               newest=updatedAt for an object, as a whole: the one whose member is later (or the greater number)
//	text           string: line by line, like git ([MergeText])
//
// Of equal numbers and times, local's spelling stands. Where the values are not what a strategy is
// for, there is a conflict.
//
// What happens when that leaves a conflict (holds for the value and everything in it, until a later
// rule says otherwise):
//
//	local, remote             that side's value is taken
//	delete-wins, modify-wins  one side deleted what the other changed: the deletion, the change wins
//	merge                     both sides added an object: members are merged as if there had been an empty one before
//	ask                       undo: conflicts are conflicts, whatever holds further out
type Strategy string

// The strategies that need no argument; [Key] and [NewestBy] make those that do.
const (
	Atomic       Strategy = "atomic"
	Sequence     Strategy = "sequence"
	Set          Strategy = "set"
	Multiset     Strategy = "multiset"
	Append       Strategy = "append"
	Counter      Strategy = "counter"
	Max          Strategy = "max"
	Min          Strategy = "min"
	Newest       Strategy = "newest"
	Text         Strategy = "text"
	PreferLocal  Strategy = "local"
	PreferRemote Strategy = "remote"
	DeleteWins   Strategy = "delete-wins"
	ModifyWins   Strategy = "modify-wins"
	MergeAdded   Strategy = "merge"
	Ask          Strategy = "ask"
)

// Key is the strategy "key=...": elements of an array belong together that have equal values of all
// the members. A name that begins with a slash is a JSON Pointer into the element.
func Key(members ...string) Strategy {
	quoted := make([]string, len(members))
	for i, m := range members {
		quoted[i] = quoteArgument(m)
	}
	return Strategy("key=" + strings.Join(quoted, "+"))
}

// NewestBy is the strategy "newest=...": of two objects the one whose member is the later RFC 3339
// time, or the greater number. A name that begins with a slash is a JSON Pointer into the object.
func NewestBy(member string) Strategy {
	return Strategy("newest=" + quoteArgument(member))
}

// quoteArgument quotes a member name that would not read back bare.
func quoteArgument(s string) string {
	if s == "" || strings.ContainsAny(s, "+,\"\\ ") || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

type shape uint8

const (
	shapeDefault shape = iota
	shapeAtomic
	shapeSequence
	shapeKeyed
	shapeSet
	shapeMultiset
	shapeAppend
	shapeCounter
	shapeMax
	shapeMin
	shapeNewest
	shapeText
	shapeFunc
)

var shapeWords = map[string]shape{
	"atomic": shapeAtomic, "sequence": shapeSequence, "key": shapeKeyed, "set": shapeSet, "multiset": shapeMultiset,
	"append": shapeAppend, "counter": shapeCounter, "max": shapeMax, "min": shapeMin, "newest": shapeNewest,
	"text": shapeText,
}

// isArray reports whether a shape is one of arrays.
func (s shape) isArray() bool { return s >= shapeAtomic && s <= shapeAppend }

// A plan is a strategy taken apart. Each of its four groups may be unset.
type plan struct {
	shape      shape
	members    []Pointer // of key and newest
	localFirst bool      // of append
	decide     func(Conflict) (Resolution, error)

	prefer   preference
	deletion preference
	added    preference
}

// whole reports whether a plan decides for a value as a whole.
func (p *plan) whole() bool { return p.shape == shapeNewest || p.shape == shapeFunc }

// A preference is what a group of a strategy says; the zero value says nothing.
type preference uint8

const (
	unset preference = iota
	ask
	preferLocal
	preferRemote
	deleteWins
	modifyWins
	mergeAdded
)

// parse reads a strategy.
func (s Strategy) parse() (plan, error) {
	var p plan
	var words []string
	for _, word := range splitOutsideQuotes(string(s), ',') {
		name, argument, hasArgument := strings.Cut(strings.TrimSpace(word), "=")
		if hasArgument && name != "key" && name != "newest" && name != "append" {
			return plan{}, fmt.Errorf("strategy %s: %s takes no argument", quoteBounded(string(s)), quoteBounded(name))
		}
		group := name
		twice := false
		set := func(p *preference, to preference, in string) {
			twice = *p != unset
			*p = to
			group = in
		}
		switch name {
		case "local":
			set(&p.prefer, preferLocal, "local or remote")
		case "remote":
			set(&p.prefer, preferRemote, "local or remote")
		case "delete-wins":
			set(&p.deletion, deleteWins, "delete-wins or modify-wins")
		case "modify-wins":
			set(&p.deletion, modifyWins, "delete-wins or modify-wins")
		case "merge":
			set(&p.added, mergeAdded, "merge")
		case "ask":
			twice = p.prefer != unset || p.deletion != unset || p.added != unset
			p.prefer, p.deletion, p.added = ask, ask, ask
		default:
			shape, known := shapeWords[name]
			if !known {
				return plan{}, fmt.Errorf("unknown strategy %s", quoteBounded(name))
			}
			if p.shape != shapeDefault {
				return plan{}, fmt.Errorf("strategy %s: %s and %s exclude each other", quoteBounded(string(s)), words[0], name)
			}
			p.shape = shape
			words = append(words, name)
			if err := p.argument(name, argument, hasArgument); err != nil {
				return plan{}, fmt.Errorf("strategy %s: %w", quoteBounded(string(s)), err)
			}
		}
		if twice {
			return plan{}, fmt.Errorf("strategy %s: %s only once", quoteBounded(string(s)), group)
		}
	}
	return p, nil
}

// argument reads what stands after the = of key, newest and append.
func (p *plan) argument(name, argument string, has bool) error {
	switch {
	case name == "append" && has:
		switch argument {
		case "local-first":
			p.localFirst = true
		case "remote-first":
		default:
			return fmt.Errorf("append= takes local-first or remote-first")
		}
	case name == "key" || name == "newest" && has:
		for _, member := range splitOutsideQuotes(argument, '+') {
			pointer, err := parseMember(member)
			if err != nil {
				return fmt.Errorf("%s=: %w", name, err)
			}
			p.members = append(p.members, pointer)
		}
		if name == "newest" && len(p.members) != 1 {
			return fmt.Errorf("newest= takes one member")
		}
	}
	return nil
}

// parseMember reads a member name, bare or quoted, or a JSON Pointer.
func parseMember(s string) (Pointer, error) {
	if strings.HasPrefix(s, `"`) {
		plain, err := strconv.Unquote(s)
		if err != nil {
			return nil, fmt.Errorf("bad quotes: %s", quoteBounded(s))
		}
		s = plain
	} else if s == "" {
		return nil, fmt.Errorf("a member name is missing")
	}
	if strings.HasPrefix(s, "/") {
		return parsePointer(s)
	}
	return Pointer{s}, nil
}

// splitOutsideQuotes splits at each separator that is not in a Go-quoted string.
func splitOutsideQuotes(s string, separator byte) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// String spells a plan the one way that Rules prints it.
func (p *plan) String() string {
	var words []string
	switch p.shape {
	case shapeDefault:
	case shapeFunc:
		words = append(words, "func")
	case shapeKeyed:
		words = append(words, string(Key(memberNames(p.members)...)))
	case shapeNewest:
		word := string(Newest)
		if p.members != nil {
			word = string(NewestBy(memberNames(p.members)[0]))
		}
		words = append(words, word)
	default:
		for word, s := range shapeWords {
			if s == p.shape {
				words = append(words, word)
			}
		}
		if p.localFirst {
			words[0] += "=local-first"
		}
	}
	for _, named := range []struct {
		is   bool
		word Strategy
	}{
		{p.prefer == preferLocal, PreferLocal}, {p.prefer == preferRemote, PreferRemote},
		{p.deletion == deleteWins, DeleteWins}, {p.deletion == modifyWins, ModifyWins},
		{p.added == mergeAdded, MergeAdded}, {slices.Contains([]preference{p.prefer, p.deletion, p.added}, ask), Ask},
	} {
		if named.is {
			words = append(words, string(named.word))
		}
	}
	return strings.Join(words, ",")
}

// memberNames undoes parseMember.
func memberNames(pointers []Pointer) []string {
	names := make([]string, len(pointers))
	for i, p := range pointers {
		names[i] = p.String()
		if len(p) == 1 && !strings.HasPrefix(p[0], "/") {
			names[i] = p[0]
		}
	}
	return names
}

package jsonmerge

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

const (
	// maxTypeRecursion is how often a type may occur inside itself before its tags are no longer
	// followed.
	maxTypeRecursion = 8

	// maxTagRules bounds the rules that one type may give: recursive types with several branches
	// multiply.
	maxTagRules = 4096
)

// RulesFor makes rules from the merge tags of T, a struct or a type made of structs:
//
//	type Post struct {
//		Likes    int       `json:"likes" merge:"counter"`
//		Tags     []string  `json:"tags" merge:"set"`
//		Comments []Comment `json:"comments" merge:"key=id,modify-wins"`
//	}
//
// A tag holds a [Strategy]. Paths follow encoding/json: names of json tags, embedded structs,
// pointers; the elements of slices, arrays and maps are *. Types that marshal themselves are not
// looked into. A type that contains itself is followed eight levels deep.
//
// The error names the field whose tag is not a strategy, or is one that does not suit the field's
// type.
func RulesFor[T any]() (Rules, error) {
	return RulesForType(reflect.TypeFor[T]())
}

// RulesForType is [RulesFor] for a type that is known at run time only.
func RulesForType(t reflect.Type) (Rules, error) {
	if known, ok := tagRules.Load(t); ok {
		known := known.(rulesOrError)
		return known.rules, known.err
	}
	made := rulesOrError{}
	w := tagWalk{depth: map[reflect.Type]int{}}
	if made.err = w.walk(t, "", typeName(t)); made.err == nil {
		made.rules, made.err = NewRules(w.rules...)
	}
	tagRules.Store(t, made)
	return made.rules, made.err
}

// tagRules keeps what was made: a program has a bounded number of types.
var tagRules sync.Map // of reflect.Type to rulesOrError

type rulesOrError struct {
	rules Rules
	err   error
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}

type tagWalk struct {
	rules []Rule
	depth map[reflect.Type]int // how often a type is on the way here
}

func (w *tagWalk) walk(t reflect.Type, path, place string) error {
	t = indirect(t)
	if t == nil || opaque(t) || !tagged(t, map[reflect.Type]bool{}) {
		return nil // following every path through a recursive type for nothing would take for ever
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return w.walk(t.Elem(), path+"/*", place+"[]")
	case reflect.Struct:
	default:
		return nil
	}
	if w.depth[t] >= maxTypeRecursion {
		return nil
	}
	w.depth[t]++
	defer func() { w.depth[t]-- }()
	for f := range fields(t) {
		name, place := fieldName(f), place+"."+f.Name
		tag := f.Tag.Get("merge")
		if name == "" && embedded(f) {
			if tag != "" {
				return fmt.Errorf("jsonmerge: field %s: an embedded struct has no place of its own for strategy %s",
					place, quoteBounded(tag))
			}
			if err := w.walk(f.Type, path, place); err != nil {
				return err
			}
			continue
		}
		inner := path + "/" + patternEscaper.Replace(name)
		if tag != "" {
			if err := w.tag(f, Strategy(tag), inner); err != nil {
				return fmt.Errorf("jsonmerge: field %s: %w", place, err)
			}
		}
		if err := w.walk(f.Type, inner, place); err != nil {
			return err
		}
	}
	return nil
}

// tagged reports whether there is a merge tag anywhere below t.
func tagged(t reflect.Type, seen map[reflect.Type]bool) bool {
	t = indirect(t)
	if t == nil || seen[t] || opaque(t) {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return tagged(t.Elem(), seen)
	case reflect.Struct:
		for f := range fields(t) {
			if f.Tag.Get("merge") != "" || tagged(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

var patternEscaper = strings.NewReplacer("~", "~0", "/", "~1", "*", "~2")

// tag adds the rule of one field.
func (w *tagWalk) tag(f reflect.StructField, s Strategy, path string) error {
	p, err := s.parse()
	if err != nil {
		return err
	}
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if p.shape >= shapeCounter && p.shape <= shapeMin && slices.Contains(strings.Split(options, ","), "string") {
		err = fmt.Errorf("its json tag makes it a string")
	} else {
		err = suits(&p, indirect(f.Type))
	}
	if err != nil {
		return fmt.Errorf("strategy %s: %w", quoteBounded(string(s)), err)
	}
	if len(w.rules) == maxTagRules {
		return fmt.Errorf("more than %d rules; is the type recursive in several places?", maxTagRules)
	}
	w.rules = append(w.rules, Rule{Path: path, Strategy: s})
	return nil
}

package jsonmerge

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxTypeRecursion is how often a type may occur inside itself before its tags are no longer followed.
	maxTypeRecursion = 8

	// maxTagRules bounds the rules that one type may give: recursive types with several branches multiply.
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
// A tag holds a [Strategy]. Paths follow encoding/json: names of json tags, embedded structs, pointers; the elements
// of slices, arrays and maps are *. Types that marshal themselves are not looked into. A type that contains itself is
// followed eight levels deep.
//
// The error names the field whose tag is not a strategy, or is one that does not suit the field's type.
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

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	timeType      = reflect.TypeFor[time.Time]()
	numberType    = reflect.TypeFor[json.Number]()
)

// opaque reports whether a type decides itself what its JSON is.
func opaque(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(marshaler) || p.Implements(textMarshaler)
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
				return fmt.Errorf("jsonmerge: field %s: an embedded struct has no place of its own for strategy %s", place, quoteBounded(tag))
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

func indirect(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// fields yields the fields of a struct that encoding/json may see.
func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("json") == "-" || !f.IsExported() && !embedded(f) {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// embedded reports whether encoding/json takes the members of f as members of the struct around it, unless it has a
// name.
func embedded(f reflect.StructField) bool {
	return f.Anonymous && indirect(f.Type).Kind() == reflect.Struct
}

// fieldName is the member name of a field, "" for an embedded struct without one.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" && !embedded(f) {
		name = f.Name
	}
	return name
}

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

// suits checks a strategy against the type of the value. What a type that marshals itself or an interface will hold
// is not known.
func suits(p *plan, t reflect.Type) error {
	k := t.Kind()
	if k == reflect.Interface || t != timeType && t != numberType && opaque(t) {
		return nil
	}
	number := k >= reflect.Int && k <= reflect.Float64 || t == numberType
	text := k == reflect.String && t != numberType || t == timeType
	// []byte is a string in JSON
	array := k == reflect.Array || k == reflect.Slice && t.Elem().Kind() != reflect.Uint8
	object := k == reflect.Struct && t != timeType || k == reflect.Map
	switch {
	case (p.shape == shapeCounter || p.shape == shapeMax || p.shape == shapeMin) && !number:
		return fmt.Errorf("%s is no number", t)
	case p.shape == shapeText && !text:
		return fmt.Errorf("%s is no string", t)
	case p.shape == shapeNewest && p.members == nil && !text:
		return fmt.Errorf("%s is no time", t)
	case p.shape == shapeNewest && p.members != nil:
		if !object {
			return fmt.Errorf("%s is no object", t)
		}
		return hasMembers(t, p.members)
	case p.shape.isArray() && p.shape != shapeAtomic && !array:
		return fmt.Errorf("%s is no array", t)
	case p.shape == shapeKeyed:
		return hasMembers(indirect(t.Elem()), p.members)
	case p.added == mergeAdded && !object:
		return fmt.Errorf("%s is no object", t)
	}
	return nil
}

// hasMembers checks that the objects that a struct makes have the members that pointers name.
func hasMembers(t reflect.Type, pointers []Pointer) error {
	for _, p := range pointers {
		at := t
		for _, name := range p {
			if at.Kind() != reflect.Struct || opaque(at) {
				break // a map or an interface may have any member
			}
			inner, ok := memberType(at, name)
			if !ok {
				return fmt.Errorf("%s has no member %s", at, quoteBounded(name))
			}
			at = indirect(inner)
		}
		if at.Kind() != reflect.Struct && at.Kind() != reflect.Map && at.Kind() != reflect.Interface && at == t && !opaque(at) {
			return fmt.Errorf("%s is no object", t)
		}
	}
	return nil
}

// memberType finds the field of a struct that encoding/json gives a name.
func memberType(t reflect.Type, name string) (reflect.Type, bool) {
	level, seen := []reflect.Type{t}, map[reflect.Type]bool{}
	for len(level) > 0 {
		var deeper []reflect.Type
		for _, t := range level {
			if seen[t] {
				continue
			}
			seen[t] = true
			for f := range fields(t) {
				switch fieldName(f) {
				case name:
					return f.Type, true
				case "":
					deeper = append(deeper, indirect(f.Type))
				}
			}
		}
		level = deeper
	}
	return nil, false
}

package jsonmerge

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// suits checks a strategy against the type of the value. What a type that marshals itself or an
// interface will hold is not known.
func suits(p *plan, t reflect.Type) error {
	k, known := kindOfType(t)
	if !known {
		return nil
	}
	if wanted, word := p.wants(); word != "" && k != wanted {
		return fmt.Errorf("%s is no %s", t, word)
	}
	switch {
	case p.shape == shapeKeyed:
		return hasMembers(indirect(t.Elem()), p.members)
	case p.shape == shapeNewest && p.members != nil:
		return hasMembers(t, p.members)
	case p.added == mergeAdded && k != kindObject:
		return fmt.Errorf("%s is no object", t)
	}
	return nil
}

// kindOfType returns the kind of value that a type becomes in JSON. For what no strategy is for it
// returns kindNull.
func kindOfType(t reflect.Type) (k kind, known bool) {
	switch t {
	case timeType:
		return kindString, true
	case numberType:
		return kindNumber, true
	}
	if t.Kind() == reflect.Interface || opaque(t) {
		return kindNull, false
	}
	switch k := t.Kind(); {
	case k >= reflect.Int && k <= reflect.Float64:
		return kindNumber, true
	case k == reflect.String:
		return kindString, true
	case k == reflect.Array, k == reflect.Slice && t.Elem().Kind() != reflect.Uint8: // []byte is a string in JSON
		return kindArray, true
	case k == reflect.Struct, k == reflect.Map:
		return kindObject, true
	}
	return kindNull, true
}

// wants returns the kind of value that a strategy is for, and the word for it; "" for any kind.
func (p *plan) wants() (kind, string) {
	switch p.shape {
	case shapeCounter, shapeMax, shapeMin:
		return kindNumber, "number"
	case shapeText:
		return kindString, "string"
	case shapeNewest:
		if p.members != nil {
			return kindObject, "object"
		}
		return kindString, "time"
	case shapeSequence, shapeKeyed, shapeSet, shapeMultiset, shapeAppend:
		return kindArray, "array"
	}
	return kindNull, ""
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
		if k := at.Kind(); at == t && k != reflect.Struct && k != reflect.Map && k != reflect.Interface && !opaque(at) {
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

// embedded reports whether encoding/json takes the members of f as members of the struct around it,
// unless it has a name.
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

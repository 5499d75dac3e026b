package jsonmerge

import (
	"fmt"
	"reflect"
)

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

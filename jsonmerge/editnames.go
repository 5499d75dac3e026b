package jsonmerge

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// effective returns which of several spellings of a name the view shows: the last in the document,
// as encoding/json decodes one after the other into the same field, unless only the first, the
// exact one, has the value that was seen.
func effective(t *tree, places []int, before *document, was int) int {
	last := slices.Max(places)
	if first := places[0]; first != last && was != absent {
		shows := func(i int) bool { return equal(t.doc, int(t.open.kids[i].from)+1, before, was) }
		if shows(first) && !shows(last) {
			return first
		}
	}
	return last
}

// spellings are the names of an object's members that the views do not have, by what remains of
// them when case is folded.
type spellings map[string][]int

// spellingsOf returns the spellings in t, which the views show as b and a; b may be absent.
func spellingsOf(t *tree, views *comparison, b, a int) spellings {
	var s spellings
	var inBefore lookup
	if b != absent {
		inBefore = views.a.lookup(b)
	}
	inAfter := views.b.lookup(a)
	i := 0
	for name := range t.doc.members(t.node) {
		_, v := inAfter.findSame(t.doc, name)
		if v == absent && b != absent {
			_, v = inBefore.findSame(t.doc, name)
		}
		if v == absent {
			if s == nil {
				s = make(spellings)
			}
			folded := foldName(t.doc.text(name))
			s[folded] = append(s[folded], i)
		}
		i++
	}
	return s
}

// all returns the members that a name of the view stands for, the one with exactly that name first.
func (s spellings) all(t *tree, name []byte) []int {
	var places []int
	if i := t.find(name); i != absent {
		places = append(places, i)
	}
	if s != nil {
		places = append(places, s[foldName(name)]...)
	}
	return places
}

// foldName maps names that encoding/json takes for the same to the same text: those that
// bytes.EqualFold calls equal.
func foldName(name []byte) string {
	folded := make([]byte, 0, len(name))
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		name = name[n:]
		// The least rune of its orbit under simple folding stands for all of them.
		for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(next) {
			if next <= r {
				r = next
				break
			}
		}
		folded = utf8.AppendRune(folded, r)
	}
	return string(folded)
}

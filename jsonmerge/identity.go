package jsonmerge

import "slices"

// identityNames are the members that look like the identity of the object they stand in, the
// strongest first. One counts where its values are scalars other than zero and differ throughout
// the array before.
var identityNames = [...]string{"@id", "uid", "uuid", "id", "_id", "key", "name"}

// identity is one of identityNames that identifies the elements of this array. The tags are hashes
// of its values; 0 where an element has none.
type identity struct {
	name string
	b, a []uint64
}

// identitiesOf returns those of identityNames that identify the elements of an array: bs of b, that
// have become as of a.
func identitiesOf(b *document, bs []int, a *document, as []int) []identity {
	all := make([]identity, len(identityNames))
	for k, name := range identityNames {
		all[k].name = name
	}
	tag := func(d *document, nodes []int, tags func(id *identity) *[]uint64) {
		for i, n := range nodes {
			if d.kind(n) != kindObject {
				continue
			}
			for name, v := range d.members(n) {
				if k := slices.Index(identityNames[:], string(d.text(name))); k >= 0 && d.identifies(v) {
					list := tags(&all[k])
					if *list == nil {
						*list = make([]uint64, len(nodes))
					}
					(*list)[i] = tagOf(d.hash(v))
				}
			}
		}
	}
	tag(b, bs, func(id *identity) *[]uint64 { return &id.b })
	tag(a, as, func(id *identity) *[]uint64 { return &id.a })
	return slices.DeleteFunc(all, func(id identity) bool { return id.a == nil || !distinct(id.b) })
}

// distinct reports whether there are tags, and none occurs twice.
func distinct(tags []uint64) bool {
	seen := make(map[uint64]struct{})
	for _, t := range tags {
		if t == 0 {
			continue
		}
		if _, again := seen[t]; again {
			return false
		}
		seen[t] = struct{}{}
	}
	return len(seen) > 0
}

// identifies reports whether a value can tell its container from others: a scalar other than null,
// false, 0 and "", which unlike things have in common because nobody set them.
func (d *document) identifies(n int) bool {
	switch d.kind(n) {
	case kindNumber:
		return parseDecimal(d.span(n)).sign() != 0
	case kindString:
		return d.end(n)-d.start(n) > len(`""`)
	case kindBool:
		return d.raw[d.start(n)] == 't'
	}
	return false
}

// tagOf makes a hash a tag, which is never 0.
func tagOf(hash uint64) uint64 { return hash | 1 }

package jsonmerge_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// reference merges models by the plainest reading of the rules, arrays taken as a whole, and lists
// the conflicts.
func reference(b, l, r any, pointer string, deepAdd bool, conflicts *[]string) any {
	switch {
	case eq(l, r), eq(b, r):
		return l
	case eq(b, l):
		return r
	case isObject(l) && isObject(r) && (isObject(b) || b == missing && deepAdd):
		merged := map[string]any{}
		for _, k := range names(l, r) {
			escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(k)
			if v := reference(at(b, k), at(l, k), at(r, k), pointer+"/"+escaped, deepAdd, conflicts); v != missing {
				merged[k] = v
			}
		}
		return merged
	}
	*conflicts = append(*conflicts, pointer)
	return r
}

func TestMergeAgreesWithThePlainReadingOfTheRules(t *testing.T) {
	clean := 0
	trials(t, func(tr trial) {
		for _, deepAdd := range []bool{false, true} {
			var want []string
			model := reference(tr.b, tr.l, tr.r, "", deepAdd, &want)
			merged, conflict := tr.merge(tr.base, tr.local, tr.remote,
				&jsonmerge.Options{Arrays: jsonmerge.Atomic, AddAddObjects: deepAdd})
			if conflict == nil {
				clean++
			} else {
				merged = conflict.Partial
			}
			require.True(tr, eq(model, decodeModel(tr, merged)), "base %s\nlocal %s\nremote %s\ngot %s", tr.base, tr.local,
				tr.remote, merged)
			require.ElementsMatch(tr, want, pointers(conflict))
		}
	})
	require.NotZero(t, clean)
}

func TestMergeLawsOfTheSides(t *testing.T) {
	for name, opts := range profiles() {
		t.Run(name, func(t *testing.T) {
			tried, ambiguous := 0, 0
			trials(t, func(tr trial) {
				b, l, r := tr.base, tr.local, tr.remote
				must := func(b, l, r []byte) []byte {
					m, conflict := tr.merge(b, l, r, opts)
					if conflict != nil {
						require.NoError(tr, conflict, "base %s\nlocal %s\nremote %s", b, l, r)
					}
					return m
				}
				tr.same(r, must(b, b, r), "law 1: what only remote changed")
				tr.same(l, must(b, l, b), "law 2: what only local changed")
				tr.same(l, must(b, l, l), "law 3: what both changed alike")
				tr.same(l, must(b, l, tr.write(tr.l, false)), "law 3: what both changed alike, spelled differently")

				m, conflict := tr.merge(b, l, r, opts)
				swapped, conflictSwapped := tr.merge(b, r, l, opts)
				require.Equal(tr, conflict == nil, conflictSwapped == nil, "law 4: symmetry\nbase %s\nlocal %s\nremote %s", b, l, r)
				if conflict != nil {
					if !slices.ContainsFunc(conflict.Conflicts, func(c jsonmerge.Conflict) bool { return c.Elements != nil }) {
						require.ElementsMatch(tr, pointers(conflict), pointers(conflictSwapped), "law 4")
					}
					return
				}
				tr.same(m, swapped, "law 4: symmetry")
				tr.same(m, must(r, m, r), "law 6: writing over remote")
				for _, again := range [][2][]byte{{m, r}, {l, m}} {
					tried++
					got, conflict := tr.merge(b, again[0], again[1], opts)
					if conflict != nil && inArrays(conflict) {
						ambiguous++
						continue
					}
					require.Nil(tr, conflict, "law 5\nbase %s\nlocal %s\nremote %s", b, again[0], again[1])
					tr.same(m, got, "law 5: merging again")
				}
			})
			require.LessOrEqual(t, ambiguous, tried/1000, "merging again ends in conflicts too often")
		})
	}
}

// inArrays reports whether all conflicts are about arrays. Where elements repeat or move, a longest
// common subsequence is not unique, and diff3 is known not to be idempotent (Khanna, Kunal, Pierce,
// "A Formal Investigation of Diff3", 2007): merging again may then conflict, though never come to
// something else.
func inArrays(conflict *jsonmerge.ConflictError) bool {
	return !slices.ContainsFunc(conflict.Conflicts,
		func(c jsonmerge.Conflict) bool { return c.Kind != jsonmerge.ArrayClash })
}

func TestMergeBacksNothingOutAndInventsNothing(t *testing.T) {
	trials(t, func(tr trial) {
		m, conflict := tr.merge(tr.base, tr.local, tr.remote, &jsonmerge.Options{Arrays: jsonmerge.Atomic})
		if conflict != nil {
			m = conflict.Partial
		}
		inConflict := pointers(conflict)
		var check func(b, l, r, m any, pointer string)
		check = func(b, l, r, m any, pointer string) {
			if slices.Contains(inConflict, pointer) {
				return
			}
			switch {
			case eq(b, l):
				require.True(tr, eq(r, m), "law 9: remote's change at %q is lost", pointer)
			case eq(b, r):
				require.True(tr, eq(l, m), "law 9: local's change at %q is lost", pointer)
			}
			if !isObject(m) || !isObject(l) || !isObject(r) {
				require.True(tr, eq(m, l) || eq(m, r), "law 10: value at %q is from neither side", pointer)
				return
			}
			for _, k := range names(b, l, r, m) {
				check(at(b, k), at(l, k), at(r, k), at(m, k), pointer+jsonmerge.Pointer{k}.String())
			}
		}
		check(tr.b, tr.l, tr.r, decodeModel(tr, m), "")
	})
}

func TestMergeOfSequencesInventsNoElement(t *testing.T) {
	trials(t, func(tr trial) {
		array := func() []any {
			a := []any{}
			for range tr.IntN(8) {
				a = append(a, big.NewRat(int64(tr.IntN(5)), 1))
			}
			return a
		}
		b := array()
		l, r := tr.edit(b, 2), tr.edit(b, 2)
		merged, conflict := tr.merge(tr.write(b, true), tr.write(l, true), tr.write(r, true), nil)
		lo, okL := l.([]any)
		ro, okR := r.([]any)
		if conflict != nil || !okL || !okR {
			return
		}
		m := decodeModel(tr, merged).([]any)
		count := func(in []any, x any) (n int) {
			for _, e := range in {
				if eq(e, x) {
					n++
				}
			}
			return n
		}
		for _, x := range m { // law 10 and the guard of multiplicity
			cb, cl, cr := count(b, x), count(lo, x), count(ro, x)
			require.LessOrEqual(tr, count(m, x), max(cl, cr, cl+cr-cb), "%v + %v + %v = %v", b, l, r, m)
		}
	})
}

func TestMergeKeepsUntouchedSpansByteForByte(t *testing.T) {
	trials(t, func(tr trial) {
		// All three share the spelling of what they share: edits are made in the text of one
		// document.
		base := tr.write(map[string]any{"t": tr.value(3), "u": tr.value(3), "v": tr.value(3),
			"w": map[string]any{"x": tr.scalar(), "y": tr.value(2)}}, false)
		replace := func(doc []byte, pointer string) []byte {
			p, err := jsonmerge.ParsePointer(pointer)
			require.NoError(tr, err)
			span, err := p.Get(doc)
			require.NoError(tr, err)
			start := offset(doc, span)
			return slices.Concat(doc[:start], bytes.TrimSpace(tr.write(tr.value(2), false)), doc[start+len(span):])
		}
		local, remote := replace(base, "/t"), replace(base, "/w/x")
		merged, conflict := tr.merge(base, local, remote, nil)
		require.Nil(tr, conflict)
		// What each side changed apart, and all the rest: the merged text is base's with both
		// replacements.
		require.Equal(tr, string(replaceWith(tr, replaceWith(tr, base, "/t", local), "/w/x", remote)), string(merged),
			"law 11")
	})
}

// offset is where span, a part of doc, begins in it.
func offset(doc, span []byte) int {
	for i := range doc {
		if &doc[i] == &span[0] {
			return i
		}
	}
	panic("span is no part of doc")
}

// replaceWith puts from's value at the pointer in place of doc's.
func replaceWith(tr trial, doc []byte, pointer string, from []byte) []byte {
	p, err := jsonmerge.ParsePointer(pointer)
	require.NoError(tr, err)
	old, err := p.Get(doc)
	require.NoError(tr, err)
	replacement, err := p.Get(from)
	require.NoError(tr, err)
	start := offset(doc, old)
	return slices.Concat(doc[:start], replacement, doc[start+len(old):])
}

func TestConflictsAreMinimalAndComplete(t *testing.T) {
	seen := 0
	trials(t, func(tr trial) {
		for name, opts := range profiles() {
			_, conflict := tr.merge(tr.base, tr.local, tr.remote, opts)
			if conflict == nil {
				continue
			}
			seen++
			list := pointers(conflict)
			for i, p := range list { // law 12
				for j, q := range list {
					require.False(tr, i != j && (q == p || strings.HasPrefix(q, p+"/")), "%s: %s and %s", name, p, q)
				}
			}
			for _, c := range conflict.Conflicts {
				b, l, r := decodeModel(tr, c.Base), decodeModel(tr, c.Local), decodeModel(tr, c.Remote)
				require.False(tr, eq(b, l) || eq(b, r) || eq(l, r), "law 12: %s at %s", name, c.Pointer)
				require.False(tr, isObject(b) && isObject(l) && isObject(r), "law 12: %s at %s", name, c.Pointer)
				if c.Elements == nil {
					p, err := jsonmerge.ParsePointer(c.Pointer)
					require.NoError(tr, err)
					for side, doc := range map[jsonmerge.Side][]byte{jsonmerge.Base: tr.base, jsonmerge.Local: tr.local,
						jsonmerge.Remote: tr.remote} {
						value, err := p.Get(doc)
						require.Equal(tr, string(c.Value(side)), string(value), "%v", err)
					}
				}
			}
			// law 13: when local gives way at each conflict, nothing is left to decide; and
			// deciding by callback comes to the same.
			takeRemote := func(jsonmerge.Conflict) (jsonmerge.Resolution, error) {
				return jsonmerge.Take(jsonmerge.Remote), nil
			}
			decided := optionsWith(opts, takeRemote)
			merged, left := tr.merge(tr.base, tr.local, tr.remote, decided)
			require.Nil(tr, left)
			tr.same(conflict.Partial, merged, "law 13: deciding for what stands in")
			if name == "sequence" {
				continue
			}
			local := tr.l
			for _, c := range conflict.Conflicts {
				p, err := jsonmerge.ParsePointer(c.Pointer)
				require.NoError(tr, err)
				local = setModel(local, p, decodeModel(tr, c.Remote))
			}
			if local == missing {
				continue
			}
			again, left := tr.merge(tr.base, tr.write(local, false), tr.remote, opts)
			require.Nil(tr, left)
			tr.same(conflict.Partial, again, "law 13: by hand")
		}
	})
	require.NotZero(t, seen)
}

func optionsWith(
	opts *jsonmerge.Options, resolve func(jsonmerge.Conflict) (jsonmerge.Resolution, error),
) *jsonmerge.Options {
	var o jsonmerge.Options
	if opts != nil {
		o = *opts
	}
	o.Resolve = resolve
	return &o
}

// setModel returns v with the value at p, which leads through objects, set or removed.
func setModel(v any, p jsonmerge.Pointer, to any) any {
	if len(p) == 0 {
		return to
	}
	o := maps.Clone(v.(map[string]any))
	if inner := setModel(at(o, p[0]), p[1:], to); inner == missing {
		delete(o, p[0])
	} else {
		o[p[0]] = inner
	}
	return o
}

func TestMergeIsLocalAndNests(t *testing.T) {
	trials(t, func(tr trial) {
		for _, opts := range profiles() {
			m, conflict := tr.merge(tr.base, tr.local, tr.remote, opts)
			key := tr.name()
			quoted := string(encodeString(key))
			wrap := func(doc []byte, sibling any) []byte {
				return fmt.Appendf(nil, `{"sibling":%s,%s:%s}`, tr.write(sibling, false), quoted, doc)
			}
			// law 17: nesting; law 14: whatever happens to a sibling
			s := tr.value(2)
			merged, nested := tr.merge(wrap(tr.base, s), wrap(tr.local, tr.edit(s, 2)), wrap(tr.remote, tr.edit(s, 2)), opts)
			var want, got []string
			for _, p := range pointers(conflict) {
				want = append(want, jsonmerge.Pointer{key}.String()+p)
			}
			for _, p := range pointers(nested) {
				if !strings.HasPrefix(p, "/sibling") {
					got = append(got, p)
				}
			}
			require.Equal(tr, joined(want), joined(got), "laws 14 and 17")
			if nested != nil {
				merged = nested.Partial
			}
			inner, err := jsonmerge.Pointer{key}.Get(merged)
			require.NoError(tr, err)
			if conflict != nil {
				m = conflict.Partial
			}
			tr.same(m, inner, "laws 14 and 17")
		}
	})
}

func TestMergeDoesNotDependOnTheSpelling(t *testing.T) {
	trials(t, func(tr trial) {
		for _, opts := range profiles() {
			m, conflict := tr.merge(tr.base, tr.local, tr.remote, opts)
			again, conflictAgain := tr.merge(tr.write(tr.b, false), tr.write(tr.l, false), tr.write(tr.r, false), opts)
			if conflict != nil { // law 15
				require.NotNil(tr, conflictAgain)
				require.ElementsMatch(tr, pointers(conflict), pointers(conflictAgain), "law 15")
				m, again = conflict.Partial, conflictAgain.Partial
			}
			tr.same(m, again, "law 15")
			same, conflictSame := tr.merge(tr.base, tr.local, tr.remote, opts) // law 16
			if conflict != nil {
				require.Equal(tr, conflict, conflictSame, "law 16")
				continue
			}
			require.Equal(tr, string(m), string(same), "law 16")
		}
	})
}

func TestSetsAndCountersAddUp(t *testing.T) { // law 22
	trials(t, func(tr trial) {
		number := func() *big.Rat { return big.NewRat(int64(tr.IntN(2001)-1000), []int64{1, 1, 10, 8}[tr.IntN(4)]) }
		b, x, y := number(), number(), number()
		text := func(v any) []byte { return tr.write(v, false) }
		sum := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
		merged, conflict := tr.merge(text(b), text(sum(b, x)), text(sum(b, y)),
			&jsonmerge.Options{Rules: jsonmerge.MustRules(jsonmerge.Rule{Strategy: jsonmerge.Counter})})
		require.Nil(tr, conflict)
		tr.same(text(sum(sum(b, x), y)), merged, "counter")

		subset := func() []any {
			set := []any{}
			for i, all := range tr.Perm(8) {
				if i < 4 {
					set = append(set, big.NewRat(int64(all), 1))
				}
			}
			return set
		}
		sb, sl, sr := subset(), subset(), subset()
		opts := &jsonmerge.Options{Arrays: jsonmerge.Set}
		merged, conflict = tr.merge(text(sb), text(sl), text(sr), opts)
		require.Nil(tr, conflict)
		swapped, conflict := tr.merge(text(sb), text(sr), text(sl), opts)
		require.Nil(tr, conflict)
		has := func(set any, x any) bool {
			return slices.ContainsFunc(set.([]any), func(e any) bool { return eq(e, x) })
		}
		for n := range 8 {
			x := big.NewRat(int64(n), 1)
			want := has(sl, x) && has(sr, x) || has(sl, x) && !has(sb, x) || has(sr, x) && !has(sb, x)
			require.Equal(tr, want, has(decodeModel(tr, merged), x), "set: %v in %v + %v + %v = %s", x, sb, sl, sr, merged)
			require.Equal(tr, want, has(decodeModel(tr, swapped), x), "set: not commutative")
		}
		require.Equal(tr, len(decodeModel(tr, merged).([]any)), len(decodeModel(tr, swapped).([]any)))
	})
}

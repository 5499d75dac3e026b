package jsonmerge_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ids turns "a b c" into an array of objects with these ids; "b=2" gives the object a member v as
// well.
func ids(list string) string {
	var objects []string
	for _, item := range strings.Fields(list) {
		id, v, has := strings.Cut(item, "=")
		if has {
			v = `,"v":` + v
		}
		objects = append(objects, fmt.Sprintf(`{"id":"%s"%s}`, id, v))
	}
	return "[" + strings.Join(objects, ",") + "]"
}

func TestKeyedArraysMergeElementsAndOrder(t *testing.T) {
	opts := &jsonmerge.Options{Arrays: jsonmerge.Key("id")}
	for name, c := range map[string]struct{ base, local, remote, want string }{
		"edits of different elements":           {"a=1 b=1", "a=2 b=1", "a=1 b=2", "a=2 b=2"},
		"additions at one place":                {"a", "a l", "a r", "a l r"},
		"additions at the start":                {"a", "l a", "r a", "l r a"},
		"additions after different elements":    {"a b c", "a l b c", "a b r c", "a l b r c"},
		"the same addition":                     {"a", "a x=1", "x=1 a", "a x=1"},
		"additions around a common one":         {"a", "a x l", "a x r", "a x r l"},
		"deletions":                             {"a b c d", "a c d", "a b d", "a d"},
		"deletion and neighbour edited":         {"a=1 b=1 c=1", "a=1 c=1", "a=2 b=1 c=2", "a=2 c=2"},
		"deleted on both sides":                 {"a b", "a", "a", "a"},
		"one side moves, the other edits":       {"a=1 b=1 c=1", "c=1 a=1 b=1", "a=1 b=2 c=3", "c=3 a=1 b=2"},
		"one side moves, the other adds":        {"a b c", "c a b", "a b r c l", "c l a b r"},
		"one side moves, the other deletes":     {"a b c d", "d a b c", "a c d", "d a c"},
		"both move, apart":                      {"a b c d e f", "b a c d e f", "a b c d f e", "b a c d f e"},
		"both move alike":                       {"a b c", "c b a", "c b a", "c b a"},
		"addition after a deleted element":      {"a b c", "a c", "a b r c", "a r c"},
		"everything goes":                       {"a b", "a", "b", ""},
		"from nothing":                          {"", "a b", "c", "a b c"},
		"moved by both to where it is the same": {"a b c d", "d a b c", "d a b c=1", "d a b c=1"},
	} {
		assert.Equal(t, ids(c.want), merged(t, ids(c.base), ids(c.local), ids(c.remote), opts), name)
	}
}

func TestKeyedArraysReportTheElementAndItsKey(t *testing.T) {
	opts := &jsonmerge.Options{Arrays: jsonmerge.Key("id")}
	e := conflicts(t, `{"x":`+ids("a=1 b=1 c=1")+`}`, `{"x":`+ids("b=2 c=1")+`}`, `{"x":`+ids("n c=1 a=9 b=3")+`}`, opts)
	require.Equal(t, []jsonmerge.Conflict{
		{Pointer: "/x/0/v", Kind: jsonmerge.ModifyModify, Base: []byte("1"), Local: []byte("2"), Remote: []byte("3"),
			Elements: []jsonmerge.Element{{Depth: 1, Base: 1, Local: 0, Remote: 3, Key: [][]byte{[]byte(`"b"`)}}}},
		{Pointer: "/x/2", Kind: jsonmerge.DeleteModify, Base: []byte(`{"id":"a","v":1}`), Remote: []byte(`{"id":"a","v":9}`),
			Elements: []jsonmerge.Element{{Depth: 1, Base: 0, Local: -1, Remote: 2, Key: [][]byte{[]byte(`"a"`)}}}},
	}, e.Conflicts)
}

func TestKeyedConflictsStandInLocalOrder(t *testing.T) {
	e := conflicts(t, ids("a=1 b=1 c=1 d=1"), ids("a=2 b=2 c=2"), ids("d=3 c=3 a=3 b=3"),
		&jsonmerge.Options{Arrays: jsonmerge.Key("id"),
			Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/*", Strategy: jsonmerge.DeleteWins})})
	assert.Equal(t, []string{"/0/v", "/1/v", "/2/v"}, pointers(e))
	e = conflicts(t, ids("a=1 b=1 c=1 d=1 e=1"), ids("b=2 c=2"), ids("x y z c=3 e=3 b=3"),
		&jsonmerge.Options{Arrays: jsonmerge.Key("id")})
	assert.Equal(t, []string{"/0/v", "/1/v", "/4"}, pointers(e))
}

func TestKeyedArraysWithoutUsableKeysAreTakenAsAWhole(t *testing.T) {
	opts := &jsonmerge.Options{Arrays: jsonmerge.Key("id")}
	for _, c := range []struct{ base, local, remote, reason string }{
		{ids("a"), ids("a b b"), ids("a c"), "elements 1 and 2 of local have the same key"},
		{ids("a a"), ids("a"), ids("c"), "elements 0 and 1 of base have the same key"},
		{ids("a"), ids("a b"), `[{"id":"a"},{"x":1}]`, "element 1 of remote has no key"},
		{`[1,2]`, `[1,3]`, `[1,4]`, "element 0 of base has no key"},
	} {
		e := conflicts(t, c.base, c.local, c.remote, opts)
		require.Len(t, e.Conflicts, 1)
		assert.Equal(t, jsonmerge.ArrayClash, e.Conflicts[0].Kind)
		assert.Equal(t, c.reason, e.Conflicts[0].Reason)
	}
	// Whatever the keys, what only one side changed is taken.
	assert.Equal(t, ids("a a"), merged(t, ids("b b"), ids("a a"), ids("b b"), opts))
}

func TestKeysMayHaveSeveralPartsOfAnyType(t *testing.T) {
	opts := &jsonmerge.Options{Arrays: jsonmerge.Key("port", "/meta/proto")}
	element := func(port, proto, v string) string {
		return `{"port":` + port + `,"meta":{"proto":` + proto + `},"v":` + v + `}`
	}
	base := "[" + element(`80`, `"tcp"`, `1`) + "," + element(`80`, `"udp"`, `1`) + "]"
	local := "[" + element(`80.0`, `"tcp"`, `2`) + "," + element(`80`, `"udp"`, `1`) + "," +
		element(`null`, `[]`, `5`) + "]"
	remote := "[" + element(`8e1`, `"udp"`, `3`) + "," + element(`80`, `"\u0074cp"`, `1`) + "]"
	assert.Equal(t, "["+element(`8e1`, `"udp"`, `3`)+","+element(`null`, `[]`, `5`)+","+
		element(`80.0`, `"\u0074cp"`, `2`)+"]",
		merged(t, base, local, remote, opts))
}

func TestOrderConflictsCanBeDecidedForOneOrder(t *testing.T) {
	base, local, remote := ids("a=1 b=1 c=1"), ids("b=1 a=2 c=1"), ids("c=1 a=1 b=3")
	opts := func(r jsonmerge.Resolution) *jsonmerge.Options {
		decide := func(c jsonmerge.Conflict) (jsonmerge.Resolution, error) {
			assert.Equal(t, jsonmerge.OrderClash, c.Kind)
			return r, nil
		}
		return &jsonmerge.Options{Arrays: jsonmerge.Key("id"), Resolve: decide}
	}
	assert.Equal(t, ids("b=3 a=2 c=1"), merged(t, base, local, remote, opts(jsonmerge.Take(jsonmerge.Local))))
	assert.Equal(t, ids("c=1 a=2 b=3"), merged(t, base, local, remote, opts(jsonmerge.Take(jsonmerge.Remote))))
	assert.Equal(t, ids("a=2 b=3 c=1"), merged(t, base, local, remote, opts(jsonmerge.Take(jsonmerge.Base))))
	assert.Equal(t, `[0]`, merged(t, base, local, remote, opts(jsonmerge.Use([]byte(`[0]`)))))
	e := conflicts(t, base, local, remote, opts(jsonmerge.Leave()))
	assert.Equal(t, []string{""}, pointers(e))
	assert.Equal(t, remote, string(e.Partial))

	prefer := func(side string) *jsonmerge.Options { return rules(`"" key=id,` + side) }
	assert.Equal(t, ids("b=3 a=2 c=1"), merged(t, base, local, remote, prefer("local")))
	assert.Equal(t, ids("c=1 a=2 b=3"), merged(t, base, local, remote, prefer("remote")))
}

// Element 0 of local and element 0 of remote are different ones and both in conflict: "/0" is the
// beginning of "/0/v".
func TestKeyedConflictsWithAmbiguousPointersAreReportedAsOne(t *testing.T) {
	base, local, remote := ids("gone=1 kept=1"), ids("kept=2"), ids("gone=9 kept=3")
	e := conflicts(t, base, local, remote, &jsonmerge.Options{Arrays: jsonmerge.Key("id")})
	require.Len(t, e.Conflicts, 1)
	assert.Equal(t, "", e.Conflicts[0].Pointer)
	assert.Equal(t, jsonmerge.ArrayClash, e.Conflicts[0].Kind)
	assert.Equal(t, "the elements in conflict have no pointers that tell them apart", e.Conflicts[0].Reason)
	assert.Equal(t, remote, string(e.Partial))
	// When a rule or the callback decides one of them there is nothing to mistake.
	assert.Equal(t, []string{"/0/v"}, pointers(conflicts(t, base, local, remote, rules(`"" key=id,delete-wins`))))
}

func TestKeyedMergesKeepTheLaws(t *testing.T) {
	opts := &jsonmerge.Options{Arrays: jsonmerge.Key("id"), Limits: jsonmerge.Limits{MaxConflicts: 1000}}
	clean := 0
	trials(t, func(tr trial) {
		// Objects with ids among a few, each with members to edit.
		random := func(from []any) []any {
			list := []any{}
			for _, e := range from {
				if tr.IntN(5) > 0 {
					list = append(list, e)
				}
			}
			for range tr.IntN(3) {
				id := big.NewRat(int64(tr.IntN(9)), 1)
				if !slices.ContainsFunc(list, func(e any) bool { return eq(at(e, "id"), id) }) {
					list = slices.Insert(list, tr.IntN(len(list)+1), any(map[string]any{"id": id, "v": tr.scalar()}))
				}
			}
			for i, e := range list {
				if tr.IntN(4) == 0 {
					list[i] = setModel(e, jsonmerge.Pointer{tr.pick("v", "w")}, tr.scalar())
				}
			}
			if tr.IntN(4) == 0 && len(list) > 1 {
				i := tr.IntN(len(list))
				moved := list[i]
				list = slices.Insert(slices.Delete(list, i, i+1), tr.IntN(len(list)), moved)
			}
			return list
		}
		bm := random(random(random(nil)))
		lm, rm := random(bm), random(bm)
		b, l, r := tr.write(bm, false), tr.write(lm, false), tr.write(rm, false)
		tr.base, tr.local, tr.remote = b, l, r
		must := func(b, l, r []byte) []byte {
			m, conflict := tr.merge(b, l, r, opts)
			if conflict != nil {
				require.NoError(tr, conflict, "base %s\nlocal %s\nremote %s", b, l, r)
			}
			return m
		}
		tr.same(r, must(b, b, r), "law 1")
		tr.same(l, must(b, l, b), "law 2")
		tr.same(l, must(b, l, tr.write(lm, false)), "law 3")
		m, conflict := tr.merge(b, l, r, opts)
		_, swapped := tr.merge(b, r, l, opts)
		require.Equal(tr, conflict == nil, swapped == nil, "law 4\nbase %s\nlocal %s\nremote %s", b, l, r)
		if conflict != nil {
			list := pointers(conflict)
			for i, p := range list {
				for j, q := range list {
					require.False(tr, i != j && (q == p || strings.HasPrefix(q, p+"/")), "law 12: %s and %s", p, q)
				}
			}
			return
		}
		clean++
		tr.same(m, must(b, l, m), "law 5")
		tr.same(m, must(b, m, r), "law 5")
		tr.same(m, must(r, m, r), "law 6")

		// Every element is there once, and is there if and only if the sides say so.
		find := func(list any, id any) any {
			for _, e := range list.([]any) {
				if eq(at(e, "id"), id) {
					return e
				}
			}
			return missing
		}
		got := decodeModel(tr, m).([]any)
		want := 0
		for n := range 9 {
			id := big.NewRat(int64(n), 1)
			var none []string
			e := reference(find(bm, id), find(lm, id), find(rm, id), "", false, &none)
			require.Empty(tr, none)
			require.True(tr, eq(e, find(got, id)), "element %d of %s", n, m)
			if e != missing {
				want++
			}
		}
		require.Len(tr, got, want)
	})
	require.NotZero(t, clean)
}

package jsonmerge_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// merged merges texts and requires a clean result.
func merged(t *testing.T, base, local, remote string, opts *jsonmerge.Options) string {
	t.Helper()
	m, err := jsonmerge.Merge([]byte(base), []byte(local), []byte(remote), opts)
	require.NoError(t, err)
	return string(m)
}

// conflicts merges texts and requires conflicts.
func conflicts(t *testing.T, base, local, remote string, opts *jsonmerge.Options) *jsonmerge.ConflictError {
	t.Helper()
	m, err := jsonmerge.Merge([]byte(base), []byte(local), []byte(remote), opts)
	require.Nil(t, m)
	var conflict *jsonmerge.ConflictError
	require.ErrorAs(t, err, &conflict)
	return conflict
}

func rules(list ...string) *jsonmerge.Options {
	r, err := jsonmerge.ParseRules(strings.Join(list, "\n"))
	if err != nil {
		panic(err)
	}
	return &jsonmerge.Options{Rules: r}
}

func TestMergeKeepsNumbersDigitForDigit(t *testing.T) {
	got := merged(t,
		`{"a":1.0,"b":1e2,"c":9223372036854775808,"d":-0,"e":1E400,"x":1,"y":1}`,
		`{"a":1.0,"b":1e2,"c":9223372036854775808,"d":-0,"e":1E400,"x":2.50,"y":1}`,
		`{"a":1.0,"b":1e2,"c":9223372036854775808,"d":-0,"e":1E400,"x":1,"y":3e0}`, nil)
	assert.Equal(t, `{"a":1.0,"b":1e2,"c":9223372036854775808,"d":-0,"e":1E400,"x":2.50,"y":3e0}`, got)
}

func TestMergeKeepsTheLayout(t *testing.T) {
	for name, c := range map[string]struct{ base, local, remote, want string }{
		"indented, a member of each": {
			"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"l\": 3\n}\n", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"r\": 4\n}\n",
			"{\n  \"a\": 1,\n  \"b\": 2,\n  \"l\": 3,\n  \"r\": 4\n}\n"},
		"indented, one member shows how": {
			"{\n  \"a\": 1\n}", "{\n  \"a\": 2\n}", "{\n  \"a\": 1,\n  \"r\": 4\n}", "{\n  \"a\": 2,\n  \"r\": 4\n}"},
		"remote lays out what was empty": {
			`{"o": {}, "x": 1}`, `{"o": {}, "x": 2}`, "{\"o\": { \"a\" : 1,  \"b\" : 2 }, \"x\": 1}", `{"o": { "a" : 1,  "b" : 2 }, "x": 2}`},
		"empty on one side, members of the other": {
			`{ "k": 1 }`, `{}`, "{ \"k\": 1,\n \"r\": 2 }", "{ \"r\": 2 }"},
		"the first member goes": {
			`{ "a":1, "b":2, "c":3 }`, `{ "a":1, "b":2, "c":9 }`, `{ "b":2, "c":3 }`, `{ "b":2, "c":9 }`},
		"a middle member goes": {
			`{"a":1,"b":2 , "c":3}`, `{"a":9,"b":2 , "c":3}`, `{"a":1, "c":3}`, `{"a":9 , "c":3}`},
		"the last member goes": {
			"{\n\t\"a\":1,\n\t\"b\":2\n}", "{\n\t\"a\":9,\n\t\"b\":2\n}", "{\n\t\"a\":1\n}", "{\n\t\"a\":9\n}"},
		"all members go": {
			`{ "a":1, "b":2 }`, `{ "a":1 }`, `{ "b":2 }`, `{}`},
		"arrays": {
			"[\n  1,\n  2,\n  3\n]", "[\n  1,\n  2,\n  3,\n  4\n]", "[0,1,2,3]", "[\n  0,\n  1,\n  2,\n  3,\n  4\n]"},
		"array of one": {
			"[ 5 ]", "[ 5, 6 ]", "[ 4, 5 ]", "[ 4, 5, 6 ]"},
		"remote's object takes local's place": {
			`{"a" : [1] ,"b":{}}`, `{"a" : [1] ,"b":{"c":1}}`, `{"b":{},"a":[ 1, 2 ]}`, `{"a" : [ 1, 2 ] ,"b":{"c":1}}`},
		"white space around the document": {
			"{\"a\":1,\"b\":1}\n", " {\"a\":2,\"b\":1}\n\n", "{\"a\":1,\"b\":2}\n", " {\"a\":2,\"b\":2}\n\n"},
	} {
		assert.Equal(t, c.want, merged(t, c.base, c.local, c.remote, nil), name)
	}
}

func TestMergeOfDocumentsThatComeAndGo(t *testing.T) {
	doc, other := []byte(`{"a":1}`), []byte(` {"a":1.0}`)
	for _, c := range []struct{ base, local, remote, want []byte }{
		{nil, nil, nil, nil},
		{nil, doc, nil, doc},
		{nil, nil, doc, doc},
		{nil, doc, other, doc},
		{doc, nil, nil, nil},
		{doc, nil, other, nil},
		{doc, other, nil, nil},
		{doc, doc, nil, nil},
	} {
		m, err := jsonmerge.Merge(c.base, c.local, c.remote, nil)
		require.NoError(t, err)
		assert.Equal(t, string(c.want), string(m))
		assert.Equal(t, c.want == nil, m == nil)
	}
}

func TestMergeSharesNoMemoryWithItsArguments(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":1}`, `{"a":2}`, `{"a":1}`}, {`{"a":1}`, `{"a":1}`, `{"a":2}`}, {`{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":1,"b":2}`},
	} {
		base, local, remote := []byte(c[0]), []byte(c[1]), []byte(c[2])
		m, err := jsonmerge.Merge(base, local, remote, nil)
		require.NoError(t, err)
		want := string(m)
		for _, doc := range [][]byte{base, local, remote} {
			clear(doc)
		}
		assert.Equal(t, want, string(m))
	}
}

func TestMergeNamesTheDocumentThatIsWrong(t *testing.T) {
	good := []byte(`{"a":1}`)
	for i, side := range []string{"base", "local", "remote"} {
		docs := [3][]byte{good, good, good}
		docs[i] = []byte(`{"a":1,"a":2}`)
		_, err := jsonmerge.Merge(docs[0], docs[1], docs[2], nil)
		assert.EqualError(t, err, side+` document: jsonmerge: at byte 7, pointer "": name "a" occurs twice in one object`)
		docs[i] = []byte(`{"a":[1]}`)
		_, err = jsonmerge.Merge(docs[0], docs[1], docs[2], &jsonmerge.Options{Limits: jsonmerge.Limits{MaxDepth: 1}})
		var limit *jsonmerge.LimitError
		assert.ErrorAs(t, err, &limit)
		assert.ErrorContains(t, err, side)
	}
}

func TestConflictsTellTheThreeValues(t *testing.T) {
	e := conflicts(t,
		`{"z":{"x/y":1},"gone":[1, 2],"n":null,"t":1,"list":[1,2,3]}`,
		`{"new":{"l":1},"z":{"x/y":2},"n":5,"t":"s","list":[1,9,3]}`,
		`{"z":{"x/y":3},"gone":[1],"t":true,"list":[1,8,3],"new":1}`, nil)
	assert.Equal(t, []jsonmerge.Conflict{
		{Pointer: "/new", Kind: jsonmerge.AddAdd, Local: []byte(`{"l":1}`), Remote: []byte(`1`)},
		{Pointer: "/z/x~1y", Kind: jsonmerge.ModifyModify, Base: []byte(`1`), Local: []byte(`2`), Remote: []byte(`3`)},
		{Pointer: "/n", Kind: jsonmerge.ModifyDelete, Base: []byte(`null`), Local: []byte(`5`)},
		{Pointer: "/t", Kind: jsonmerge.TypeClash, Base: []byte(`1`), Local: []byte(`"s"`), Remote: []byte(`true`)},
		{Pointer: "/list", Kind: jsonmerge.ArrayClash, Base: []byte(`[1,2,3]`), Local: []byte(`[1,9,3]`), Remote: []byte(`[1,8,3]`),
			Hunks: []jsonmerge.Hunk{{Base: jsonmerge.Range{Start: 1, End: 2}, Local: jsonmerge.Range{Start: 1, End: 2}, Remote: jsonmerge.Range{Start: 1, End: 2}}}},
		{Pointer: "/gone", Kind: jsonmerge.DeleteModify, Base: []byte(`[1, 2]`), Remote: []byte(`[1]`)},
	}, e.Conflicts)
	assert.Equal(t, jsonmerge.Remote, e.StandIn)
	assert.JSONEq(t, `{"z":{"x/y":3},"gone":[1],"t":true,"list":[1,8,3],"new":1}`, string(e.Partial))
	assert.EqualError(t, e, `jsonmerge: 6 conflicts: add/add at "/new", modify/modify at "/z/x~1y", modify/delete at "/n" and 3 more`)
}

func TestPartialHoldsTheSideThatWasAskedFor(t *testing.T) {
	base, local, remote := `{"a":1,"b":1,"c":1,"d":1}`, `{"a":2,"b":2,"c":2}`, `{"a":3,"b":1,"d":4}`
	for side, want := range map[jsonmerge.Side]string{
		jsonmerge.Remote: `{"a":3,"b":2,"d":4}`,
		jsonmerge.Local:  `{"a":2,"b":2,"c":2}`,
		jsonmerge.Base:   `{"a":1,"b":2,"c":1,"d":1}`,
	} {
		e := conflicts(t, base, local, remote, &jsonmerge.Options{StandIn: side})
		assert.Equal(t, want, string(e.Partial), side)
		assert.Equal(t, side, e.StandIn)
		assert.Len(t, e.Conflicts, 3)
	}
	_, err := jsonmerge.Merge([]byte(`1`), nil, []byte(`2`), &jsonmerge.Options{StandIn: jsonmerge.Local})
	var e *jsonmerge.ConflictError
	require.ErrorAs(t, err, &e)
	assert.Nil(t, e.Partial)
}

func TestResolveDecidesConflictsOneByOne(t *testing.T) {
	answers := map[string]jsonmerge.Resolution{
		"/a": jsonmerge.Take(jsonmerge.Local),
		"/b": jsonmerge.Take(jsonmerge.Remote),
		"/c": jsonmerge.Take(jsonmerge.Base),
		"/d": jsonmerge.Use([]byte(" [\"new\"]\n")),
		"/e": jsonmerge.Use(nil),
		"/f": jsonmerge.Take(jsonmerge.Remote), // which deleted it
	}
	var asked []string
	opts := &jsonmerge.Options{Resolve: func(c jsonmerge.Conflict) (jsonmerge.Resolution, error) {
		asked = append(asked, c.Pointer)
		return answers[c.Pointer], nil
	}}
	base := `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}`
	local := `{"a":2,"b":2,"c":2,"d":2,"e":2,"f":2,"g":2}`
	remote := `{"a":3,"b":3,"c":3,"d":3,"e":3,"g":3}`
	e := conflicts(t, base, local, remote, opts)
	assert.Equal(t, []string{"/a", "/b", "/c", "/d", "/e", "/f", "/g"}, asked)
	assert.Equal(t, []string{"/g"}, pointers(e))
	assert.Equal(t, `{"a":2,"b":3,"c":1,"d":["new"],"g":3}`, string(e.Partial))

	// The person decides about the rest, and the same merge runs again.
	answers["/g"] = jsonmerge.Use([]byte(`4`))
	assert.Equal(t, `{"a":2,"b":3,"c":1,"d":["new"],"g":4}`, merged(t, base, local, remote, opts))
}

func TestResolveCanStopTheMerge(t *testing.T) {
	cancelled := errors.New("cancelled")
	calls := 0
	_, err := jsonmerge.Merge([]byte(`[{"a":1,"b":1},0,1]`), []byte(`[{"a":2,"b":2},0,2]`), []byte(`[{"a":3,"b":3},0,3]`),
		&jsonmerge.Options{Arrays: jsonmerge.Sequence, Resolve: func(jsonmerge.Conflict) (jsonmerge.Resolution, error) {
			calls++
			return jsonmerge.Leave(), cancelled
		}})
	assert.ErrorIs(t, err, cancelled)
	assert.Equal(t, 1, calls)
}

func TestResolveMustAnswerWithJSON(t *testing.T) {
	_, err := jsonmerge.Merge([]byte(`{"a":1}`), []byte(`{"a":2}`), []byte(`{"a":3}`),
		&jsonmerge.Options{Resolve: func(jsonmerge.Conflict) (jsonmerge.Resolution, error) {
			return jsonmerge.Use([]byte(`{"x":1,"x":2}`)), nil
		}})
	var syntax *jsonmerge.SyntaxError
	require.ErrorAs(t, err, &syntax)
	assert.EqualError(t, err, `resolution of "/a": jsonmerge: at byte 7, pointer "": name "x" occurs twice in one object`)
}

func TestConflictsBeyondTheLimitAreCounted(t *testing.T) {
	var base, local, remote []string
	for i := range 50 {
		base = append(base, fmt.Sprintf(`"k%d":0`, i))
		local = append(local, fmt.Sprintf(`"k%d":1`, i))
		remote = append(remote, fmt.Sprintf(`"k%d":2`, i))
	}
	object := func(members []string) string { return "{" + strings.Join(members, ",") + "}" }
	e := conflicts(t, object(base), object(local), object(remote), &jsonmerge.Options{Limits: jsonmerge.Limits{MaxConflicts: 7}})
	assert.Len(t, e.Conflicts, 7)
	assert.Equal(t, 43, e.Omitted)
	assert.Equal(t, object(remote), string(e.Partial))
	assert.ErrorContains(t, e, "50 conflicts")
	assert.ErrorContains(t, e, "and 47 more")

	asked := 0
	e = conflicts(t, object(base), object(local), object(remote), &jsonmerge.Options{Limits: jsonmerge.Limits{MaxConflicts: 7},
		Resolve: func(jsonmerge.Conflict) (jsonmerge.Resolution, error) { asked++; return jsonmerge.Leave(), nil }})
	assert.Equal(t, 50, asked)
	assert.Len(t, e.Conflicts, 7)
	assert.Equal(t, 43, e.Omitted)
}

func TestConflictErrorsAreOneBoundedLine(t *testing.T) {
	name := strings.Repeat("\\n", 10_000)
	e := conflicts(t, `{"`+name+`":1}`, `{"`+name+`":2}`, `{"`+name+`":3}`, nil)
	assert.Less(t, len(e.Error()), 500)
	assert.NotContains(t, e.Error(), "\n")
	assert.ErrorContains(t, e, "1 conflict: modify/modify")
}

func TestHunksOfArraysCountFromTheStartOfTheArray(t *testing.T) {
	e := conflicts(t, `[1,2,3,4,5,6,7]`, `[1,2,30,4,5,6,7]`, `[1,2,31,32,4,5,66,7]`, nil)
	require.Len(t, e.Conflicts, 1)
	assert.Equal(t, []jsonmerge.Hunk{{
		Base: jsonmerge.Range{Start: 2, End: 3}, Local: jsonmerge.Range{Start: 2, End: 3}, Remote: jsonmerge.Range{Start: 2, End: 4},
	}}, e.Conflicts[0].Hunks)

	e = conflicts(t, `[0,1,2,3,4]`, `[0,3,1,2,4]`, `[0,1,2,4,3]`, nil)
	assert.Equal(t, "an element was moved on both sides", e.Conflicts[0].Reason)
	assert.Equal(t, []jsonmerge.Hunk{{
		Base: jsonmerge.Range{Start: 1, End: 5}, Local: jsonmerge.Range{Start: 1, End: 5}, Remote: jsonmerge.Range{Start: 1, End: 5},
	}}, e.Conflicts[0].Hunks)
}

// Where elements repeat or move, a longest common subsequence is not unique; a side that has the
// other's additions already must not get them twice, nor a conflict.
func TestMergeOfASequenceWithOneThatHasItAlready(t *testing.T) {
	for _, c := range [][3]string{
		{`[1,2,3,4]`, `[1,4,2,3]`, `[1,4,2]`},
		{`[0,5,0,9]`, `[0,0,5,0,9]`, `[7,0,0,5,0]`},
	} {
		assert.Equal(t, c[2], merged(t, c[0], c[1], c[2], nil))
		assert.Equal(t, c[2], merged(t, c[0], c[2], c[1], nil))
	}
	// Two that really were added stay two.
	assert.Equal(t, `[9,1,2,3,9]`, merged(t, `[1,2,3]`, `[9,1,2,3]`, `[1,2,3,9]`, nil))
}

func TestElementsTellWhereAConflictInAnArrayIs(t *testing.T) {
	e := conflicts(t, `{"a":[0,1,{"v":1},3]}`, `{"a":[1,{"v":2},3]}`, `{"a":[0,1,{"v":3},3,4]}`, nil)
	require.Len(t, e.Conflicts, 1)
	assert.Equal(t, "/a/1/v", e.Conflicts[0].Pointer)
	assert.Equal(t, []jsonmerge.Element{{Depth: 1, Base: 2, Local: 1, Remote: 2}}, e.Conflicts[0].Elements)
}

func TestMergeRefusesOptionsThatAreWrong(t *testing.T) {
	for strategy, want := range map[jsonmerge.Strategy]string{
		"sett":       `jsonmerge: Options.Arrays: unknown strategy "sett"`,
		"counter":    `jsonmerge: Options.Arrays: "counter" is no strategy for arrays alone`,
		"set,remote": `jsonmerge: Options.Arrays: "set,remote" is no strategy for arrays alone`,
		"local":      `jsonmerge: Options.Arrays: "local" is no strategy for arrays alone`,
	} {
		_, err := jsonmerge.Merge([]byte(`1`), []byte(`1`), []byte(`1`), &jsonmerge.Options{Arrays: strategy})
		assert.EqualError(t, err, want)
	}
}

// The cost of these is far too high to wait for if it were quadratic or if it grew with size times
// depth.
func TestMergeBearsHostileDocuments(t *testing.T) {
	const n = 60_000
	list := func(open, end string, n int, item func(i int) string) []byte {
		var b bytes.Buffer
		b.WriteString(open)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(item(i))
		}
		b.WriteString(end)
		return b.Bytes()
	}
	member := func(prefix string) func(int) string {
		return func(i int) string { return fmt.Sprintf(`"%s%d":%d`, prefix, i, i) }
	}
	t.Run("all names new on both sides", func(t *testing.T) {
		m, err := jsonmerge.Merge([]byte(`{}`), list("{", "}", n, member("l")), list("{", "}", n, member("r")), nil)
		require.NoError(t, err)
		assert.Equal(t, 2*n, bytes.Count(m, []byte(":")))
	})
	t.Run("members in opposite order", func(t *testing.T) {
		m, err := jsonmerge.Merge(list("{", "}", n, member("k")), list("{", "}", n, func(i int) string { return member("k")(n - 1 - i) }),
			list("{", "}", n+1, member("k")), nil)
		require.NoError(t, err)
		assert.Equal(t, n+1, bytes.Count(m, []byte(":")))
	})
	t.Run("arrays in opposite order", func(t *testing.T) {
		const n = n / 3
		for _, arrays := range []jsonmerge.Strategy{jsonmerge.Sequence, jsonmerge.Set, jsonmerge.Multiset, jsonmerge.Append, jsonmerge.Key("id")} {
			item := func(i int) string { return fmt.Sprintf(`{"id":%d}`, i) }
			_, err := jsonmerge.Merge(list("[", "]", n, item), list("[", "]", n, func(i int) string { return item(n - 1 - i) }),
				list("[", "]", n, func(i int) string { return item(i * 7919 % n) }), &jsonmerge.Options{Arrays: arrays})
			var conflict *jsonmerge.ConflictError
			if err != nil {
				require.ErrorAs(t, err, &conflict)
			}
		}
	})
	t.Run("equal elements", func(t *testing.T) {
		zero := func(int) string { return "0" }
		m, err := jsonmerge.Merge(list("[", "]", n, zero), list("[", "]", n+5, zero), list("[", "]", n-5, zero), nil)
		var conflict *jsonmerge.ConflictError
		if err != nil {
			require.ErrorAs(t, err, &conflict)
		} else {
			require.NotEmpty(t, m)
		}
	})
	// Every level has much that is equal before what differs; only the innermost value differs.
	deep := func(open, end string, width int, innermost string) []byte {
		return []byte(strings.Repeat(open, 9_000) + strings.Repeat(" ", width) + innermost + strings.Repeat(end, 9_000))
	}
	for name, level := range map[string][2]string{
		"deep objects":                  {`{"a":`, `}`},
		"deep objects with siblings":    {`{"b":[1,{"c":2}],"a":`, `,"d":[3]}`},
		"deep arrays":                   {`[`, `]`},
		"deep arrays of objects":        {`[{"k":`, `}]`},
		"deep arrays with elements":     {`[0,[1],{"k":`, `},2]`},
		"deep objects, order reversing": {`{"x":1,"a":`, `}`},
	} {
		t.Run(name, func(t *testing.T) {
			local := deep(level[0], level[1], 0, "2")
			if strings.Contains(name, "reversing") {
				local = deep(`{"a":`, `,"x":1}`, 0, "2")
			}
			limits := jsonmerge.Limits{MaxDepth: 20_000}
			_, err := jsonmerge.Merge(deep(level[0], level[1], 1_000_000, "1"), local, deep(level[0], level[1], 0, "3"), &jsonmerge.Options{Limits: limits})
			var conflict *jsonmerge.ConflictError
			require.ErrorAs(t, err, &conflict)
			require.Len(t, conflict.Conflicts, 1)
		})
	}
	t.Run("exponents", func(t *testing.T) {
		huge := strings.Repeat("9", 100_000)
		e := conflicts(t, `{"n":1e1000000000}`, `{"n":1e`+huge+`}`, `{"n":1e-`+huge+`}`, rules("/n counter"))
		assert.Equal(t, jsonmerge.ModifyModify, e.Conflicts[0].Kind)
		assert.Equal(t, `{"n":1e`+huge+`}`, merged(t, `{"n":1e1000000000}`, `{"n":1e`+huge+`}`, `{"n":1e-`+huge+`}`, rules("/n max")))
	})
}

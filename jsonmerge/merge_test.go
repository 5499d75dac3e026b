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
			"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"l\": 3\n}\n",
			"{\n  \"a\": 1,\n  \"b\": 2,\n  \"r\": 4\n}\n",
			"{\n  \"a\": 1,\n  \"b\": 2,\n  \"l\": 3,\n  \"r\": 4\n}\n"},
		"indented, one member shows how": {
			"{\n  \"a\": 1\n}", "{\n  \"a\": 2\n}", "{\n  \"a\": 1,\n  \"r\": 4\n}", "{\n  \"a\": 2,\n  \"r\": 4\n}"},
		"remote lays out what was empty": {
			`{"o": {}, "x": 1}`, `{"o": {}, "x": 2}`, "{\"o\": { \"a\" : 1,  \"b\" : 2 }, \"x\": 1}",
			`{"o": { "a" : 1,  "b" : 2 }, "x": 2}`},
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
		{`{"a":1}`, `{"a":2}`, `{"a":1}`}, {`{"a":1}`, `{"a":1}`, `{"a":2}`},
		{`{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":1,"b":2}`},
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
		m, err := jsonmerge.Merge(list("{", "}", n, member("k")),
			list("{", "}", n, func(i int) string { return member("k")(n - 1 - i) }),
			list("{", "}", n+1, member("k")), nil)
		require.NoError(t, err)
		assert.Equal(t, n+1, bytes.Count(m, []byte(":")))
	})
	t.Run("arrays in opposite order", func(t *testing.T) {
		const n = n / 3
		for _, arrays := range []jsonmerge.Strategy{jsonmerge.Sequence, jsonmerge.Set, jsonmerge.Multiset, jsonmerge.Append,
			jsonmerge.Key("id")} {
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
			_, err := jsonmerge.Merge(deep(level[0], level[1], 1_000_000, "1"), local, deep(level[0], level[1], 0, "3"),
				&jsonmerge.Options{Limits: limits})
			var conflict *jsonmerge.ConflictError
			require.ErrorAs(t, err, &conflict)
			require.Len(t, conflict.Conflicts, 1)
		})
	}
	t.Run("exponents", func(t *testing.T) {
		huge := strings.Repeat("9", 100_000)
		e := conflicts(t, `{"n":1e1000000000}`, `{"n":1e`+huge+`}`, `{"n":1e-`+huge+`}`, rules("/n counter"))
		assert.Equal(t, jsonmerge.ModifyModify, e.Conflicts[0].Kind)
		assert.Equal(t, `{"n":1e`+huge+`}`, merged(t, `{"n":1e1000000000}`, `{"n":1e`+huge+`}`, `{"n":1e-`+huge+`}`,
			rules("/n max")))
	})
}

func FuzzMerge(f *testing.F) {
	add := func(base, local, remote, rules string) { f.Add([]byte(base), []byte(local), []byte(remote), rules) }
	add(`{"a":1,"b":[1,2,3],"c":{"d":null}}`, `{"a":2,"b":[0,1,2,3],"c":{}}`, `{"a":1,"b":[1,2,3,4],"c":{"d":1}}`, "")
	add(`[{"id":1,"v":1},{"id":2}]`, `[{"id":2},{"id":1,"v":2}]`, `[{"id":1,"v":1},{"id":3},{"id":2}]`, `"" key=id`)
	add(`{"n":1,"s":"a\nb\nc","t":[1,1]}`, `{"n":2,"s":"A\nb\nc","t":[1]}`, `{"n":3,"s":"a\nb\nC","t":[1,1,2]}`,
		"/n counter\n/s text\n/t multiset")
	add(`[1,2]`, ` [ 1 , 2 , 3 ] `, `[1,2,4]`, `"" append`)
	add(`[1]`, `[1,1]`, `[2]`, `"" set,remote`)
	add(`{}`, `{"a":{"x":"2026-01-01T00:00:00Z"}}`, `{"a":{"x":"2026-01-02T00:00:00Z"}}`, "/** merge\n/a/x newest")
	add(``, `1e999`, `1e-999`, `"" max`)
	f.Fuzz(func(t *testing.T, base, local, remote []byte, text string) {
		if len(base) == 0 {
			base = nil
		}
		rules, err := jsonmerge.ParseRules(text)
		if err != nil {
			return
		}
		opts := &jsonmerge.Options{Rules: rules}
		for _, doc := range [][]byte{base, local, remote} {
			if doc != nil && jsonmerge.Check(doc, jsonmerge.Limits{}) != nil {
				_, err := jsonmerge.Merge(base, local, remote, opts)
				require.Error(t, err)
				return
			}
		}
		merged, err := jsonmerge.Merge(base, local, remote, opts)
		var conflict *jsonmerge.ConflictError
		if errors.As(err, &conflict) {
			merged = conflict.Partial
		} else {
			require.NoError(t, err)
		}
		if merged != nil {
			require.NoError(t, jsonmerge.Check(merged, jsonmerge.Limits{}), "%s", merged)
		}
		again, errAgain := jsonmerge.Merge(base, local, remote, opts)
		require.Equal(t, err, errAgain)
		if err == nil {
			require.Equal(t, string(merged), string(again))
		}
		// One side alone is taken as it is.
		one, err := jsonmerge.Merge(base, base, remote, opts)
		require.NoError(t, err)
		require.True(t, bytes.Equal(remote, one))
	})
}

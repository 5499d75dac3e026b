package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckAgreesWithJSONTestSuite(t *testing.T) {
	var files []struct {
		Name, Expect string
		Base64       []byte
		Repeat       *struct {
			Unit, Then string
			Times      int
		}
	}
	vectors(t, "parse/jsontestsuite_parsing.json", &files)
	duplicates := map[string]bool{ // well-formed, and refused by design
		"y_object_duplicated_key.json":           true,
		"y_object_duplicated_key_and_value.json": true,
	}
	counts := map[string]int{}
	for _, f := range files {
		doc := f.Base64
		if f.Repeat != nil {
			doc = []byte(strings.Repeat(f.Repeat.Unit, f.Repeat.Times) + f.Repeat.Then)
		}
		err := jsonmerge.Check(doc, jsonmerge.Limits{})
		switch {
		case f.Expect == "n" || duplicates[f.Name]:
			assert.Error(t, err, f.Name)
		case f.Expect == "y":
			assert.NoError(t, err, f.Name)
		}
		counts[f.Expect]++
	}
	assert.Equal(t, map[string]int{"y": 95, "n": 188, "i": 35}, counts)
}

func TestCheckSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{``, `at byte 0, pointer "": document ends where a value was expected`},
		{`  `, `at byte 2, pointer "": document ends where a value was expected`},
		{`{"a":1} x`, `at byte 8, pointer "": more data after the value`},
		{`{"a":1,"a":2}`, `at byte 7, pointer "": name "a" occurs twice in one object`},
		{`{"o":[0,{"a":1,"\u0061":2}]}`, `at byte 15, pointer "/o/1": name "a" occurs twice in one object`},
		{`{"a/b":{"m~n":[tru]}}`, `at byte 18, pointer "/a~1b/m~0n/0": ']' where the literal true was expected`},
		{`{"a" 1}`, `at byte 5, pointer "": '1' where a colon was expected`},
		{`{a:1}`, `at byte 1, pointer "": 'a' where a name in quotes was expected`},
		{`{"a":1,}`, `at byte 7, pointer "": '}' where a name in quotes was expected`},
		{`[1,]`, `at byte 3, pointer "/1": ']' where a value was expected`},
		{`[1 2]`, `at byte 3, pointer "": '2' where a comma or ] was expected`},
		{`{"a":1 "b":2}`, `at byte 7, pointer "": '"' where a comma or } was expected`},
		{`"abc`, `at byte 0, pointer "": string is not closed`},
		{`{"abc`, `at byte 1, pointer "": string is not closed`},
		{"\"a\x01\"", `at byte 2, pointer "": control character '\x01' in a string`},
		{`"\x"`, `at byte 1, pointer "": unknown escape "\\x"`},
		{`"\`, `at byte 1, pointer "": escape sequence is cut off`},
		{`"\u12g4"`, `at byte 1, pointer "": \u is not followed by four hexadecimal digits`},
		{`"\ud800"`, `at byte 1, pointer "": unpaired surrogate \ud800`},
		{`"\udc00"`, `at byte 1, pointer "": unpaired surrogate \udc00`},
		{`"\ud800\ud800"`, `at byte 1, pointer "": unpaired surrogate \ud800`},
		{"\"\xff\"", `at byte 1, pointer "": invalid UTF-8 in a string`},
		{"\"\xed\xa0\x80\"", `at byte 1, pointer "": invalid UTF-8 in a string`},
		{`01`, `at byte 1, pointer "": more data after the value`},
		{`-`, `at byte 1, pointer "": document ends where a digit was expected`},
		{`-a`, `at byte 1, pointer "": 'a' where a digit was expected`},
		{`1.`, `at byte 2, pointer "": document ends where a digit was expected`},
		{`1e+`, `at byte 3, pointer "": document ends where a digit was expected`},
		{"\xef\xbb\xbf{}", `at byte 0, pointer "": 'ï' where a value was expected`},
		{`{"` + strings.Repeat("k", 200) + `":x}`, `at byte 204, pointer "/` + strings.Repeat("k", 79) +
			`"...: 'x' where a value was expected`},
	} {
		err := jsonmerge.Check([]byte(c.doc), jsonmerge.Limits{})
		var syntax *jsonmerge.SyntaxError
		if assert.ErrorAs(t, err, &syntax, c.doc) {
			assert.EqualError(t, err, "jsonmerge: "+c.want, c.doc)
		}
	}
}

func TestCheckAcceptsPairedSurrogatesAndRawUnicode(t *testing.T) {
	for _, doc := range []string{`"\ud83d\ude00"`, `"😀é"`, `{"é":1,"e\u0301":2}`, `"\\ud800"`,
		`"\"\\\/\b\f\n\r\t\u0000"`} {
		assert.NoError(t, jsonmerge.Check([]byte(doc), jsonmerge.Limits{}), doc)
	}
}

func TestCheckFindsADuplicateAmongManyNames(t *testing.T) {
	for _, n := range []int{2, 8, 16, 17, 100, 5000} {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, `"k%d":%d,`, i, i)
		}
		unique := strings.TrimSuffix(b.String(), ",") + "}"
		require.NoError(t, jsonmerge.Check([]byte(unique), jsonmerge.Limits{}), n)
		for _, again := range []int{0, n / 2, n - 1} {
			err := jsonmerge.Check(fmt.Appendf(nil, `%s"\u006b%d":0}`, b.String(), again), jsonmerge.Limits{})
			assert.ErrorContains(t, err, fmt.Sprintf(`name "k%d" occurs twice`, again), n)
		}
	}
}

func TestCheckStopsAtTheLimits(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat(`[`, n) + strings.Repeat(`]`, n)) }
	var limit *jsonmerge.LimitError

	assert.NoError(t, jsonmerge.Check(deep(jsonmerge.DefaultMaxDepth), jsonmerge.Limits{}))
	require.ErrorAs(t, jsonmerge.Check(deep(jsonmerge.DefaultMaxDepth+1), jsonmerge.Limits{}), &limit)
	assert.Equal(t, jsonmerge.LimitError{What: "depth", Limit: 10_000, Offset: 10_000}, *limit)
	assert.EqualError(t, limit, "jsonmerge: document nests deeper than 10000 levels at byte 10000")

	assert.NoError(t, jsonmerge.Check([]byte(`{"a":[1]}`), jsonmerge.Limits{MaxDepth: 2, MaxBytes: 9}))
	require.ErrorAs(t, jsonmerge.Check([]byte(`{"a":[[]]}`), jsonmerge.Limits{MaxDepth: 2}), &limit)
	require.ErrorAs(t, jsonmerge.Check([]byte(`{"a":[1]}`), jsonmerge.Limits{MaxBytes: 8}), &limit)
	assert.EqualError(t, limit, "jsonmerge: document is larger than 8 bytes")

	// Whatever is asked for, the stack has an end.
	require.ErrorAs(t, jsonmerge.Check(deep(100_001), jsonmerge.Limits{MaxDepth: 1 << 40}), &limit)
	assert.Equal(t, 100_000, limit.Limit)
	_, err := jsonmerge.Merge(deep(100_000), nil, []byte(`[`+string(deep(99_998))+`,1]`),
		&jsonmerge.Options{Limits: jsonmerge.Limits{MaxDepth: 1 << 40}})
	var conflict *jsonmerge.ConflictError
	require.ErrorAs(t, err, &conflict)
}

func FuzzCheck(f *testing.F) {
	for _, doc := range []string{`{"a":[1,-0.5e+3,true,null,"\u00e9"],"":{}}`, `{"a":1,"a":2}`, `"\ud800"`, "\"\xff\"",
		`[1]x`, ``} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		err := jsonmerge.Check(doc, jsonmerge.Limits{})
		if err == nil {
			require.True(t, json.Valid(doc), "accepted what encoding/json refuses")
			// Decoding and encoding with encoding/json keeps the meaning, so it must keep equality.
			// Numbers stay as spelled.
			dec := json.NewDecoder(bytes.NewReader(doc))
			dec.UseNumber()
			var v any
			require.NoError(t, dec.Decode(&v))
			again, err := json.Marshal(v)
			require.NoError(t, err)
			same, err := jsonmerge.Equal(doc, again)
			require.NoError(t, err)
			require.True(t, same, "%s", again)
			return
		}
		var syntax *jsonmerge.SyntaxError
		if require.ErrorAs(t, err, &syntax); syntax != nil && json.Valid(doc) {
			require.Regexp(t, `occurs twice|UTF-8|surrogate`, syntax.Msg, "refused what encoding/json accepts")
		}
	})
}

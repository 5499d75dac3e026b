package jsonmerge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// patchVectors reads a file of the test vectors.
func patchVectors(t *testing.T, name string, into any) {
	t.Helper()
	folder := os.Getenv("IFMATCH_VECTORS")
	if folder == "" {
		t.Skip("IFMATCH_VECTORS names no folder of test vectors")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "patch", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, into))
}

func requireEqualJSON(t *testing.T, want, got []byte, about ...any) {
	t.Helper()
	equal, err := jsonmerge.Equal(want, got)
	require.NoError(t, err)
	if !equal {
		require.Equal(t, string(want), string(got), about...)
	}
}

func TestPatchVectors(t *testing.T) {
	for _, file := range []struct {
		name           string
		enabled, fails int
	}{
		{"json_patch_tests.json", 92, 30},
		{"json_patch_spec_tests_rfc6902_appendixA.json", 16, 4},
	} {
		t.Run(file.name, func(t *testing.T) {
			var cases []struct {
				Comment, Error       string
				Doc, Patch, Expected json.RawMessage
				Disabled             bool
			}
			patchVectors(t, file.name, &cases)
			enabled, fails := 0, 0
			for i, c := range cases {
				if c.Disabled {
					continue
				}
				enabled++
				got, err := jsonmerge.ApplyPatch(c.Doc, c.Patch, nil)
				if c.Error != "" {
					fails++
					require.Error(t, err, "case %d %s: %s", i, c.Comment, c.Error)
					require.Nil(t, got)
					continue
				}
				require.NoError(t, err, "case %d %s", i, c.Comment)
				if c.Expected == nil {
					c.Expected = c.Doc
				}
				requireEqualJSON(t, c.Expected, got, "case %d %s", i, c.Comment)
			}
			assert.Equal(t, file.enabled, enabled)
			assert.Equal(t, file.fails, fails)
		})
	}
}

func TestApplyPatchTouchesNothingElse(t *testing.T) {
	const doc = "{\n  \"a\": 1.0,\n  \"b\": [ 1e2,{\"c\":\"\\u0041\"} ],\n  \"\": {}\n}\n"
	for name, c := range map[string]struct{ patch, want string }{
		"nothing":          {`[]`, doc},
		"a test":           {`[{"op":"test","path":"/b/0","value":100}]`, doc},
		"replace":          {`[{"op":"replace","path":"/a","value":2}]`, strings.Replace(doc, "1.0", "2", 1)},
		"add a member":     {`[{"op":"add","path":"/n","value":{"x":[1]}}]`, strings.Replace(doc, "{}\n", "{},\n  \"n\": {\"x\": [1]}\n", 1)},
		"replace by add":   {`[{"op":"add","path":"/a","value":[]}]`, strings.Replace(doc, "1.0", "[]", 1)},
		"add an element":   {`[{"op":"add","path":"/b/1","value":7}]`, strings.Replace(doc, "1e2,", "1e2,7,", 1)},
		"append":           {`[{"op":"add","path":"/b/-","value":7}]`, strings.Replace(doc, "\"} ]", "\"},7 ]", 1)},
		"remove":           {`[{"op":"remove","path":"/b"}]`, "{\n  \"a\": 1.0,\n  \"\": {}\n}\n"},
		"remove, element":  {`[{"op":"remove","path":"/b/0"}]`, strings.Replace(doc, "1e2,", "", 1)},
		"move":             {`[{"op":"move","from":"/b/0","path":"/c"}]`, "{\n  \"a\": 1.0,\n  \"b\": [ {\"c\":\"\\u0041\"} ],\n  \"\": {},\n  \"c\": 1e2\n}\n"},
		"move onto itself": {`[{"op":"move","from":"/b/1/c","path":"/b/1/c"}]`, doc},
		"copy":             {`[{"op":"copy","from":"/b","path":"//x"}]`, strings.Replace(doc, "{}", "{\"x\": [ 1e2,{\"c\":\"\\u0041\"} ]}", 1)},
		"a copy is another value": {`[{"op":"copy","from":"/b","path":"/d"},{"op":"replace","path":"/d/1/c","value":0},{"op":"copy","from":"/d","path":"/e"},
			{"op":"remove","path":"/d/0"}]`,
			strings.Replace(doc, "{}\n", "{},\n  \"d\": [ {\"c\":0} ],\n  \"e\": [ 1e2,{\"c\":0} ]\n", 1)},
		"removed and added again": {`[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3},{"op":"test","path":"/a","value":3}]`,
			"{\n  \"b\": [ 1e2,{\"c\":\"\\u0041\"} ],\n  \"\": {},\n  \"a\": 3\n}\n"},
		"the root":           {`[{"op":"replace","path":"","value":[1,2]},{"op":"add","path":"/-","value":3}]`, "[1,2,3]\n"},
		"the root by a move": {`[{"op":"move","from":"/b","path":""}]`, "[ 1e2,{\"c\":\"\\u0041\"} ]\n"},
		"a root in itself":   {`[{"op":"copy","from":"","path":"/b/0"},{"op":"move","from":"/b","path":""},{"op":"remove","path":"/1"},{"op":"remove","path":"/1"},{"op":"remove","path":"/0/b"}]`, "[ {\n  \"a\": 1.0,\n  \"\": {}\n} ]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonmerge.ApplyPatch([]byte(doc), []byte(c.patch), nil)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestApplyPatchTestsTheExactValue(t *testing.T) {
	for _, c := range []struct {
		doc, value string
		equal      bool
	}{
		{`1`, `1.0`, true}, {`1e2`, `100`, true}, {`-0`, `0`, true},
		{`9007199254740993`, `9007199254740992`, false}, {`1e1000000000`, `10e999999999`, true},
		{`"A"`, `"\u0041"`, true}, {`"1"`, `1`, false}, {`null`, `false`, false}, {`null`, `null`, true},
		{`{"a":1,"b":[2]}`, `{"b":[2.0],"a":1}`, true}, {`{"a":1}`, `{"a":1,"b":null}`, false},
		{`[1,2]`, `[2,1]`, false}, {`[]`, `{}`, false}, {`""`, `""`, true},
	} {
		// The second run tests a value that the patch itself put together.
		for _, before := range []string{"", `{"op":"add","path":"/x/y","value":0},{"op":"remove","path":"/x/y"},{"op":"copy","from":"/x","path":"/x2"},{"op":"move","from":"/x2","path":"/x"},`} {
			patch := fmt.Sprintf(`[%s{"op":"test","path":"/x","value":%s}]`, before, c.value)
			if before != "" && !strings.HasPrefix(c.doc, "{") {
				continue
			}
			_, err := jsonmerge.ApplyPatch([]byte(`{"x":`+c.doc+`}`), []byte(patch), nil)
			if c.equal {
				assert.NoError(t, err, "%s and %s", c.doc, c.value)
			} else {
				assert.ErrorIs(t, err, jsonmerge.ErrTestFailed, "%s and %s", c.doc, c.value)
			}
		}
	}
}

func TestApplyPatchTestsWhatItChangedItself(t *testing.T) {
	const ops = `{"op":"add","path":"/l/0/0","value":{"z":1.0}},{"op":"remove","path":"/l/1"},{"op":"add","path":"/o/n","value":null},{"op":"remove","path":"/o/g"},`
	for value, equal := range map[string]bool{
		`{"o":{"n":null,"k":0},"l":[[{"z":1},5],3]}`:         true,
		`{"o":{"n":null,"k":0},"l":[[{"z":1},5],4]}`:         false,
		`{"o":{"n":null,"k":0},"l":[[{"z":2},5],3]}`:         false,
		`{"o":{"n":null,"k":0},"l":[[{"z":1}],3]}`:           false,
		`{"o":{"n":null,"k":0},"l":[[{"z":1},5],3,4]}`:       false,
		`{"o":{"n":null,"k":0,"g":1},"l":[[{"z":1},5],3]}`:   false,
		`{"o":{"n":null,"g":1},"l":[[{"z":1},5],3]}`:         false,
		`{"o":{"n":null,"k":0},"l":{"0":[{"z":1},5],"1":3}}`: false,
	} {
		_, err := jsonmerge.ApplyPatch([]byte(`{"l":[[5],2,3],"o":{"g":1,"k":0}}`), []byte("["+ops+`{"op":"test","path":"","value":`+value+`}]`), nil)
		if equal {
			assert.NoError(t, err, value)
		} else {
			assert.ErrorIs(t, err, jsonmerge.ErrTestFailed, value)
		}
	}
}

func TestApplyPatchRefusesWhatIsNotStrict(t *testing.T) {
	const doc = `{"a":[1,2],"o":{"p":{}},"":{"":3}}`
	for _, c := range []struct{ patch, want string }{
		{`[{"op":"add","path":"/a/3","value":0}]`, `operation 0, add "/a/3": no such value: "/a/3": the array has 2 elements`},
		{`[{"op":"add","path":"/a/01","value":0}]`, `not an index`},
		{`[{"op":"add","path":"/a/+1","value":0}]`, `not an index`},
		{`[{"op":"add","path":"/a/-1","value":0}]`, `not an index`},
		{`[{"op":"add","path":"/a/","value":0}]`, `not an index`},
		{`[{"op":"add","path":"/a/99999999999999999999","value":0}]`, `not an index`},
		{`[{"op":"remove","path":"/a/-"}]`, `nothing is there`},
		{`[{"op":"remove","path":"/a/2"}]`, `nothing is there`},
		{`[{"op":"replace","path":"/o/q","value":0}]`, `nothing is there`},
		{`[{"op":"replace","path":"/a/2","value":0}]`, `nothing is there`},
		{`[{"op":"add","path":"/o/x/y","value":0}]`, `"/o/x": nothing is there`},
		{`[{"op":"add","path":"/a/2/y","value":0}]`, `"/a/2": nothing is there`},
		{`[{"op":"add","path":"/a/0/y","value":0}]`, `neither an object nor an array`},
		{`[{"op":"remove","path":""}]`, `the root cannot be removed`},
		{`[{"op":"move","from":"","path":"/x"}]`, `moved into itself`},
		{`[{"op":"move","from":"/o","path":"/o/p/q"}]`, `moved into itself`},
		{`[{"op":"move","from":"/x","path":"/x"}]`, `nothing is there`},
		{`[{"op":"move","from":"/x","path":"/y"}]`, `nothing is there`},
		{`[{"op":"move","from":"/a","path":"/x/y"}]`, `nothing is there`},
		{`[{"op":"copy","from":"/x","path":"/y"}]`, `nothing is there`},
		{`[{"op":"copy","from":"/a","path":"/x/y"}]`, `nothing is there`},
		{`[{"op":"test","path":"/x","value":null}]`, `nothing is there`},
		{`[{"op":"test","path":"/a"}]`, `member "value" is missing`},
		{`[{"op":"add","path":"/x","op":"remove","value":1}]`, `occurs twice`},
		{`[{"path":"/x"}]`, `operation 0: member "op" is missing`},
		{`[{"op":"ADD","path":"/x","value":1}]`, `unknown operation "ADD"`},
		{`[{"op":1,"path":"/x","value":1}]`, `member "op" is not a string`},
		{`[{"op":"remove"}]`, `member "path" is missing`},
		{`[{"op":"remove","path":"x"}]`, `does not begin with /`},
		{`[{"op":"remove","path":"/~2"}]`, `~ is not followed by 0 or 1`},
		{`[{"op":"move","path":"/x"}]`, `member "from" is missing`},
		{`[{"op":"move","path":"/x","from":"y"}]`, `does not begin with /`},
		{`[{"op":"add","path":"/ok","value":1},3]`, `operation 1: not an object`},
		{`{"op":"remove","path":"/a"}`, `not an array`},
		{`[`, `patch: jsonmerge:`},
	} {
		got, err := jsonmerge.ApplyPatch([]byte(doc), []byte(c.patch), nil)
		assert.ErrorContains(t, err, c.want, c.patch)
		assert.Nil(t, got)
	}
	_, err := jsonmerge.ApplyPatch([]byte(`{"a":1,"a":2}`), []byte(`[]`), nil)
	assert.ErrorContains(t, err, "document to patch: jsonmerge: at byte 7")

	_, err = jsonmerge.ApplyPatch([]byte(doc), []byte(`[{"op":"add","path":"/n","value":1},{"op":"test","path":"//","value":4}]`), nil)
	var failed *jsonmerge.PatchError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 1, failed.Index)
	assert.Equal(t, "test", failed.Op)
	assert.Equal(t, "//", failed.Path)
	assert.ErrorIs(t, err, jsonmerge.ErrTestFailed)
	_, err = jsonmerge.ApplyPatch([]byte(doc), []byte(`[{"op":"remove","path":"/zzz"}]`), nil)
	assert.ErrorIs(t, err, jsonmerge.ErrNotFound)
}

func TestApplyPatchIsBounded(t *testing.T) {
	var bomb strings.Builder // each copy doubles the document
	for i := range 100 {
		fmt.Fprintf(&bomb, `,{"op":"copy","from":"","path":"/a%d"}`, i)
	}
	_, err := jsonmerge.ApplyPatch([]byte(`{"x":"0123456789"}`), []byte("["+bomb.String()[1:]+"]"), &jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 1 << 20}})
	require.ErrorIs(t, err, jsonmerge.ErrPatchLimit)
	assert.ErrorContains(t, err, "more bytes are copied")

	// Removed members are not free: here every copy is of nothing but those.
	var wide strings.Builder
	wide.WriteString("[")
	for i := range 100 {
		fmt.Fprintf(&wide, `{"op":"add","path":"/o/%d","value":0},{"op":"remove","path":"/o/%d"},`, i, i)
	}
	wide.WriteString(`{"op":"copy","from":"/o","path":"/p"}]`)
	_, err = jsonmerge.ApplyPatch([]byte(`{"o":{}}`), []byte(wide.String()), &jsonmerge.PatchOptions{MaxCopied: 50})
	require.ErrorIs(t, err, jsonmerge.ErrPatchLimit)

	// Each round makes the document two levels deeper without copying a byte.
	deep := strings.Repeat(`{"op":"add","path":"/t","value":{"t":{}}},{"op":"move","from":"/a","path":"/t/t/a"},{"op":"move","from":"/t","path":"/a"},`, 100)
	shallow := &jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxDepth: 200}}
	for last, what := range map[string]error{
		`{"op":"add","path":"/b","value":0}`:                     nil, // refused when it is written
		`{"op":"copy","from":"/a","path":"/b"}`:                  nil,
		`{"op":"test","path":"/a","value":{"t":{"a":{"t":{}}}}}`: jsonmerge.ErrTestFailed,
	} {
		_, err = jsonmerge.ApplyPatch([]byte(`{"a":{}}`), []byte("["+deep+last+"]"), shallow)
		if what != nil {
			require.ErrorIs(t, err, what)
			continue
		}
		var limit *jsonmerge.LimitError
		require.ErrorAs(t, err, &limit, last)
		assert.Equal(t, "depth", limit.What)
	}

	// What the values of a patch are put into may be too deep for them.
	_, err = jsonmerge.ApplyPatch([]byte(`{"a":{}}`), []byte(`[{"op":"add","path":"/a/b","value":[[[]]]}]`),
		&jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxDepth: 4}})
	var tooDeep *jsonmerge.LimitError
	require.ErrorAs(t, err, &tooDeep)

	for _, op := range []string{`{"op":"add","path":"/0","value":0}`, `{"op":"remove","path":"/0"}`} {
		two := []byte("[" + op + "," + op + "]")
		_, err = jsonmerge.ApplyPatchShifting([]byte(`[1,2,3]`), two, 7)
		require.NoError(t, err)
		_, err = jsonmerge.ApplyPatchShifting([]byte(`[1,2,3]`), two, 4)
		require.ErrorIs(t, err, jsonmerge.ErrPatchLimit)
	}

	many := "[" + strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"/x"},`, 11), ",") + "]"
	_, err = jsonmerge.ApplyPatch([]byte(`{}`), []byte(many), &jsonmerge.PatchOptions{MaxOperations: 10})
	require.ErrorIs(t, err, jsonmerge.ErrPatchLimit)

	_, err = jsonmerge.ApplyPatch([]byte(`{}`), []byte(`[{"op":"add","path":"/x","value":"0123456789"}]`), &jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 50}})
	require.NoError(t, err)
	var limit *jsonmerge.LimitError
	_, err = jsonmerge.ApplyPatch([]byte(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}`), []byte(`[{"op":"add","path":"/x","value":"01"}]`), &jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 45}})
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, "bytes", limit.What)
}

func TestCreatePatchIsShort(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"equal", `{"a":1,"b":[2]}`, `{"b":[2.0],"a":1}`, `[]`},
		{"members", `{"a":1,"b":2,"c~/d":{"e":1}}`, `{"b":3,"c~/d":{"e":2},"n":null}`,
			`[{"op":"remove","path":"/a"},{"op":"replace","path":"/b","value":3},{"op":"replace","path":"/c~0~1d/e","value":2},{"op":"add","path":"/n","value":null}]`},
		{"the root", `1`, `{ "a" : 1 }`, `[{"op":"replace","path":"","value":{"a":1}}]`},
		{"insert in front", `["a","b","c"]`, `["x","a","b","c"]`, `[{"op":"add","path":"/0","value":"x"}]`},
		{"append", `["aaaaaaaaaaaaaaaaaaaaa","b"]`, `["aaaaaaaaaaaaaaaaaaaaa","b","c"]`, `[{"op":"add","path":"/2","value":"c"}]`},
		{"remove in the middle", `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c"]`, `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","c"]`, `[{"op":"remove","path":"/1"}]`},
		{"replace", `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c"]`, `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","x","c"]`, `[{"op":"replace","path":"/1","value":"x"}]`},
		{"move", `["aaaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c","d"]`, `["b","c","d","aaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`, `[{"op":"move","from":"/0","path":"/3"}]`},
		{"inside an element", `[{"id":1,"v":1},{"id":2,"v":2},{"id":3,"v":"cccccccccc"}]`, `[{"id":2,"v":2},{"id":3,"v":"dddddddddd"}]`,
			`[{"op":"replace","path":"","value":[{"id":2,"v":2},{"id":3,"v":"dddddddddd"}]}]`},
		{"inside a large element", `{"l":[{"id":1},{"id":2,"v":2,"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`,
			`{"l":[{"id":2,"v":3,"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`,
			`[{"op":"remove","path":"/l/0"},{"op":"replace","path":"/l/0/v","value":3}]`},
		{"an array all new", `[1,2,3]`, `[4,5,6]`, `[{"op":"replace","path":"","value":[4,5,6]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsonmerge.CreatePatch([]byte(c.a), []byte(c.b), nil)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
			applied, err := jsonmerge.ApplyPatch([]byte(c.a), got, nil)
			require.NoError(t, err)
			requireEqualJSON(t, []byte(c.b), applied)
		})
	}
}

func TestCreatePatchFollowsDeclaredKeys(t *testing.T) {
	rules := jsonmerge.MustRules(jsonmerge.Rule{Path: "/l", Strategy: "key=k"})
	filler := strings.Repeat("x", 200)
	a := `{"l":[{"k":"a","v":1,"w":"` + filler + `"},{"k":"b","v":1,"w":"` + filler + `"}]}`
	b := `{"l":[{"k":"b","v":1,"w":"` + filler + `"},{"k":"a","v":2,"w":"y"}]}`
	got, err := jsonmerge.CreatePatch([]byte(a), []byte(b), &jsonmerge.CreatePatchOptions{Rules: rules})
	require.NoError(t, err)
	assert.Equal(t, `[{"op":"move","from":"/l/0","path":"/l/1"},{"op":"replace","path":"/l/1/v","value":2},{"op":"replace","path":"/l/1/w","value":"y"}]`, string(got))
}

func TestCreatePatchTestsWhatItTouches(t *testing.T) {
	a := []byte(`{"n":1,"gone":[1],"same":0,"l":[{"id":1,"v":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},{"id":2,"q":[1,{"z":1}]}]}`)
	b := []byte(`{"n":2,"same":0,"new":1,"l":[{"id":1,"v":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},{"id":2,"q":[1,{"z":2}]}]}`)
	patch, err := jsonmerge.CreatePatch(a, b, &jsonmerge.CreatePatchOptions{Tests: true})
	require.NoError(t, err)
	got, err := jsonmerge.ApplyPatch(a, patch, nil)
	require.NoError(t, err)
	requireEqualJSON(t, b, got)
	for _, other := range []string{
		strings.Replace(string(a), `"n":1`, `"n":3`, 1),
		strings.Replace(string(a), `"gone":[1]`, `"gone":[2]`, 1),
		strings.Replace(string(a), `"l":[`, `"l":[{"id":2,"q":[1,{"z":1}]},`, 1),
		strings.Replace(string(a), `aaa"`, `aab"`, 1),
	} {
		require.NotEqual(t, string(a), other)
		_, err := jsonmerge.ApplyPatch([]byte(other), patch, nil)
		assert.ErrorIs(t, err, jsonmerge.ErrTestFailed, other)
	}
	_, err = jsonmerge.ApplyPatch([]byte(strings.Replace(string(a), `"same":0`, `"same":5`, 1)), patch, nil)
	assert.NoError(t, err, "what the patch does not touch is not tested")
	assert.Equal(t, 3, strings.Count(string(patch), `"test"`), "an array is tested once, not again inside: %s", patch)
}

func TestCreatePatchRefusesBadInput(t *testing.T) {
	_, err := jsonmerge.CreatePatch([]byte(`{`), []byte(`{}`), nil)
	assert.ErrorContains(t, err, "first document: jsonmerge:")
	_, err = jsonmerge.CreatePatch([]byte(`{}`), []byte(`[1,]`), nil)
	assert.ErrorContains(t, err, "second document: jsonmerge:")

	// Long paths times many operations must not fill the memory.
	nested := strings.Repeat(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":`, 1000)
	flat := func(v int) string {
		var b strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&b, `,"%d":%d`, i, v)
		}
		return "{" + b.String()[1:] + "}"
	}
	a, b := nested+flat(1)+strings.Repeat("}", 1000), nested+flat(2)+strings.Repeat("}", 1000)
	_, err = jsonmerge.CreatePatch([]byte(a), []byte(b), &jsonmerge.CreatePatchOptions{Limits: jsonmerge.Limits{MaxBytes: 1 << 20}})
	var limit *jsonmerge.LimitError
	require.ErrorAs(t, err, &limit)
}

// laws is how often a law is tried: usual, or as many times as IFMATCH_LAWS says.
func laws(t *testing.T, usual int) int {
	t.Helper()
	asked := os.Getenv("IFMATCH_LAWS")
	if asked == "" {
		return usual
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err, "IFMATCH_LAWS")
	return n
}

// randomJSON returns a small document; documents from the same few values often have parts in
// common.
func randomJSON(rng *rand.Rand, depth int) any {
	switch n := rng.Intn(12); {
	case depth > 0 && n < 4:
		o := map[string]any{}
		for range rng.Intn(4) {
			o[[]string{"", "a", "b", "id", "~/", "0"}[rng.Intn(6)]] = randomJSON(rng, depth-1)
		}
		return o
	case depth > 0 && n < 8:
		list := []any{}
		for range rng.Intn(6) {
			list = append(list, randomJSON(rng, depth-1))
		}
		return list
	case n < 10:
		return rng.Intn(4)
	default:
		return []any{nil, true, "", "x", 1.5}[rng.Intn(5)]
	}
}

// changedJSON returns a version of v with a few changes.
func changedJSON(rng *rand.Rand, v any, depth int) any {
	if rng.Intn(8) == 0 {
		return randomJSON(rng, depth)
	}
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			if rng.Intn(6) > 0 {
				o[name] = changedJSON(rng, m, depth-1)
			}
		}
		return o
	case []any:
		list := []any{}
		for _, e := range v {
			if rng.Intn(6) == 0 {
				list = append(list, randomJSON(rng, depth-1))
			}
			if rng.Intn(6) > 0 {
				list = append(list, changedJSON(rng, e, depth-1))
			}
		}
		if rng.Intn(4) == 0 {
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		return list
	}
	return v
}

// Law 18: apply(diff(a, b), a) means b, diff(a, a) is empty, each operation is valid in its turn.
func TestPatchOfTwoDocumentsLeadsFromOneToTheOther(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	rules := jsonmerge.MustRules(jsonmerge.Rule{Path: "/**", Strategy: "key=id"})
	for range laws(t, 2000) {
		v := randomJSON(rng, 4)
		a, b := encode(t, v), encode(t, changedJSON(rng, v, 4))
		for _, opts := range []*jsonmerge.CreatePatchOptions{nil, {Tests: true}, {Rules: rules}} {
			patch, err := jsonmerge.CreatePatch(a, b, opts)
			require.NoError(t, err)
			got, err := jsonmerge.ApplyPatch(a, patch, nil)
			require.NoError(t, err, "%s to %s: %s", a, b, patch)
			requireEqualJSON(t, b, got, "%s to %s: %s", a, b, patch)
			same, err := jsonmerge.CreatePatch(b, got, opts)
			require.NoError(t, err)
			require.Equal(t, "[]", string(same))
		}
		// Edit with views that show all must agree.
		edited, err := jsonmerge.Edit(a, a, b, nil)
		require.NoError(t, err)
		requireEqualJSON(t, b, edited, "%s to %s", a, b)
	}
}

// Law 20: the lens laws of a pointer.
func TestPointerSetGetsBackWhatWasSet(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	sets := 0
	for range laws(t, 2000) {
		doc := encode(t, randomJSON(rng, 4))
		p := jsonmerge.Pointer{}
		for range rng.Intn(4) {
			p = append(p, []string{"", "a", "b", "id", "~/", "0", "1", "-"}[rng.Intn(8)])
		}
		if old, err := p.Get(doc); err == nil {
			same, err := p.Set(doc, old)
			require.NoError(t, err)
			require.Equal(t, string(doc), string(same), "GetPut")
			if len(p) > 0 {
				less, err := p.Remove(doc)
				require.NoError(t, err)
				require.NoError(t, jsonmerge.Check(less, jsonmerge.Limits{}))
				require.Less(t, len(less), len(doc))
			}
		} else if len(p) > 0 {
			_, err := p.Remove(doc)
			require.ErrorIs(t, err, jsonmerge.ErrNotFound)
		}
		v, w := encode(t, randomJSON(rng, 2)), encode(t, randomJSON(rng, 2))
		first, err := p.Set(doc, v)
		if err != nil {
			require.ErrorIs(t, err, jsonmerge.ErrNotFound)
			continue
		}
		if len(p) > 0 && p[len(p)-1] == "-" {
			if _, err := p.Get(first); err != nil {
				continue // appended: "-" names the place after it now
			}
		}
		sets++
		back, err := p.Get(first)
		require.NoError(t, err)
		requireEqualJSON(t, v, back, "PutGet")
		second, err := p.Set(first, w)
		require.NoError(t, err)
		direct, err := p.Set(doc, w)
		require.NoError(t, err)
		requireEqualJSON(t, direct, second, "PutPut")
	}
	assert.Positive(t, sets)
}

func TestPointerSetAndRemoveKeepTheRest(t *testing.T) {
	doc := []byte(`{"a": [1.0, 2], "b": {}}`)
	for _, c := range []struct{ pointer, value, want string }{
		{"/a/0", "1", `{"a": [1.0, 2], "b": {}}`},
		{"/a/0", "3", `{"a": [3, 2], "b": {}}`},
		{"/a/2", "3", `{"a": [1.0, 2, 3], "b": {}}`},
		{"/a/-", "3", `{"a": [1.0, 2, 3], "b": {}}`},
		{"/b/x", "[3]", `{"a": [1.0, 2], "b": {"x": [3]}}`},
		{"/c", "3", `{"a": [1.0, 2], "b": {}, "c": 3}`},
		{"", " 3", `3`},
		{"/a/1", "", `{"a": [1.0], "b": {}}`},
		{"/a", "", `{"b": {}}`},
	} {
		p, err := jsonmerge.ParsePointer(c.pointer)
		require.NoError(t, err)
		var got []byte
		if c.value == "" {
			got, err = p.Remove(doc)
		} else {
			got, err = p.Set(doc, []byte(c.value))
		}
		require.NoError(t, err)
		assert.Equal(t, c.want, string(got), c.pointer)
	}
	_, err := jsonmerge.Pointer{}.Remove(doc)
	assert.ErrorContains(t, err, "the root cannot be removed")
	_, err = jsonmerge.Pointer{"a"}.Set([]byte(`{`), []byte(`1`))
	assert.Error(t, err)
	_, err = jsonmerge.Pointer{"a"}.Set(doc, []byte(`x`))
	assert.ErrorContains(t, err, "value to set")
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":2}]}`), []byte(`[{"op":"move","from":"/a/1/b","path":"/a/0"},{"op":"copy","from":"","path":"/a/-"},{"op":"test","path":"/a/0","value":2},{"op":"remove","path":"/a/1"}]`))
	f.Add([]byte(`{"":{}}`), []byte(`[{"op":"add","path":"//","value":null},{"op":"replace","path":"/","value":[1]}]`))
	f.Fuzz(func(t *testing.T, doc, patch []byte) {
		limits := jsonmerge.Limits{MaxBytes: 1 << 16, MaxDepth: 100}
		got, err := jsonmerge.ApplyPatch(doc, patch, &jsonmerge.PatchOptions{Limits: limits})
		if err == nil {
			require.NoError(t, jsonmerge.Check(got, limits))
		} else {
			require.Nil(t, got)
			require.Less(t, len(err.Error()), 2000)
		}
		// As two documents.
		for _, opts := range []*jsonmerge.CreatePatchOptions{nil, {Tests: true}} {
			made, err := jsonmerge.CreatePatch(doc, patch, opts)
			if err != nil {
				return
			}
			got, err = jsonmerge.ApplyPatch(doc, made, &jsonmerge.PatchOptions{MaxOperations: 1 << 20})
			require.NoError(t, err, "%s", made)
			requireEqualJSON(t, patch, got, "%s", made)
		}
		merge, err := jsonmerge.CreateMergePatch(doc, patch)
		if err != nil {
			require.True(t, errors.Is(err, jsonmerge.ErrNotExpressible))
			return
		}
		got, err = jsonmerge.ApplyMergePatch(doc, merge)
		require.NoError(t, err)
		requireEqualJSON(t, patch, got, "%s", merge)
	})
}

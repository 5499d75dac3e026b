package jsonmerge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		"nothing": {`[]`, doc},
		"a test":  {`[{"op":"test","path":"/b/0","value":100}]`, doc},
		"replace": {`[{"op":"replace","path":"/a","value":2}]`, strings.Replace(doc, "1.0", "2", 1)},
		"add a member": {`[{"op":"add","path":"/n","value":{"x":[1]}}]`,
			strings.Replace(doc, "{}\n", "{},\n  \"n\": {\"x\": [1]}\n", 1)},
		"replace by add":  {`[{"op":"add","path":"/a","value":[]}]`, strings.Replace(doc, "1.0", "[]", 1)},
		"add an element":  {`[{"op":"add","path":"/b/1","value":7}]`, strings.Replace(doc, "1e2,", "1e2,7,", 1)},
		"append":          {`[{"op":"add","path":"/b/-","value":7}]`, strings.Replace(doc, "\"} ]", "\"},7 ]", 1)},
		"remove":          {`[{"op":"remove","path":"/b"}]`, "{\n  \"a\": 1.0,\n  \"\": {}\n}\n"},
		"remove, element": {`[{"op":"remove","path":"/b/0"}]`, strings.Replace(doc, "1e2,", "", 1)},
		"move": {`[{"op":"move","from":"/b/0","path":"/c"}]`,
			"{\n  \"a\": 1.0,\n  \"b\": [ {\"c\":\"\\u0041\"} ],\n  \"\": {},\n  \"c\": 1e2\n}\n"},
		"move onto itself": {`[{"op":"move","from":"/b/1/c","path":"/b/1/c"}]`, doc},
		"copy": {`[{"op":"copy","from":"/b","path":"//x"}]`,
			strings.Replace(doc, "{}", "{\"x\": [ 1e2,{\"c\":\"\\u0041\"} ]}", 1)},
		"a copy is another value": {`[{"op":"copy","from":"/b","path":"/d"},{"op":"replace","path":"/d/1/c","value":0},
			{"op":"copy","from":"/d","path":"/e"},{"op":"remove","path":"/d/0"}]`,
			strings.Replace(doc, "{}\n", "{},\n  \"d\": [ {\"c\":0} ],\n  \"e\": [ 1e2,{\"c\":0} ]\n", 1)},
		"removed and added again": {`[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3},
			{"op":"test","path":"/a","value":3}]`,
			"{\n  \"b\": [ 1e2,{\"c\":\"\\u0041\"} ],\n  \"\": {},\n  \"a\": 3\n}\n"},
		"the root":           {`[{"op":"replace","path":"","value":[1,2]},{"op":"add","path":"/-","value":3}]`, "[1,2,3]\n"},
		"the root by a move": {`[{"op":"move","from":"/b","path":""}]`, "[ 1e2,{\"c\":\"\\u0041\"} ]\n"},
		"a root in itself": {`[{"op":"copy","from":"","path":"/b/0"},{"op":"move","from":"/b","path":""},
			{"op":"remove","path":"/1"},{"op":"remove","path":"/1"},{"op":"remove","path":"/0/b"}]`,
			"[ {\n  \"a\": 1.0,\n  \"\": {}\n} ]\n"},
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
		for _, before := range []string{"", `{"op":"add","path":"/x/y","value":0},{"op":"remove","path":"/x/y"},
			{"op":"copy","from":"/x","path":"/x2"},{"op":"move","from":"/x2","path":"/x"},`} {
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
	const ops = `{"op":"add","path":"/l/0/0","value":{"z":1.0}},{"op":"remove","path":"/l/1"},
		{"op":"add","path":"/o/n","value":null},{"op":"remove","path":"/o/g"},`
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
		_, err := jsonmerge.ApplyPatch([]byte(`{"l":[[5],2,3],"o":{"g":1,"k":0}}`),
			[]byte("["+ops+`{"op":"test","path":"","value":`+value+`}]`), nil)
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
		{`[{"op":"add","path":"/a/3","value":0}]`,
			`operation 0, add "/a/3": no such value: "/a/3": the array has 2 elements`},
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

	_, err = jsonmerge.ApplyPatch([]byte(doc),
		[]byte(`[{"op":"add","path":"/n","value":1},{"op":"test","path":"//","value":4}]`), nil)
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
	_, err := jsonmerge.ApplyPatch([]byte(`{"x":"0123456789"}`), []byte("["+bomb.String()[1:]+"]"),
		&jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 1 << 20}})
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
	deep := strings.Repeat(`{"op":"add","path":"/t","value":{"t":{}}},
		{"op":"move","from":"/a","path":"/t/t/a"},{"op":"move","from":"/t","path":"/a"},`, 100)
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

	_, err = jsonmerge.ApplyPatch([]byte(`{}`), []byte(`[{"op":"add","path":"/x","value":"0123456789"}]`),
		&jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 50}})
	require.NoError(t, err)
	var limit *jsonmerge.LimitError
	_, err = jsonmerge.ApplyPatch([]byte(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}`),
		[]byte(`[{"op":"add","path":"/x","value":"01"}]`), &jsonmerge.PatchOptions{Limits: jsonmerge.Limits{MaxBytes: 45}})
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, "bytes", limit.What)
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":2}]}`), []byte(`[{"op":"move","from":"/a/1/b","path":"/a/0"},
		{"op":"copy","from":"","path":"/a/-"},{"op":"test","path":"/a/0","value":2},{"op":"remove","path":"/a/1"}]`))
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

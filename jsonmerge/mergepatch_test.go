package jsonmerge_test

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func TestMergePatchVectors(t *testing.T) {
	var cases []struct{ Name, Doc, Patch, Want string }
	patchVectors(t, "rfc7396_merge_patch.json", &cases)
	require.Len(t, cases, 22)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, err := jsonmerge.ApplyMergePatch([]byte(c.Doc), []byte(c.Patch))
			require.NoError(t, err)
			requireEqualJSON(t, []byte(c.Want), got)
		})
	}
}

func TestApplyMergePatchTouchesNothingElse(t *testing.T) {
	const doc = "{\n\t\"a\": 1.0,\n\t\"b\": {\"c\" : [null], \"d\":\"\\u0041\"}\n}\n"
	for _, c := range []struct{ patch, want string }{
		{`{}`, doc},
		{`{"a":1,"zz":null,"b":{"d":"A"}}`, doc},
		{`{"a":2}`, strings.Replace(doc, "1.0", "2", 1)},
		{`{"b":{"c":null}}`, strings.Replace(doc, `"c" : [null], `, ``, 1)},
		{`{"b":{"e":{"f":null,"g":[{"h":null}]}}}`, strings.Replace(doc, `"\u0041"`, `"\u0041", "e":{"g":[{"h":null}]}`, 1)},
		{`{"a":null,"b":null}`, "{}\n"},
		{`{"a":{"x":null}}`, strings.Replace(doc, "1.0", "{}", 1)},
		{`[null]`, "[null]\n"},
	} {
		got, err := jsonmerge.ApplyMergePatch([]byte(doc), []byte(c.patch))
		require.NoError(t, err)
		assert.Equal(t, c.want, string(got), c.patch)
	}
}

func TestApplyMergePatchToAnAbsentDocument(t *testing.T) {
	for _, c := range []struct{ patch, want string }{
		{`{"a":{"b":null,"c":1}}`, `{"a":{"c":1}}`}, {`{}`, `{}`}, {`[1]`, `[1]`}, {`null`, `null`},
	} {
		got, err := jsonmerge.ApplyMergePatch(nil, []byte(c.patch))
		require.NoError(t, err)
		assert.Equal(t, c.want, string(got))
	}
}

func TestCreateMergePatchIsShort(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"equal", `{"a":1,"n":null}`, `{"n":null, "a":1.0}`, `{}`},
		{"set, removed, nested", `{"a":1,"b":{"c":1,"d":2},"e":[1]}`, `{"a":2,"b":{"c":1,"x":{}},"e":[1]}`,
			`{"a":2,"b":{"d":null,"x":{}}}`},
		{"an object emptied", `{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":null}}`},
		{"an object where none was", `{"a":[1]}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		{"arrays are replaced, nulls and all", `{"a":[1]}`, `{ "a" : [ null, {"b":null} ] }`, `{"a":[null,{"b":null}]}`},
		{"roots that are no objects", `{"a":1}`, `[1]`, `[1]`},
		{"a root that becomes null", `{"a":1}`, `null`, `null`},
		{"names as they are spelled", `{}`, `{"\u0041<":1}`, `{"\u0041<":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsonmerge.CreateMergePatch([]byte(c.a), []byte(c.b))
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestCreateMergePatchRefusesToTurnNullIntoRemoval(t *testing.T) {
	for _, c := range []struct{ a, b, pointer string }{
		{`{"a":1}`, `{"a":null}`, `"/a"`},
		{`{}`, `{"a":{"b":[],"c":null}}`, `"/a/c"`},
		{`{"a":[]}`, `{"a":{"b":{"~":null}}}`, `"/a/b/~0"`},
		{`1`, `{"a":null}`, `"/a"`},
		{`{"x":{"y":1}}`, `{"x":{"y":1,"z":null}}`, `"/x/z"`},
	} {
		got, err := jsonmerge.CreateMergePatch([]byte(c.a), []byte(c.b))
		require.ErrorIs(t, err, jsonmerge.ErrNotExpressible, "%s to %s", c.a, c.b)
		assert.ErrorContains(t, err, c.pointer)
		assert.Nil(t, got)
	}
}

func TestMergePatchesRefuseBadInput(t *testing.T) {
	_, err := jsonmerge.ApplyMergePatch([]byte(`{}`), []byte(`{`))
	assert.ErrorContains(t, err, "patch: jsonmerge:")
	_, err = jsonmerge.ApplyMergePatch([]byte(`{"a":1,"a":1}`), []byte(`{}`))
	assert.ErrorContains(t, err, "document to patch: jsonmerge:")
	_, err = jsonmerge.CreateMergePatch([]byte(``), []byte(`{}`))
	assert.ErrorContains(t, err, "first document: jsonmerge:")
	_, err = jsonmerge.CreateMergePatch([]byte(`{}`), []byte(`{"a":"\ud800"}`))
	assert.ErrorContains(t, err, "second document: jsonmerge:")
}

// Law 19: the patch leads from a to b, or says that it cannot; a patch applied twice is applied
// once.
func TestMergePatchOfTwoDocumentsLeadsFromOneToTheOther(t *testing.T) {
	rng := rand.New(rand.NewSource(5))
	made, refused := 0, 0
	for range laws(t, 2000) {
		v := randomJSON(rng, 4)
		a, b := encode(t, v), encode(t, changedJSON(rng, v, 4))
		patch, err := jsonmerge.CreateMergePatch(a, b)
		if err != nil {
			require.ErrorIs(t, err, jsonmerge.ErrNotExpressible)
			refused++
		} else {
			made++
			got, err := jsonmerge.ApplyMergePatch(a, patch)
			require.NoError(t, err)
			requireEqualJSON(t, b, got, "%s to %s: %s", a, b, patch)
		}
		once, err := jsonmerge.ApplyMergePatch(a, b)
		require.NoError(t, err)
		twice, err := jsonmerge.ApplyMergePatch(once, b)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	}
	assert.Positive(t, made)
	assert.Positive(t, refused)
}

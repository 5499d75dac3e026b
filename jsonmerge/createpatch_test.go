package jsonmerge_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreatePatchIsShort(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"equal", `{"a":1,"b":[2]}`, `{"b":[2.0],"a":1}`, `[]`},
		{"members", `{"a":1,"b":2,"c~/d":{"e":1}}`, `{"b":3,"c~/d":{"e":2},"n":null}`,
			`[{"op":"remove","path":"/a"},{"op":"replace","path":"/b","value":3},` +
				`{"op":"replace","path":"/c~0~1d/e","value":2},{"op":"add","path":"/n","value":null}]`},
		{"the root", `1`, `{ "a" : 1 }`, `[{"op":"replace","path":"","value":{"a":1}}]`},
		{"insert in front", `["a","b","c"]`, `["x","a","b","c"]`, `[{"op":"add","path":"/0","value":"x"}]`},
		{"append", `["aaaaaaaaaaaaaaaaaaaaa","b"]`, `["aaaaaaaaaaaaaaaaaaaaa","b","c"]`,
			`[{"op":"add","path":"/2","value":"c"}]`},
		{"remove in the middle", `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c"]`, `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","c"]`,
			`[{"op":"remove","path":"/1"}]`},
		{"replace", `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c"]`, `["aaaaaaaaaaaaaaaaaaaaaaaaaaa","x","c"]`,
			`[{"op":"replace","path":"/1","value":"x"}]`},
		{"move", `["aaaaaaaaaaaaaaaaaaaaaaaaaaaa","b","c","d"]`, `["b","c","d","aaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`,
			`[{"op":"move","from":"/0","path":"/3"}]`},
		{"inside an element", `[{"id":1,"v":1},{"id":2,"v":2},{"id":3,"v":"cccccccccc"}]`,
			`[{"id":2,"v":2},{"id":3,"v":"dddddddddd"}]`,
			`[{"op":"replace","path":"","value":[{"id":2,"v":2},{"id":3,"v":"dddddddddd"}]}]`},
		{"inside a large element",
			`{"l":[{"id":1},{"id":2,"v":2,"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`,
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
	assert.Equal(t, `[{"op":"move","from":"/l/0","path":"/l/1"},{"op":"replace","path":"/l/1/v","value":2},`+
		`{"op":"replace","path":"/l/1/w","value":"y"}]`, string(got))
}

func TestCreatePatchTestsWhatItTouches(t *testing.T) {
	const long = `{"id":1,"v":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`
	a := []byte(`{"n":1,"gone":[1],"same":0,"l":[` + long + `,{"id":2,"q":[1,{"z":1}]}]}`)
	b := []byte(`{"n":2,"same":0,"new":1,"l":[` + long + `,{"id":2,"q":[1,{"z":2}]}]}`)
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
	_, err = jsonmerge.CreatePatch([]byte(a), []byte(b),
		&jsonmerge.CreatePatchOptions{Limits: jsonmerge.Limits{MaxBytes: 1 << 20}})
	var limit *jsonmerge.LimitError
	require.ErrorAs(t, err, &limit)
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

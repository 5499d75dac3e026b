package jsonmerge_test

import (
	"math/rand"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

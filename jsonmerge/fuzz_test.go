package jsonmerge_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

func FuzzMerge(f *testing.F) {
	add := func(base, local, remote, rules string) { f.Add([]byte(base), []byte(local), []byte(remote), rules) }
	add(`{"a":1,"b":[1,2,3],"c":{"d":null}}`, `{"a":2,"b":[0,1,2,3],"c":{}}`, `{"a":1,"b":[1,2,3,4],"c":{"d":1}}`, "")
	add(`[{"id":1,"v":1},{"id":2}]`, `[{"id":2},{"id":1,"v":2}]`, `[{"id":1,"v":1},{"id":3},{"id":2}]`, `"" key=id`)
	add(`{"n":1,"s":"a\nb\nc","t":[1,1]}`, `{"n":2,"s":"A\nb\nc","t":[1]}`, `{"n":3,"s":"a\nb\nC","t":[1,1,2]}`, "/n counter\n/s text\n/t multiset")
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

func FuzzRules(f *testing.F) {
	f.Add("/a/*/b key=id+\"x y\",delete-wins\n\"\" remote\n/** ask")
	f.Add("\"/a b\" append=local-first\n# comment\n/~2 newest=/x")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := jsonmerge.ParseRules(text)
		if err != nil {
			return
		}
		again, err := jsonmerge.ParseRules(r.String())
		require.NoError(t, err, "%s", r)
		require.Equal(t, r.String(), again.String())
		require.Equal(t, r.Len(), again.Len())
	})
}

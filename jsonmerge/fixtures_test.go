package jsonmerge_test

import (
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// vectors reads a file of test vectors into v. The files live outside the repository.
func vectors(t *testing.T, name string, v any) {
	t.Helper()
	dir := os.Getenv("IFMATCH_VECTORS")
	if dir == "" {
		t.Skip("IFMATCH_VECTORS does not name the folder of test vectors")
	}
	content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, v))
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

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func requireEqualJSON(t *testing.T, want, got []byte, about ...any) {
	t.Helper()
	equal, err := jsonmerge.Equal(want, got)
	require.NoError(t, err)
	if !equal {
		require.Equal(t, string(want), string(got), about...)
	}
}

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

func document(text *string, missing bool) []byte {
	if missing || text == nil {
		return nil
	}
	return append([]byte{}, *text...)
}

func equal(t testing.TB, a, b []byte) bool {
	t.Helper()
	same, err := jsonmerge.Equal(a, b)
	require.NoError(t, err, "%s and %s", a, b)
	return same
}

func joined(list []string) string { return strings.Join(list, " ") }

func pointers(c *jsonmerge.ConflictError) []string {
	if c == nil {
		return nil
	}
	var list []string
	for i := range c.Conflicts {
		list = append(list, c.Conflicts[i].Pointer)
	}
	return list
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

package jsonmerge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		{Pointer: "/list", Kind: jsonmerge.ArrayClash, Base: []byte(`[1,2,3]`), Local: []byte(`[1,9,3]`),
			Remote: []byte(`[1,8,3]`),
			Hunks: []jsonmerge.Hunk{{Base: jsonmerge.Range{Start: 1, End: 2}, Local: jsonmerge.Range{Start: 1, End: 2},
				Remote: jsonmerge.Range{Start: 1, End: 2}}}},
		{Pointer: "/gone", Kind: jsonmerge.DeleteModify, Base: []byte(`[1, 2]`), Remote: []byte(`[1]`)},
	}, e.Conflicts)
	assert.Equal(t, jsonmerge.Remote, e.StandIn)
	assert.JSONEq(t, `{"z":{"x/y":3},"gone":[1],"t":true,"list":[1,8,3],"new":1}`, string(e.Partial))
	assert.EqualError(t, e, `jsonmerge: 6 conflicts: add/add at "/new", modify/modify at "/z/x~1y", `+
		`modify/delete at "/n" and 3 more`)
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
	e := conflicts(t, object(base), object(local), object(remote),
		&jsonmerge.Options{Limits: jsonmerge.Limits{MaxConflicts: 7}})
	assert.Len(t, e.Conflicts, 7)
	assert.Equal(t, 43, e.Omitted)
	assert.Equal(t, object(remote), string(e.Partial))
	assert.ErrorContains(t, e, "50 conflicts")
	assert.ErrorContains(t, e, "and 47 more")

	asked := 0
	e = conflicts(t, object(base), object(local), object(remote),
		&jsonmerge.Options{Limits: jsonmerge.Limits{MaxConflicts: 7},
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

func TestElementsTellWhereAConflictInAnArrayIs(t *testing.T) {
	e := conflicts(t, `{"a":[0,1,{"v":1},3]}`, `{"a":[1,{"v":2},3]}`, `{"a":[0,1,{"v":3},3,4]}`, nil)
	require.Len(t, e.Conflicts, 1)
	assert.Equal(t, "/a/1/v", e.Conflicts[0].Pointer)
	assert.Equal(t, []jsonmerge.Element{{Depth: 1, Base: 2, Local: 1, Remote: 2}}, e.Conflicts[0].Elements)
}

package ifmatch_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func TestThreeWayFollowsTheRulesOfStructTags(t *testing.T) {
	type part struct {
		Name string `json:"name"`
		Qty  int    `json:"qty"`
	}
	type order struct {
		Hits  int      `json:"hits" merge:"counter"`
		Tags  []string `json:"tags" merge:"set"`
		Parts []part   `json:"parts" merge:"key=name"`
		Note  string   `json:"note" merge:"text"`
		Owner string   `json:"owner"`
	}
	const base = `{"hits":10,"tags":["a","b"],"parts":[{"name":"x","qty":1,"k":1},{"name":"y","qty":1,"k":2}],` +
		`"note":"one\ntwo\nthree\n","owner":"ann","unknown":1.50}`
	const remote = `{"hits":11,"tags":["b","c"],"parts":[{"name":"y","qty":5,"k":2},{"name":"x","qty":1,"k":1}],` +
		`"note":"ONE\ntwo\nthree\n","owner":"bob","unknown":1.50}`
	origin, url := serve(t, nil, base)
	u, err := ifmatch.Get[order](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Set("/doc", remote)
	u.Value.Hits += 5
	u.Value.Tags = append(u.Value.Tags, "d")
	u.Value.Parts[0].Qty = 9
	u.Value.Note = "one\ntwo\nTHREE\n"
	u.Value.Owner = "eve"

	_, err = ifmatch.Save(t.Context(), brisk(), u, ifmatch.ThreeWay)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	places := conflict.Places()
	require.Len(t, places, 1, "all but one merge by their rule")
	assert.Equal(t, "/owner", places[0].Pointer)
	assert.Equal(t, jsonmerge.ModifyModify, places[0].Kind)

	// The one that is left is decided by a function for that field.
	owner := ifmatch.Field(func(o *order) *string { return &o.Owner },
		func(_, local, remote string) (string, error) { return local + "+" + remote, nil }, ifmatch.ThreeWay)
	u, err = ifmatch.Save(t.Context(), brisk(), u, owner)
	require.NoError(t, err)
	assert.JSONEq(t,
		`{"hits":16,"tags":["b","d","c"],"parts":[{"name":"y","qty":5,"k":2},{"name":"x","qty":9,"k":1}],`+
			`"note":"ONE\ntwo\nTHREE\n","owner":"eve+bob","unknown":1.50}`, origin.Body("/doc"))
	assert.Equal(t, 16, u.Value.Hits)
}

func TestAWrongStructTagIsAnErrorWithItsPlace(t *testing.T) {
	type wrong struct {
		Hits int `json:"hits" merge:"countr"`
	}
	_, url := serve(t, nil, `{"hits":1}`)
	u := &ifmatch.Representation[wrong]{URL: url, ETag: `"old"`, Content: []byte(`{"hits":0}`), Value: wrong{2}}
	_, err := ifmatch.Save(t.Context(), brisk(), u, ifmatch.ThreeWay)
	assert.ErrorContains(t, err, "countr")
	assert.NotErrorIs(t, err, ifmatch.ErrUnresolved)
}

func TestRulesByPointerServeDocumentsWithoutAType(t *testing.T) {
	origin, url := serve(t, nil, `{"hits":10,"list":[{"id":1,"v":1,"x":1},{"id":2,"v":2,"x":2}]}`)
	c := brisk().With(func(o *ifmatch.Options) {
		o.Rules = jsonmerge.MustRules(
			jsonmerge.Rule{Path: "/hits", Strategy: jsonmerge.Counter},
			jsonmerge.Rule{Path: "/list", Strategy: jsonmerge.Key("id")})
	})
	u, err := ifmatch.Get[map[string]any](t.Context(), c, url)
	require.NoError(t, err)
	origin.Set("/doc", `{"hits":12,"list":[{"id":2,"v":2,"x":2},{"id":1,"v":1,"x":1}]}`)
	u.Value["hits"] = 11
	u.Value["list"].([]any)[0].(map[string]any)["v"] = 7
	_, err = ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.JSONEq(t, `{"hits":13,"list":[{"id":2,"v":2,"x":2},{"id":1,"v":7,"x":1}]}`, origin.Body("/doc"))
}

func TestATaggedKeyRecognisesElementsInEdits(t *testing.T) {
	type part struct {
		Code string `json:"code"`
		Qty  int    `json:"qty"`
	}
	type order struct {
		Parts []part `json:"parts" merge:"key=code"`
	}
	got := edited(t, `{"parts":[{"code":"a","qty":1,"x":1},{"code":"b","qty":1,"x":2}]}`, func(o *order) {
		o.Parts = []part{{"b", 9}, {"a", 9}}
	}, nil)
	assert.Equal(t, `{"parts":[{"code":"b","qty":9,"x":2},{"code":"a","qty":9,"x":1}]}`, got)
}

func TestFieldAndFirstOfRefuseWhatTheyCannotDo(t *testing.T) {
	_, url := serve(t, nil, `{"name":"a","count":1}`)
	nowhere := func(*doc) *string { return nil }
	take := func(_, l, _ string) (string, error) { return l, nil }
	no := errors.New("no")
	for _, tc := range []struct {
		name  string
		merge ifmatch.MergeFunc[doc]
		want  string
	}{
		{name: "no address", merge: ifmatch.Field(nowhere, take, ifmatch.KeepLocal), want: "returned nil"},
		{name: "the field's own error",
			merge: ifmatch.Field(func(d *doc) *string { return &d.Name },
				func(_, _, _ string) (string, error) { return "", no }, ifmatch.KeepLocal),
			want: "no"},
		{name: "the rest's error",
			merge: ifmatch.Field(func(d *doc) *string { return &d.Name }, take,
				func(context.Context, ifmatch.Conflict[doc]) (doc, error) { return doc{}, no }),
			want: "no"},
		{name: "nobody to ask", merge: ifmatch.FirstOf[doc](), want: ifmatch.ErrUnresolved.Error()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u := &ifmatch.Representation[doc]{URL: url, ETag: `"old"`, Content: []byte(`{"name":"z","count":1}`),
				Value: doc{Name: "y", Count: 1}}
			_, err := ifmatch.Save(t.Context(), brisk(), u, tc.merge)
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

func TestOneStrategysChangesDoNotShowToTheNext(t *testing.T) {
	_, url := serve(t, nil, `{"name":"a","count":1,"tags":["x"]}`)
	spoil := func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		c.Local.Tags[0], c.Remote.Tags[0], c.Base.Tags[0] = "spoilt", "spoilt", "spoilt"
		return doc{}, ifmatch.ErrUnresolved
	}
	u := &ifmatch.Representation[doc]{URL: url, ETag: `"old"`,
		Content: []byte(`{"name":"z","count":1,"tags":["x"]}`), Value: doc{Name: "y", Count: 1, Tags: []string{"x"}}}
	check := func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		assert.False(t, slices.Contains(slices.Concat(c.Local.Tags, c.Remote.Tags, c.Base.Tags), "spoilt"))
		return c.Local, nil
	}
	u, err := ifmatch.Save(t.Context(), brisk(), u, ifmatch.FirstOf(spoil, check))
	require.NoError(t, err)
	assert.Equal(t, "y", u.Value.Name)
}

package ifmatch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestABare409IsAStaleVersionExactlyWhenTheValidatorMoved(t *testing.T) {
	bare := ifmatchtest.Response{Status: 409, Body: "Resource has been modified"}
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	origin.Next("PUT",
		ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b","count":1}`), ifmatchtest.RefuseWith(bare)))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"b","count":2}`, origin.Body("/doc"))

	origin.Next("PUT", ifmatchtest.Answer(bare))
	_, err = ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.Unknown)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, 0, origin.Pending())
	assert.Equal(t, 3, origin.Arrived("PUT"), "it is about something else, and surfaces")
}

func TestABare409ToASingleWriteIsExplainedByOneLook(t *testing.T) {
	bare := ifmatchtest.Response{Status: 409, Body: "conflict"}
	for _, tc := range []struct {
		name  string
		fault ifmatchtest.Fault
		look  ifmatchtest.Fault
		kind  ifmatch.Kind
	}{
		{name: "the version moved on",
			fault: ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b"}`), ifmatchtest.RefuseWith(bare)),
			look:  ifmatchtest.Pass(), kind: ifmatch.StaleVersion},
		{name: "it is gone", fault: ifmatchtest.Together(ifmatchtest.RivalDelete(), ifmatchtest.Answer(bare)),
			look: ifmatchtest.RivalDelete(), kind: ifmatch.Deleted},
		{name: "it is about something else", fault: ifmatchtest.Answer(bare), look: ifmatchtest.Pass(),
			kind: ifmatch.Unknown},
		{name: "looking fails", fault: ifmatchtest.Answer(bare),
			look: ifmatchtest.Answer(ifmatchtest.Problem(403, nil)), kind: ifmatch.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"name":"a"}`)
			u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Next("PUT", tc.fault)
			origin.Next("GET", tc.look)
			u.Value.Name = "c"
			_, err = ifmatch.Put(t.Context(), brisk(), u)
			assert.ErrorIs(t, err, tc.kind)
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, tc.kind, conflict.Kind)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
		})
	}
	origin, url := serve(t, nil, `{"name":"a"}`)
	origin.Next("PUT", ifmatchtest.RefuseWith(bare))
	_, err := ifmatch.Create(t.Context(), brisk(), url, doc{Name: "b"})
	assert.ErrorIs(t, err, ifmatch.AlreadyExists)
}

package ifmatch_test

import (
	"errors"
	"net/http"
	"strings"
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

func TestAKindMakesAConflictOfAnyStatus(t *testing.T) {
	const closed ifmatch.ProblemType = "https://example.com/closed"
	c := brisk().With(func(o *ifmatch.Options) { o.ProblemKinds[closed] = ifmatch.WrongState })
	for _, tc := range []struct {
		typ      ifmatch.ProblemType
		conflict bool
	}{{typ: closed, conflict: true}, {typ: "about:blank"}} {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(422, map[string]any{"type": tc.typ})))
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		var conflict *ifmatch.ConflictError
		assert.Equal(t, tc.conflict, errors.As(err, &conflict), tc.typ)
	}
}

func TestTheCallersKindOutranksTheDialects(t *testing.T) {
	const oddConflict ifmatch.ProblemType = "https://example.com/odd"
	d := &ifmatch.Dialect{Name: "odd", Kind: func(*ifmatch.ResponseError) ifmatch.Kind { return ifmatch.Locked }}
	for _, tc := range []struct {
		name  string
		kinds map[ifmatch.ProblemType]ifmatch.Kind
		typ   string
		want  ifmatch.Kind
	}{
		{name: "the caller's", kinds: map[ifmatch.ProblemType]ifmatch.Kind{oddConflict: ifmatch.WrongState},
			typ: string(oddConflict), want: ifmatch.WrongState},
		{name: "a registered type's", want: ifmatch.WrongState,
			typ: "https://iana.org/assignments/http-problem-types#completed-upload"},
		{name: "the dialect's", typ: "about:blank", want: ifmatch.Locked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"count":0}`)
			no := ifmatchtest.Problem(422, map[string]any{"type": tc.typ})
			origin.Next("PUT", ifmatchtest.Answer(no), ifmatchtest.Answer(no))
			client := brisk().With(func(o *ifmatch.Options) {
				o.Dialect, o.ProblemKinds = d, tc.kinds
			})
			_, err := ifmatch.Update(t.Context(), client, url, increment)
			assert.ErrorIs(t, err, tc.want, "typed")

			req, err := http.NewRequestWithContext(t.Context(), "PUT", url, strings.NewReader(`{}`))
			require.NoError(t, err)
			resp, err := client.Do(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.ErrorIs(t, ifmatch.CheckResponse(resp), tc.want, "CheckResponse")
		})
	}
}

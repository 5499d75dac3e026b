package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestWhatFetchingDoesNotCureSurfacesAtOnce(t *testing.T) {
	k8s := func(reason, cause string) ifmatchtest.Response {
		return ifmatchtest.Response{Status: 409, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"` + reason +
				`","details":{"causes":[{"reason":"` + cause + `","field":".spec.replicas"}]},"code":409}`}
	}
	for _, tc := range []struct {
		name   string
		answer ifmatchtest.Response
		kind   ifmatch.Kind
	}{
		{name: "locked", answer: ifmatchtest.Problem(423, nil), kind: ifmatch.Locked},
		{name: "precondition required", answer: ifmatchtest.Problem(428, nil), kind: ifmatch.PreconditionRequired},
		{name: "another field manager", answer: k8s("Conflict", "FieldManagerConflict"), kind: ifmatch.Ownership},
		{name: "a name that is taken",
			answer: ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/taken"}),
			kind:   ifmatch.AlreadyExists},
		{name: "wrong state",
			answer: ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/state"}),
			kind:   ifmatch.WrongState},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"count":1}`)
			origin.Always("PUT", ifmatchtest.Answer(tc.answer))
			c := brisk().With(func(o *ifmatch.Options) {
				o.ProblemKinds = map[ifmatch.ProblemType]ifmatch.Kind{
					"https://example.com/taken": ifmatch.AlreadyExists, "https://example.com/state": ifmatch.WrongState}
			})
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			assert.ErrorIs(t, err, tc.kind)
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, 1, origin.Arrived("PUT"))
			assert.JSONEq(t, `{"count":2}`, string(conflict.Local), "the edit is not lost")
		})
	}
}

func TestOnConflictDecidesAboutWhatFetchingDoesNotCure(t *testing.T) {
	taken := ifmatchtest.Problem(422, map[string]any{"type": "https://example.com/taken"})
	kinds := map[ifmatch.ProblemType]ifmatch.Kind{"https://example.com/taken": ifmatch.AlreadyExists}
	t.Run("going on counts as a round", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		origin.Always("PUT", ifmatchtest.Answer(taken))
		asked := 0
		c := brisk().With(func(o *ifmatch.Options) {
			o.ProblemKinds = kinds
			o.MaxRounds = 4
			o.OnConflict = func(context.Context, *ifmatch.ResponseError) error { asked++; return nil }
		})
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.ErrorIs(t, err, ifmatch.AlreadyExists)
		assert.Equal(t, 4, asked)
		assert.Equal(t, 4, origin.Arrived("PUT"))
	})
	t.Run("its error ends the call", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		origin.Always("PUT", ifmatchtest.Answer(taken))
		no := errors.New("no other name")
		c := brisk().With(func(o *ifmatch.Options) {
			o.ProblemKinds = kinds
			o.OnConflict = func(context.Context, *ifmatch.ResponseError) error { return no }
		})
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		assert.ErrorIs(t, err, no)
		assert.ErrorIs(t, err, ifmatch.AlreadyExists)
	})
	t.Run("it is not asked about who may, or how busy the server is", func(t *testing.T) {
		for _, status := range []int{401, 403, 429, 501} {
			origin, url := serve(t, nil, `{"count":1}`)
			origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
			c := brisk().With(func(o *ifmatch.Options) {
				o.MaxAttempts = 1
				o.OnConflict = func(context.Context, *ifmatch.ResponseError) error {
					t.Errorf("asked about %d", status)
					return nil
				}
			})
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			assert.Error(t, err)
			assert.Equal(t, 1, origin.Arrived("PUT"))
		}
	})
	t.Run("Save sends the same again when the obstacle is gone", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(423, nil)))
		u.Value.Count = 7
		c := brisk().With(func(o *ifmatch.Options) {
			o.OnConflict = func(_ context.Context, e *ifmatch.ResponseError) error {
				assert.Equal(t, ifmatch.Locked, e.Kind)
				return nil // unlocked
			}
		})
		u, err = ifmatch.Save(t.Context(), c, u, nil)
		require.NoError(t, err)
		assert.Equal(t, 7, u.Value.Count)
		assert.Equal(t, []string{`If-Match: "v1"`, `If-Match: "v1"`}, conditions(origin, "PUT"))
	})
}

func TestUpdateRetriesATransientConflictAsTheServerAsks(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	s3 := ifmatchtest.Response{Status: 409, Header: http.Header{"Content-Type": {"application/xml"}},
		Body: `<Error><Code>ConditionalRequestConflict</Code><Message>in progress</Message></Error>`}
	origin.Next("PUT", ifmatchtest.Answer(s3), ifmatchtest.Answer(s3))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.Equal(t, 3, origin.Arrived("PUT"))
}

func TestARefusalForEverEndsTheCall(t *testing.T) {
	fresh := func(c net.Conn, n int) { // another version each time
		says("200 OK", fmt.Sprintf("ETag: %q", fmt.Sprint(n)), fmt.Sprintf(`{"n":1,"seen":%d}`, n))(c, n)
	}
	withstand(t, []hostile{
		{does: "refuses the tag that it gives, for ever", put: says("412 No", "", ""),
			updates: "conflict: stale version, refused tag"},
		{does: "has another version each time, for ever", get: fresh, put: says("412 No", "", ""),
			updates: "conflict: stale version, exhausted"},
		{does: "refuses with a bare 409, the version unchanged", put: says("409 Conflict", "", ""),
			updates: "conflict: unknown, 409"},
		{does: "refuses with 409 and HTML", put: says("409 Conflict", "Content-Type: text/html", "<html>"+secret),
			updates: "conflict: unknown, 409"},
		{does: "demands the condition that was sent (428)", put: says("428 Precondition Required", "", ""),
			updates: "conflict: precondition required, 428"},
		{does: "answers 304", put: says("304 Not Modified", `ETag: "1"`, ""), updates: "304"},
	})
}

package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

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

// inContent is a dialect whose versions are in the content: {"sha": ...} beside the document.
var inContent = &ifmatch.Dialect{Name: "in content",
	Guard: func(_ *http.Request, _ string, content []byte) ([]byte, error) { return content, nil },
	Read: func(a *http.Response, content, _ []byte) ([]byte, string, error) {
		return content, a.Header.Get("X-Sha"), nil
	}}

// shas is a server with versions in the content: reads show them in turn, the last one for ever, and
// "" is nothing. The first writes are refused with status, and those after them land.
func shas(status, refusals int, versions ...string) (*ifmatch.Client, *scripted) {
	return through(func(a arrival) (*http.Response, error) {
		if a.method != http.MethodGet {
			if a.n <= refusals {
				return reply(status, ""), nil
			}
			return reply(200, thingV2, "X-Sha: landed"), nil
		}
		v := versions[min(a.n, len(versions))-1]
		if v == "" {
			return reply(404, ""), nil
		}
		return reply(200, thingV1, "X-Sha: "+v), nil
	}, &ifmatch.Options{Dialect: inContent, MaxWait: time.Millisecond, CreateIfAbsent: true})
}

func TestAVersionInTheContentIsStaleWhateverStatusSaysSo(t *testing.T) {
	for _, status := range []int{400, 403, 409, 412, 422} {
		t.Run(fmt.Sprint("Put ", status), func(t *testing.T) {
			client, s := shas(status, 1, "a", "b")
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err)
			u.Value.N = 2
			_, err = ifmatch.Put(t.Context(), client, u)
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, ifmatch.StaleVersion, conflict.Kind)
			assert.Equal(t, ifmatch.ETag("b"), conflict.RemoteETag)
			assert.Equal(t, "GET PUT GET GET", s.methods(), "and a look whether the tag is new at every request")
		})
		t.Run(fmt.Sprint("Update ", status), func(t *testing.T) {
			client, s := shas(status, 1, "a", "b")
			require.NoError(t, update(t.Context(), client))
			assert.Equal(t, "GET PUT GET GET PUT", s.methods())
		})
		t.Run(fmt.Sprint("a document where none should be ", status), func(t *testing.T) {
			client, _ := shas(status, 1, "a")
			_, err := ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, ifmatch.AlreadyExists, conflict.Kind)
		})
		t.Run(fmt.Sprint("Update that creates ", status), func(t *testing.T) {
			client, s := shas(status, 1, "", "a")
			require.NoError(t, update(t.Context(), client))
			assert.Equal(t, "GET PUT GET PUT", s.methods(), "the edit is asked again on what is there")
		})
		t.Run(fmt.Sprint("gone ", status), func(t *testing.T) {
			client, _ := shas(status, 1, "a", "")
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err)
			require.ErrorIs(t, ifmatch.Delete(t.Context(), client, u), ifmatch.Deleted)
		})
		t.Run(fmt.Sprint("the version is current ", status), func(t *testing.T) {
			client, s := shas(status, 9, "a")
			err := update(t.Context(), client)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, status, refused.StatusCode, "it is about something else")
			assert.Len(t, s.writes(), 1, "and sending it again would not help")
			assert.Equal(t, status == http.StatusPreconditionFailed, errors.Is(err, ifmatch.ErrRefusedTag))
		})
	}
}

func TestWhoIsAskingIsNoQuestionOfTheVersion(t *testing.T) {
	for _, status := range []int{401, 407} {
		client, s := shas(status, 1, "a", "b")
		err := update(t.Context(), client)
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, status, refused.StatusCode)
		assert.Equal(t, "GET PUT", s.methods())

		client, s = shas(status, 1, "a", "b")
		u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		u.Value.N = 2
		_, err = ifmatch.Put(t.Context(), client, u)
		require.NotErrorIs(t, err, ifmatch.StaleVersion)
		assert.Equal(t, "GET PUT", s.methods())
	}
}

func TestARefusalWithTheVersionInAHeaderFieldIsBelievedAsItIs(t *testing.T) {
	for _, status := range []int{400, 403, 422} {
		origin, url := serve(t, nil, thingV1)
		origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Before(func() { origin.Set("/doc", thingV3) }),
			ifmatchtest.Answer(ifmatchtest.Problem(status, nil))))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N = 2; return nil })
		require.NotErrorIs(t, err, ifmatch.StaleVersion)
		assert.Equal(t, "GET PUT", story(origin))
	}
}

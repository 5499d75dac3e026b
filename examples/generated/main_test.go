package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/examples/generated/orders"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func Example() {
	if err := run(context.Background(), os.Stdout, 10); err != nil {
		panic(err)
	}
	// Output:
	// PUT    without ifmatch       20 changes, 10 lost,  0 refused and tried again
	// PUT    a unit of work each   20 changes,  0 lost, 10 refused and tried again
	// PUT    a merging route       20 changes,  0 lost,  0 refused and tried again
	// PATCH  without ifmatch       20 changes, 10 lost,  0 refused and tried again
	// PATCH  a unit of work each   20 changes,  0 lost, 10 refused and tried again
}

func generatedClient(t *testing.T, doer orders.HttpRequestDoer) (*ifmatchtest.Origin, *orders.ClientWithResponses) {
	t.Helper()
	origin := ifmatchtest.New(nil)
	origin.Set("/orders/7", `{"customer":"Ann","quantities":{}}`)
	api, err := orders.NewClientWithResponses(origin.Serve(t).URL, orders.WithHTTPClient(doer))
	require.NoError(t, err)
	return origin, api
}

func TestAnOrderThatGrewIsNotCancelled(t *testing.T) {
	cancelOnce := func(t *testing.T, doer orders.HttpRequestDoer) (status int, origin *ifmatchtest.Origin) {
		origin, api := generatedClient(t, doer)
		ctx := ifmatch.UnitOfWork(t.Context())
		order, err := api.GetOrderWithResponse(ctx, "7")
		require.NoError(t, err)
		require.Empty(t, order.JSON200.Quantities)
		origin.Set("/orders/7", `{"customer":"Ann","quantities":{"pears":1}}`)
		cancelled, err := api.DeleteOrderWithResponse(ctx, "7")
		require.NoError(t, err)
		return cancelled.StatusCode(), origin
	}
	status, origin := cancelOnce(t, http.DefaultClient)
	assert.Equal(t, http.StatusNoContent, status)
	assert.False(t, origin.Exists("/orders/7"), "without ifmatch the pears are lost")

	status, origin = cancelOnce(t, ifmatch.New(nil))
	assert.Equal(t, http.StatusPreconditionFailed, status)
	assert.True(t, origin.Exists("/orders/7"))
}

// A difference between PUT and PATCH that no client can heal below a generated type: what the
// description does not name is missing from a PUT, and a condition does not bring it back.
func TestWhatTheDescriptionDoesNotNameSurvivesOnlyAPatch(t *testing.T) {
	for _, s := range []struct {
		scene
		want string
	}{
		{scene{write: put}, `{"customer":"Ann","quantities":{"pears":1}}`},
		{scene{write: patch}, `{"customer":"Ann","quantities":{"pears":1},"vip":true}`},
	} {
		origin, api := generatedClient(t, ifmatch.New(nil))
		origin.Set("/orders/7", `{"customer":"Ann","quantities":{},"vip":true}`)
		require.NoError(t, s.order(t.Context(), api, "pears", func() {}, nil))
		assert.JSONEq(t, s.want, origin.Body("/orders/7"))
	}
}

func TestAServerThatRefusesEndsTheStory(t *testing.T) {
	origin, api := generatedClient(t, ifmatch.New(nil))
	for _, c := range []struct {
		write  string
		status int
		s      scene
	}{{"GET", 500, scene{write: put}}, {"PUT", 422, scene{write: put}}, {"PATCH", 409, scene{write: patch}}} {
		origin.Next(c.write, ifmatchtest.Answer(ifmatchtest.Problem(c.status, map[string]any{"title": "no"})))
		err := c.s.order(t.Context(), api, "pears", func() {}, nil)
		require.Error(t, err)
		var refused *ifmatch.ResponseError
		if c.write != "GET" && assert.ErrorAs(t, err, &refused) {
			assert.Equal(t, c.status, refused.StatusCode)
			assert.Equal(t, "no", refused.Problem.Title, "the content that the generated code had read")
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ended, io.Discard, 1), context.Canceled)
	require.ErrorIs(t, run(t.Context(), full{}, 1), errFull)
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

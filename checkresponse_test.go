package ifmatch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func ExampleCheckResponse() {
	origin, url := example(`{"name": "ann"}`)
	unpaid := map[string]any{"type": "https://example.com/probs/not-paid", "currentState": "open"}
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, unpaid)))
	req, _ := http.NewRequest("PUT", url, strings.NewReader(`{}`))
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	var refused *ifmatch.ResponseError
	if errors.As(ifmatch.CheckResponse(resp), &refused) {
		fmt.Println(refused.StatusCode, string(refused.Problem.Type), refused.Problem.Facts().CurrentState)
	}
	// Output: 409 https://example.com/probs/not-paid open
}

func TestCheckResponseLeavesTheContentReadable(t *testing.T) {
	assert.NoError(t, ifmatch.CheckResponse(&http.Response{StatusCode: 302}))
	long := strings.Repeat("x", 100<<10)
	resp := &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(long))}
	err := ifmatch.CheckResponse(resp)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.True(t, refused.Truncated)
	assert.Len(t, refused.Body, 64<<10)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, long, string(rest))
}

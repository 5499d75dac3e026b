package ifmatch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAWrongStateTellsTheStates(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, map[string]any{
		"type": "https://example.com/probs/not-paid", "title": "Not paid yet",
		"currentState": "open", "requiredState": "paid", "suggestedAction": "pay"})))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	facts := conflict.Problem.Facts()
	assert.Equal(t, "open", facts.CurrentState)
	assert.Equal(t, []string{"paid"}, facts.RequiredStates)
	assert.Equal(t, "pay", facts.Action)
}

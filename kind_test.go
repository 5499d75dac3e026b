package ifmatch

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKindsAreErrorsWithNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for k := Unknown; k <= Idempotency; k++ {
		assert.NotEmpty(t, k.String())
		assert.False(t, seen[k.String()], k.String())
		seen[k.String()] = true
		assert.Equal(t, k.String(), k.Error())
		assert.ErrorIs(t, fmt.Errorf("context: %w", k), k)
	}
	assert.Equal(t, "kind 200", Kind(200).String())
	assert.False(t, errors.Is(StaleVersion, WrongState))
}

// Every row of the table of status-only defaults, and what lies around it.
func TestStatusAndConditionDecideWhenNothingElseDoes(t *testing.T) {
	const put, patch, del, post, get = http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost, http.MethodGet
	for _, c := range []struct {
		status int
		method string
		sent   precondition
		want   Kind
	}{
		{412, put, sentTag, StaleVersion},
		{412, patch, sentTag, StaleVersion},
		{412, del, sentTag, StaleVersion},
		{412, put, sentDate, StaleVersion},
		{412, put, sentVersion, StaleVersion},
		{412, put, sentAny, Deleted},
		{412, put, sentCreate, AlreadyExists},
		{412, put, sentNone, Unknown},
		{412, post, sentNone, Unknown},

		{409, put, sentTag, Unknown}, // the fetch that follows tells
		{409, put, sentDate, Unknown},
		{409, put, sentCreate, Unknown},
		{409, post, sentNone, Unknown},

		{404, put, sentTag, Deleted},
		{404, patch, sentTag, Deleted},
		{404, del, sentTag, Deleted},
		{404, put, sentAny, Deleted},
		{404, put, sentDate, Deleted},
		{410, put, sentTag, Deleted},
		{410, del, sentVersion, Deleted},
		{404, put, sentNone, Unknown},
		{404, put, sentCreate, Unknown},
		{404, post, sentTag, Unknown},
		{404, get, sentTag, Unknown},

		{423, put, sentTag, Locked},
		{425, put, sentTag, Transient},
		{428, put, sentNone, PreconditionRequired},
		{429, put, sentTag, Transient},
		{503, put, sentTag, Transient},
		{408, put, sentTag, Transient},
		{449, put, sentTag, Transient},
		{502, put, sentTag, Transient},
		{504, put, sentTag, Transient},

		{304, put, sentTag, Unknown},
		{301, put, sentTag, Unknown},
		{307, put, sentTag, Unknown},
		{400, put, sentTag, Unknown},
		{403, put, sentTag, Unknown},
		{422, put, sentTag, Unknown},
		{500, put, sentTag, Unknown},
		{0, "", sentNone, Unknown},
	} {
		in := evidence{method: c.method, sent: c.sent, status: c.status}
		assert.Equal(t, c.want, classify(in), "%d to %s, condition %d", c.status, c.method, c.sent)
		in = answered(in, c.status, "", "")
		assert.Equal(t, c.want, classify(in), "about:blank adds nothing: %d to %s, condition %d", c.status, c.method, c.sent)
		in.idempotencyKey = true
		assert.Equal(t, c.want, classify(in), "nor does a key: %d to %s, condition %d", c.status, c.method, c.sent)
	}
}

func TestTheConditionIsReadOffTheRequest(t *testing.T) {
	for _, c := range []struct {
		fields map[string]string
		want   precondition
	}{
		{nil, sentNone},
		{map[string]string{"If-Match": `"a"`}, sentTag},
		{map[string]string{"If-Match": `*`}, sentAny},
		{map[string]string{"If-Match": `"*"`}, sentTag},
		{map[string]string{"If-Unmodified-Since": "Fri, 20 Nov 2026 10:00:00 GMT"}, sentDate},
		{map[string]string{"If-Match": `"a"`, "If-Unmodified-Since": "x"}, sentTag},
		{map[string]string{"If-None-Match": "*"}, sentCreate},
		{map[string]string{"If-None-Match": `"a"`}, sentNone},
		{map[string]string{"If-Match": "*", "If-None-Match": "*"}, sentAny},
	} {
		h := http.Header{}
		for name, value := range c.fields {
			h.Set(name, value)
		}
		assert.Equal(t, c.want, preconditionOf(h), "%v", c.fields)
	}
}

func TestProblemTypeOutranksVendorCodeOutranksStatus(t *testing.T) {
	const stale, closed ProblemType = "https://example.com/stale", "/probs/closed"
	body := `{"type":"https://example.com/stale","title":"t","error":{"code":"ContainerBeingDeleted","message":"m"}}`
	in := answered(evidence{method: http.MethodPut, sent: sentTag}, 412, problemJSON, body)

	assert.Equal(t, Transient, classify(in), "vendor code over status")
	in.types = map[ProblemType]Kind{"https://example.com/other": Locked}
	assert.Equal(t, Transient, classify(in), "a type that is not that of the problem")
	in.types = map[ProblemType]Kind{stale: WrongState}
	assert.Equal(t, WrongState, classify(in), "registered type over vendor code")
	in.types = map[ProblemType]Kind{stale: Unknown}
	assert.Equal(t, Unknown, classify(in), "also when it is registered as unknown")

	in = answered(in, 409, problemJSON, `{"type":"closed"}`)
	in.types = map[ProblemType]Kind{closed: WrongState}
	assert.Equal(t, WrongState, classify(in), "both relative, both resolved")
	in.types = map[ProblemType]Kind{closed: WrongState, "https://api.example.com/probs/closed": Locked}
	assert.Equal(t, Locked, classify(in), "an absolute type is the more exact one")

	in = answered(in, 409, problemJSON, `{"type":"`+typeRegistry+`quota-exceeded"}`)
	in.types = nil
	assert.Equal(t, Transient, classify(in), "a registered type of the registry")
	in.types = map[ProblemType]Kind{typeRegistry + "quota-exceeded": Locked}
	assert.Equal(t, Locked, classify(in), "the caller outranks the registry")
	in = answered(in, 412, problemJSON, `{"type":"`+typeRegistry+`unheard-of"}`)
	assert.Equal(t, StaleVersion, classify(in), "an unknown type leaves it to the status")
}

// An Idempotency-Key problem is recognised by its type only when a key was sent.
func TestIdempotencyTypesCountOnlyWithAKey(t *testing.T) {
	in := answered(evidence{method: http.MethodPost, sent: sentTag}, 409, problemJSON,
		`{"type":"https://developer.example.com/idempotency","title":"A request is outstanding for this Idempotency-Key"}`)
	assert.Equal(t, Unknown, classify(in))
	in.idempotencyKey = true
	assert.Equal(t, Idempotency, classify(in))
	in.status = 412
	assert.Equal(t, StaleVersion, classify(in), "not one of the three statuses")
}

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
		sent   preconditionForm
		want   Kind
	}{
		{412, put, byTag, StaleVersion},
		{412, patch, byTag, StaleVersion},
		{412, del, byTag, StaleVersion},
		{412, put, byDate, StaleVersion},
		{412, put, byVersion, StaleVersion},
		{412, put, byAny, Deleted},
		{412, put, byAbsence, AlreadyExists},
		{412, put, unconditional, Unknown},
		{412, post, unconditional, Unknown},

		{409, put, byTag, Unknown}, // the fetch that follows tells
		{409, put, byDate, Unknown},
		{409, put, byAbsence, Unknown},
		{409, post, unconditional, Unknown},

		{404, put, byTag, Deleted},
		{404, patch, byTag, Deleted},
		{404, del, byTag, Deleted},
		{404, put, byAny, Deleted},
		{404, put, byDate, Deleted},
		{410, put, byTag, Deleted},
		{410, del, byVersion, Deleted},
		{404, put, unconditional, Unknown},
		{404, put, byAbsence, Unknown},
		{404, post, byTag, Unknown},
		{404, get, byTag, Unknown},

		{423, put, byTag, Locked},
		{425, put, byTag, Transient},
		{428, put, unconditional, PreconditionRequired},
		{429, put, byTag, Transient},
		{503, put, byTag, Transient},
		{408, put, byTag, Transient},
		{449, put, byTag, Transient},
		{502, put, byTag, Transient},
		{504, put, byTag, Transient},

		{304, put, byTag, Unknown},
		{301, put, byTag, Unknown},
		{307, put, byTag, Unknown},
		{400, put, byTag, Unknown},
		{403, put, byTag, Unknown},
		{422, put, byTag, Unknown},
		{500, put, byTag, Unknown},
		{0, "", unconditional, Unknown},
	} {
		in := evidence{method: c.method, condition: c.sent, status: c.status}
		assert.Equal(t, c.want, classify(in), "%d to %s, condition %d", c.status, c.method, c.sent)
		in = answered(in, c.status, "", "")
		assert.Equal(t, c.want, classify(in), "about:blank adds nothing: %d to %s, condition %d", c.status,
			c.method, c.sent)
		in.idempotencyKey = true
		assert.Equal(t, c.want, classify(in), "nor does a key: %d to %s, condition %d", c.status, c.method, c.sent)
	}
}

func TestTheConditionIsReadOffTheRequest(t *testing.T) {
	for _, c := range []struct {
		fields map[string]string
		want   preconditionForm
	}{
		{nil, unconditional},
		{map[string]string{"If-Match": `"a"`}, byTag},
		{map[string]string{"If-Match": `*`}, byAny},
		{map[string]string{"If-Match": `"*"`}, byTag},
		{map[string]string{"If-Unmodified-Since": "Fri, 20 Nov 2026 10:00:00 GMT"}, byDate},
		{map[string]string{"If-Match": `"a"`, "If-Unmodified-Since": "x"}, byTag},
		{map[string]string{"If-None-Match": "*"}, byAbsence},
		{map[string]string{"If-None-Match": `"a"`}, unconditional},
		{map[string]string{"If-Match": "*", "If-None-Match": "*"}, byAny},
	} {
		h := http.Header{}
		for name, value := range c.fields {
			h.Set(name, value)
		}
		assert.Equal(t, c.want, preconditionOf(h).form, "%v", c.fields)
	}
}

func TestProblemTypeOutranksVendorCodeOutranksStatus(t *testing.T) {
	const stale, closed ProblemType = "https://example.com/stale", "/probs/closed"
	body := `{"type":"https://example.com/stale","title":"t","error":{"code":"ContainerBeingDeleted","message":"m"}}`
	in := answered(evidence{method: http.MethodPut, condition: byTag}, 412, problemJSON, body)

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

func TestTheRegistryOutranksTheDialectAndTheDialectTheVendor(t *testing.T) {
	const code = `"error":{"code":"ContainerBeingDeleted","message":"m"}`
	in := answered(evidence{method: http.MethodPut, condition: byTag}, 412, problemJSON, `{`+code+`}`)
	assert.Equal(t, Transient, classify(in), "the vendor's code")
	in.dialect, in.refusal = func(*ResponseError) Kind { return Locked }, new(ResponseError)
	assert.Equal(t, Locked, classify(in), "dialect over vendor code")
	in.dialect = func(*ResponseError) Kind { return Unknown }
	assert.Equal(t, Transient, classify(in), "a dialect that does not know leaves it as it is")

	in = answered(in, 412, problemJSON, `{"type":"`+typeRegistry+`completed-upload",`+code+`}`)
	assert.Equal(t, WrongState, classify(in), "registry over vendor code")
	in.dialect = func(*ResponseError) Kind { return Locked }
	assert.Equal(t, WrongState, classify(in), "registry over dialect")
}

// An Idempotency-Key problem is recognised by its type only when a key was sent.
func TestIdempotencyTypesCountOnlyWithAKey(t *testing.T) {
	in := answered(evidence{method: http.MethodPost, condition: byTag}, 409, problemJSON,
		`{"type":"https://developer.example.com/idempotency",`+
			`"title":"A request is outstanding for this Idempotency-Key"}`)
	assert.Equal(t, Unknown, classify(in))
	in.idempotencyKey = true
	assert.Equal(t, Idempotency, classify(in))
	in.status = 412
	assert.Equal(t, StaleVersion, classify(in), "not one of the three statuses")
}

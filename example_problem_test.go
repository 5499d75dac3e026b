package ifmatch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// refused stands for a write that a server refused, with the error that the functions of this
// package return then.
func refused() error {
	return fmt.Errorf("placing the order: %w", &ifmatch.ResponseError{
		Method:     "PUT",
		URL:        "https://api.example.com/orders/7",
		StatusCode: 409,
		Kind:       ifmatch.WrongState,
		Problem: &ifmatch.Problem{
			Type:   "https://example.com/probs/out-of-credit",
			Title:  "Not enough credit.",
			Status: 409,
			Extensions: map[string]json.RawMessage{
				"balance":  json.RawMessage(`30`),
				"accounts": json.RawMessage(`["/account/12345","/account/67890"]`),
			},
		},
	})
}

// OutOfCredit is a problem type that the API documents.
const OutOfCredit ifmatch.ProblemType = "https://example.com/probs/out-of-credit"

func ExampleProblemType() {
	err := refused()
	if errors.Is(err, OutOfCredit) {
		fmt.Println("top up, then try again")
	}
	// Output: top up, then try again
}

func ExampleKind() {
	switch err := refused(); {
	case errors.Is(err, ifmatch.StaleVersion):
		fmt.Println("somebody was faster")
	case errors.Is(err, ifmatch.WrongState):
		fmt.Println("not possible in this state")
	}
	var kind ifmatch.Kind
	if errors.As(refused(), &kind) {
		fmt.Println(kind.String())
	}
	// Output:
	// not possible in this state
	// wrong state
}

func ExampleResponseError() {
	var refusal *ifmatch.ResponseError
	if errors.As(refused(), &refusal) {
		fmt.Println(refusal)
		fmt.Printf("%q\n", refusal.Problem.Title) // written by the server: quote it
	}
	// Output:
	// ifmatch: PUT https://api.example.com/orders/7: 409 Conflict (wrong state, type "https://example.com/probs/out-of-credit")
	// "Not enough credit."
}

func ExampleProblem_Decode() {
	var refusal *ifmatch.ResponseError
	if !errors.As(refused(), &refusal) {
		return
	}
	var credit struct {
		Balance  int      `json:"balance"`
		Accounts []string `json:"accounts"`
	}
	if err := refusal.Problem.Decode(&credit); err != nil {
		fmt.Println(err)
	}
	fmt.Println(credit.Balance, credit.Accounts)
	// Output: 30 [/account/12345 /account/67890]
}

func ExampleProblem_Facts() {
	problem := ifmatch.Problem{Extensions: map[string]json.RawMessage{
		"current_state":  json.RawMessage(`"shipped"`),
		"allowed_states": json.RawMessage(`["draft","open"]`),
		"details": json.RawMessage(`{
			"lastModifiedBy": {"id": 17, "name": "Ann"},
			"lastModifiedAt": "2026-11-20T10:00:00Z",
			"violations": [{"pointer": "#/address/street"}]
		}`),
	}}
	facts := problem.Facts()
	fmt.Println("is", facts.CurrentState, "but must be one of", facts.RequiredStates)
	fmt.Println("changed by", facts.ChangedBy, "at", facts.ChangedAt.Format(time.Kitchen))
	fmt.Println("in conflict:", facts.Fields)
	// Output:
	// is shipped but must be one of [draft open]
	// changed by Ann at 10:00AM
	// in conflict: [/address/street]
}

func ExampleETag() {
	strong, weak := ifmatch.ETag(`"7"`), ifmatch.ETag(`W/"7"`)
	fmt.Println(strong.IsWeak(), weak.IsWeak())
	fmt.Println("If-Match would say:", strong.StrongEqual(weak))
	fmt.Println("If-None-Match would say:", strong.WeakEqual(weak))
	// Output:
	// false true
	// If-Match would say: false
	// If-None-Match would say: true
}

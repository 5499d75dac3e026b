package ifmatch

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func factsOf(body string) Facts { return problemOf(409, "application/json", body).Facts() }

func TestFactsAreFoundUnderEverySpelling(t *testing.T) {
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	want := Facts{
		Fields: []string{"email"}, Field: "email", CurrentValue: json.RawMessage(`"a@example.com"`),
		CurrentVersion: "7", CurrentState: "closed",
		RequiredStates: []string{"open", "draft"}, ChangedBy: "Ann", ChangedAt: at, Action: "reload",
	}
	for name, body := range map[string]string{
		"snake": `{"field_name":"email","current_value":"a@example.com","current_version":7,` +
			`"current_state":"closed","required_states":["open","draft"],"last_modified_by":"Ann",` +
			`"last_modified_at":"2026-11-20T10:00:00Z","suggested_action":"reload"}`,
		"camel": `{"fieldName":"email","currentValue":"a@example.com","currentVersion":"7",` +
			`"currentState":"closed","requiredStates":["open","draft"],"updatedBy":{"id":4,"name":"Ann"},` +
			`"updatedAt":"2026-11-20T10:00:00Z","suggestedAction":"reload"}`,
		"kebab": `{"conflicting-field":"email","existing-value":"a@example.com","latest-revision":"7",` +
			`"current-status":"closed","allowed-states":["open","draft"],"changed-by":{"displayName":"Ann",` +
			`"name":"x"},"last-modified":"Fri, 20 Nov 2026 10:00:00 GMT","next-action":"reload"}`,
		"in details": `{"code":"C","details":{"property":"email","actualValue":"a@example.com",` +
			`"serverVersion":"7","actualState":"closed","expectedStates":["open","draft"],"editedBy":"Ann",` +
			`"editedAt":1795168800,"remedy":"reload"}}`,
		"in an envelope": `{"error":{"code":"C","message":"m","innererror":{"context":{"attribute":"email",` +
			`"storedValue":"a@example.com","currentETag":"7","currentState":"closed","validStatuses":["open",` +
			`"draft"],"modifiedBy":"Ann","modified_on":1795168800000,"resolution":"reload"}}}}`,
		"in a list": `{"violations":[{"path":"email","current":"a@example.com","current_version":7,` +
			`"current_state":"closed","allowed_statuses":["open","draft"],"changed_by":"Ann",` +
			`"changed_at":"2026-11-20T10:00:00Z","recommended_action":"reload"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			got := factsOf(body)
			got.ChangedAt = got.ChangedAt.UTC()
			assert.Equal(t, want, got)
		})
	}
}

func TestFactsOfTheCurrentRepresentationHaveShortNames(t *testing.T) {
	f := factsOf(`{"message":"m","version":1,"status":"error","state":"failed","current":{"_rev":"3-a",` +
		`"status":"closed","updated_by":"Ann","updated":1795168800,"name":"x"}}`)
	assert.Equal(t, "3-a", f.CurrentVersion, "not the version of the error")
	assert.Equal(t, "closed", f.CurrentState, "not the status of the error")
	assert.Equal(t, "Ann", f.ChangedBy)
	assert.Equal(t, int64(1795168800), f.ChangedAt.Unix())
	assert.JSONEq(t, `{"_rev":"3-a","status":"closed","updated_by":"Ann","updated":1795168800,"name":"x"}`,
		string(f.Current))
	assert.Empty(t, f.CurrentValue)
	assert.Empty(t, f.Fields, "a name is a field in a list of violations only")

	f = factsOf(`{"current_version":9,"current":{"version":3}}`)
	assert.Equal(t, "9", f.CurrentVersion, "what is said further out wins")

	f = factsOf(`{"existing":{"@odata.etag":"W/\"7\""}}`)
	assert.Equal(t, `W/"7"`, f.CurrentVersion)

	f = golden(t, "kinto_modified", evidence{}).Problem.Facts()
	assert.Equal(t, time.UnixMilli(1436434441550).UTC(), f.ChangedAt)
	assert.Contains(t, string(f.Current), "Original title")

	f = golden(t, "appdynamics_version", evidence{}).Problem.Facts()
	assert.Equal(t, "2", f.CurrentVersion)

	f = golden(t, "dynamodb_condition", evidence{}).Problem.Facts()
	assert.JSONEq(t, `{"id":{"S":"7"},"version":{"N":"3"}}`, string(f.Current))
}

func TestFactsListEachFieldOnce(t *testing.T) {
	assert.Equal(t, []string{"email", "age"},
		factsOf(`{"errors":{"age":["too low"],"email":"taken","nested":{"x":1},"n":7},"field":"email"}`).Fields)
	assert.Equal(t, []string{"a", "b"}, factsOf(`{"fields":["a","b","a",7,""]}`).Fields)
	assert.Equal(t, []string{"/a b", "/c~1d", "#/%zz"},
		factsOf(`{"errors":[{"pointer":"#/a%20b"},{"pointer":"/c~1d"},{"pointer":"#/%zz"}]}`).Fields)
	assert.Equal(t, []string{"email"}, factsOf(`{"invalid-params":[{"name":"email","reason":"taken"}]}`).Fields)
	assert.Empty(t, factsOf(`{"path":"/orders/7","name":"x"}`).Fields, "the path of a request")
	assert.Empty(t, factsOf(`{"server":"nginx","remote":"10.0.0.1"}`).CurrentValue)
}

func TestFactsIgnoreWhatDoesNotFit(t *testing.T) {
	for _, body := range []string{
		``, `{}`, `[]`, `{"changed_at":"yesterday"}`, `{"changed_at":-5}`, `{"changed_at":1.5}`, `{"changed_at":{}}`,
		`{"changed_by":{}}`, `{"changed_by":[]}`, `{"changed_by":null}`, `{"current_version":{}}`,
		`{"current_state":null}`,
		`{"required_states":[]}`, `{"required_states":[1]}`, `{"field":7}`, `{"action":7}`, `{"remedy":{}}`,
		`{"":1}`, `{"---":"x"}`,
		`{"title":"current_state: closed","detail":"field email, version 7","message":"changed_by Ann"}`,
	} {
		assert.Equal(t, Facts{}, factsOf(body), body)
	}
	assert.Equal(t, "7", factsOf(`{"current_version":"","latest_version":7}`).CurrentVersion, "an empty one is none")
	assert.Equal(t, "4", factsOf(`{"changed_by":{"id":4}}`).ChangedBy)
	assert.Equal(t, "12345678901234567890", factsOf(`{"current_version":12345678901234567890}`).CurrentVersion,
		"every digit")
}

func TestTheSearchForFactsIsBounded(t *testing.T) {
	deep := strings.Repeat(`{"details":`, maxFactDepth+1) + `{"field":"x"}` + strings.Repeat(`}`, maxFactDepth+1)
	assert.Empty(t, factsOf(deep).Fields)

	wide := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"field":"f%d"}`, i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	assert.Len(t, factsOf(`{"errors":`+wide(maxFields+1)+`}`).Fields, maxFields)

	spent := `{"errors":[` + strings.Repeat(`{},`, maxFactObjects) + `{}],"violations":[{"field":"late"}]}`
	assert.Empty(t, factsOf(spent).Fields)
	assert.Equal(t, []string{"late"}, factsOf(strings.Replace(spent, strings.Repeat(`{},`, 10), "", 1)).Fields)
}

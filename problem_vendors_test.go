package ifmatch

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goldenURL is where the answers in testdata/problem come from.
var goldenURL = &url.URL{Scheme: "https", Host: "api.example.com", Path: "/v1/things/7"}

func golden(t *testing.T, name string, in evidence) *ResponseError {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "problem", name+".http"))
	require.NoError(t, err)
	defer f.Close()
	resp, err := http.ReadResponse(bufio.NewReader(f), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return newResponseError(in, goldenURL, resp.StatusCode, resp.Header, body, false, time.Unix(1.8e9, 0))
}

// Each answer in testdata/problem, and what it means to an update (If-Match), to a creation
// (If-None-Match: *) and to a POST without a condition.
func TestEveryKnownAnswerIsUnderstood(t *testing.T) {
	const second = time.Second
	type fields = []string
	rows := []struct {
		file                 string
		code                 string
		update, create, post Kind
		fields               fields
		delay                time.Duration
	}{
		{"rfc9457_out_of_credit", "", Unknown, Unknown, Unknown, nil, 0},
		{"rfc9457_violations", "", Unknown, Unknown, Unknown, fields{"/age", "/profile/a colour"}, 0},
		{"problem_xml", "", Unknown, Unknown, Unknown, nil, 0},
		{"zalando_relative_type", "", Unknown, Unknown, Unknown, nil, 0},
		{"aspnet_status_type", "", Unknown, Unknown, Unknown, nil, 0},
		{"appdynamics_version", "", Unknown, Unknown, Unknown, nil, 0},
		{"idempotency_in_progress", "", Unknown, Unknown, Unknown, nil, 0},
		{"idempotency_mismatch", "", Unknown, Unknown, Unknown, nil, 0},
		{"upload_offset", "", StaleVersion, StaleVersion, StaleVersion, nil, 0},
		{"quota_exceeded", "", Transient, Transient, Transient, nil, 7 * second},

		{"google_aborted", "ABORTED", StaleVersion, AlreadyExists, StaleVersion, nil, 1500 * time.Millisecond},
		{"google_aborted_transaction", "ABORTED", StaleVersion, Transient, Transient, nil, 0},
		{"google_failed_precondition", "FAILED_PRECONDITION", WrongState, WrongState, WrongState, fields{"shelf.books"}, 0},
		{"google_already_exists", "ALREADY_EXISTS", AlreadyExists, AlreadyExists, AlreadyExists, nil, 0},
		{"google_legacy_condition", "conditionNotMet", StaleVersion, AlreadyExists, Unknown, nil, 0},

		{"azure_condition", "ConditionNotMet", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"azure_blob_exists", "BlobAlreadyExists", AlreadyExists, AlreadyExists, AlreadyExists, nil, 0},
		{"azure_head_lease", "LeaseIdMissing", Locked, Locked, Locked, nil, 0},
		{"azure_source_condition", "SourceConditionNotMet", Unknown, Unknown, Unknown, nil, 0},
		{"azure_table_condition", "UpdateConditionNotSatisfied", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"azure_innererror", "ContainerBeingDeleted", Transient, Transient, Transient, fields{"container"}, 0},
		{"odata_cap_condition", "412", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"odata_required", "428", PreconditionRequired, PreconditionRequired, PreconditionRequired,
			fields{"Books", "title"}, 0},

		{"s3_condition", "PreconditionFailed", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"s3_concurrent", "ConditionalRequestConflict", Transient, Transient, Transient, nil, 0},
		{"s3_bucket_not_empty", "BucketNotEmpty", WrongState, WrongState, WrongState, nil, 0},
		{"dynamodb_condition", "ConditionalCheckFailedException", StaleVersion, AlreadyExists, StaleVersion, nil, 0},
		{"dynamodb_transaction", "TransactionCanceledException", StaleVersion, AlreadyExists, StaleVersion, nil, 0},

		{"kubernetes_conflict", "Conflict", StaleVersion, StaleVersion, StaleVersion, nil, 0},
		{"kubernetes_manager", "Conflict", Ownership, Ownership, Ownership, fields{".spec.replicas"}, 0},
		{"kubernetes_exists", "AlreadyExists", AlreadyExists, AlreadyExists, AlreadyExists, nil, 0},
		{"kubernetes_generated_name", "AlreadyExists", Transient, Transient, Transient, nil, second},
		{"kubernetes_duplicate", "Invalid", AlreadyExists, AlreadyExists, AlreadyExists, fields{"spec.ports[1]"}, 0},
		{"kubernetes_timeout", "Timeout", Transient, Transient, Transient, nil, 4 * second},

		{"couchdb_conflict", "conflict", StaleVersion, AlreadyExists, AlreadyExists, nil, 0},
		{"couchdb_file_exists", "file_exists", AlreadyExists, AlreadyExists, AlreadyExists, nil, 0},
		{"elasticsearch_conflict", "version_conflict_engine_exception", StaleVersion, AlreadyExists, AlreadyExists, nil, 0},
		{"github_sha", "", Unknown, Unknown, Unknown, nil, 0},
		{"github_exists", "already_exists", AlreadyExists, AlreadyExists, AlreadyExists, fields{"color", "name"}, 0},
		{"stripe_in_use", "idempotency_key_in_use", Idempotency, Idempotency, Idempotency, nil, 0},
		{"stripe_mismatch", "idempotency_error", Idempotency, Idempotency, Idempotency, nil, 0},
		{"stripe_lock", "lock_timeout", Locked, Locked, Locked, nil, 0},
		{"stripe_state", "payment_intent_unexpected_state", WrongState, WrongState, WrongState, fields{"intent"}, 0},
		{"jsonapi_id_taken", "taken", WrongState, AlreadyExists, AlreadyExists, fields{"/data/id"}, 0},
		{"jsonapi_type", "", WrongState, WrongState, WrongState, fields{"/data/type"}, 0},
		{"jsonapi_unique", "", Unknown, AlreadyExists, AlreadyExists, fields{"/data/attributes/email"}, 0},
		{"scim_uniqueness", "uniqueness", AlreadyExists, AlreadyExists, AlreadyExists, nil, 0},
		{"scim_version", "", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"fhir_version", "conflict", StaleVersion, AlreadyExists, Unknown, fields{"Patient.name"}, 0},
		{"fhir_multiple", "multiple-matches", Unknown, Unknown, Unknown, nil, 0},
		{"contentful_version", "VersionMismatch", StaleVersion, StaleVersion, StaleVersion, nil, 0},
		{"kinto_modified", "114", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"kinto_unique", "122", AlreadyExists, AlreadyExists, AlreadyExists, fields{"url"}, 0},

		{"vault_cas", "", Unknown, Unknown, Unknown, nil, 0}, // it says so in prose only
		{"twilio_numeric", "20412", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"spring_boot_default", "", Unknown, Unknown, Unknown, nil, 0},
		{"spring_bare_words", "", Unknown, Unknown, Unknown, nil, 0},
		{"flask_html", "", Unknown, Unknown, Unknown, nil, 0},
		{"lighttpd_xhtml", "", StaleVersion, AlreadyExists, Unknown, nil, 0},
		{"express_error_text", "", Unknown, Unknown, Unknown, nil, 0},
		{"empty_locked", "", Locked, Locked, Locked, nil, 0},
	}
	listed := map[string]bool{}
	for _, row := range rows {
		listed[row.file] = true
		t.Run(row.file, func(t *testing.T) {
			update := golden(t, row.file, evidence{method: http.MethodPut, sent: sentTag})
			create := golden(t, row.file, evidence{method: http.MethodPut, sent: sentCreate})
			post := golden(t, row.file, evidence{method: http.MethodPost})
			assert.Equal(t, row.update, update.Kind, "update")
			assert.Equal(t, row.create, create.Kind, "creation")
			assert.Equal(t, row.post, post.Kind, "POST")
			assert.Equal(t, row.code, update.Problem.Code)
			assert.Equal(t, row.fields, update.Problem.Facts().Fields)
			assert.Equal(t, row.delay, update.RetryAfter)
			assert.False(t, update.Problem.Truncated)
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "problem", "*.http"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".http")
		assert.True(t, listed[name], "%s has no row", name)
	}
}

// The code and the structure decide; the same words in prose decide nothing.
func TestProseNeverDecides(t *testing.T) {
	const words = "ABORTED conflict VersionMismatch ConditionNotMet already_exists Please retry, the object has " +
		"been modified"
	for _, body := range []string{
		words,
		`"` + words + `"`,
		`{"title":"` + words + `","detail":"` + words + `"}`,
		`{"message":"` + words + `"}`,
		`{"error":"` + words + `"}`,
		`{"error":"` + words + `","reason":"` + words + `"}`,
		`{"error":{"message":"` + words + `"}}`,
		`{"errors":["` + words + `"]}`,
		`<html><body>` + words + `</body></html>`,
		`<Error><Message>` + words + `</Message></Error>`,
	} {
		in := answered(evidence{method: http.MethodPut, sent: sentTag}, 409, "application/json", body)
		assert.Equal(t, Unknown, classify(in), body)
		assert.Empty(t, in.problem.Code, body)
	}
}

func TestVendorCodesThatDependOnMore(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		body   string
		in     evidence
		code   string
		want   Kind
	}{
		{"a failed condition in Google's words", 412, nil,
			`{"error":{"code":412,"status":"FAILED_PRECONDITION","message":"m"}}`, evidence{sent: sentTag},
			"FAILED_PRECONDITION", StaleVersion},
		{"update only, and it is gone", 412, http.Header{"X-Ms-Error-Code": {"ConditionNotMet"}}, "",
			evidence{sent: sentAny}, "ConditionNotMet", Deleted},
		{"the field outranks the body", 409, http.Header{"X-Ms-Error-Code": {"SnapshotsPresent"}},
			`<Error><Code>BlobAlreadyExists</Code></Error>`, evidence{sent: sentTag}, "SnapshotsPresent", WrongState},
		{"a revision in the body", 409, nil, `{"error":"conflict","reason":"x"}`,
			evidence{method: http.MethodPut, sent: sentVersion}, "conflict", StaleVersion},
		{"a document put without any version", 409, nil, `{"error":"conflict","reason":"x"}`,
			evidence{method: http.MethodPut}, "conflict", Unknown},
		{"AWS names it in the field only", 400,
			http.Header{"X-Amzn-Errortype": {"TransactionConflictException:http://x/"}}, "",
			evidence{sent: sentTag}, "TransactionConflictException", Transient},
		{"a cancelled transaction for a race", 400, nil,
			`{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`,
			evidence{}, "TransactionCanceledException", Transient},
		{"a cancelled transaction for no known reason", 400, nil,
			`{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"ValidationError"}]}`,
			evidence{}, "TransactionCanceledException", Unknown},
		{"an idempotency token", 400, nil, `{"__type":"a#IdempotentParameterMismatchException"}`, evidence{},
			"IdempotentParameterMismatchException", Idempotency},
		{"a lock error of FHIR", 409, nil,
			`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"lock-error"}]}`, evidence{},
			"lock-error", Locked},
		{"only a warning of FHIR", 412, nil,
			`{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"duplicate"}]}`,
			evidence{sent: sentTag}, "", StaleVersion},
		{"immutable in SCIM", 400, nil,
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"mutability"}`,
			evidence{sent: sentTag}, "mutability", WrongState},
		{"other schemas", 412, nil, `{"schemas":["urn:x"],"scimType":"uniqueness"}`, evidence{sent: sentTag}, "",
			StaleVersion},
		{"a manifest of kind Status", 409, nil, `{"kind":"Status","reason":"Conflict"}`, evidence{sent: sentTag},
			"", Unknown},
		{"JSON:API in another matter", 422, nil, `{"errors":[{"status":"422","source":{"pointer":"/data/id"}}]}`,
			evidence{}, "", Unknown},
		{"a plain code rules nothing", 409, nil, `{"errorCode":"VERSION_CONFLICT","message":"m"}`,
			evidence{sent: sentTag}, "VERSION_CONFLICT", Unknown},
		{"a plain code inside error", 409, nil, `{"error":{"error_code":"E7"}}`, evidence{sent: sentTag}, "E7", Unknown},
		{"a code that is prose by its length", 409, nil, `{"code":"` + strings.Repeat("x", maxCode+1) + `"}`,
			evidence{}, "", Unknown},
		{"the status is no code", 409, nil, `{"code":409,"message":"m"}`, evidence{}, "", Unknown},
		{"Elasticsearch creating an index", 400, nil,
			`{"error":{"root_cause":[],"type":"resource_already_exists_exception","reason":"r"},"status":400}`,
			evidence{}, "", Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.status = c.status
			c.in.problem, c.in.ruling = parseProblem(c.status, c.header, []byte(c.body), false, goldenURL)
			assert.Equal(t, c.want, classify(c.in))
			assert.Equal(t, c.code, c.in.problem.Code)
		})
	}
}

func TestIdempotencyDraftAnswersNeedAKey(t *testing.T) {
	for _, file := range []string{"idempotency_in_progress", "idempotency_mismatch"} {
		assert.Equal(t, Idempotency, golden(t, file, evidence{method: http.MethodPost, idempotencyKey: true}).Kind, file)
	}
}

func TestBodiesAskForBoundedWaits(t *testing.T) {
	google := func(delay string) string {
		return `{"error":{"details":[{"@type":"x"},7,{"@type":"type.googleapis.com/google.rpc.RetryInfo",` +
			`"retryDelay":` + delay + `}]}}`
	}
	for body, want := range map[string]time.Duration{
		`{"details":{"retryAfterSeconds":3}}`:          3 * time.Second,
		`{"details":{"retryAfterSeconds":-3}}`:         0,
		`{"details":{"retryAfterSeconds":2147483647}}`: maxRetryAfter,
		`{"details":{"retryAfterSeconds":1e300}}`:      0,
		`{"details":{"retryAfterSeconds":"3"}}`:        0,
		`{"details":[{"retryAfterSeconds":3}]}`:        0,
		google(`"0.25s"`):                              250 * time.Millisecond,
		google(`"1e300s"`):                             maxRetryAfter,
		google(`"-1s"`):                                0,
		google(`"NaNs"`):                               0,
		google(`"Infs"`):                               maxRetryAfter,
		google(`"5"`):                                  0,
		google(`5`):                                    0,
		`{}`:                                           0,
	} {
		o, _ := readObject([]byte(body))
		assert.Equal(t, want, bodyDelay(o), body)
	}
}

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
		{file: "rfc9457_out_of_credit", update: Unknown, create: Unknown, post: Unknown},
		{
			file: "rfc9457_violations", update: Unknown, create: Unknown, post: Unknown,
			fields: fields{"/age", "/profile/a colour"},
		},
		{file: "problem_xml", update: Unknown, create: Unknown, post: Unknown},
		{file: "zalando_relative_type", update: Unknown, create: Unknown, post: Unknown},
		{file: "aspnet_status_type", update: Unknown, create: Unknown, post: Unknown},
		{file: "appdynamics_version", update: Unknown, create: Unknown, post: Unknown},
		{file: "idempotency_in_progress", update: Unknown, create: Unknown, post: Unknown},
		{file: "idempotency_mismatch", update: Unknown, create: Unknown, post: Unknown},
		{file: "upload_offset", update: StaleVersion, create: StaleVersion, post: StaleVersion},
		{file: "quota_exceeded", update: Transient, create: Transient, post: Transient, delay: 7 * second},

		{
			file: "google_aborted", code: "ABORTED", update: StaleVersion, create: AlreadyExists, post: StaleVersion,
			delay: 1500 * time.Millisecond,
		},
		{file: "google_aborted_transaction", code: "ABORTED", update: StaleVersion, create: Transient, post: Transient},
		{
			file: "google_failed_precondition", code: "FAILED_PRECONDITION", update: WrongState, create: WrongState,
			post: WrongState, fields: fields{"shelf.books"},
		},
		{
			file: "google_already_exists", code: "ALREADY_EXISTS", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists,
		},
		{
			file: "google_legacy_condition", code: "conditionNotMet", update: StaleVersion, create: AlreadyExists,
			post: Unknown,
		},

		{file: "azure_condition", code: "ConditionNotMet", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{
			file: "azure_blob_exists", code: "BlobAlreadyExists", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists,
		},
		{file: "azure_head_lease", code: "LeaseIdMissing", update: Locked, create: Locked, post: Locked},
		{
			file: "azure_source_condition", code: "SourceConditionNotMet", update: Unknown, create: Unknown,
			post: Unknown,
		},
		{
			file: "azure_table_condition", code: "UpdateConditionNotSatisfied", update: StaleVersion,
			create: AlreadyExists, post: Unknown,
		},
		{
			file: "azure_innererror", code: "ContainerBeingDeleted", update: Transient, create: Transient,
			post: Transient, fields: fields{"container"},
		},
		{file: "odata_cap_condition", code: "412", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{
			file: "odata_required", code: "428", update: PreconditionRequired, create: PreconditionRequired,
			post: PreconditionRequired, fields: fields{"Books", "title"},
		},

		{file: "s3_condition", code: "PreconditionFailed", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{
			file: "s3_concurrent", code: "ConditionalRequestConflict", update: Transient, create: Transient,
			post: Transient,
		},
		{file: "s3_bucket_not_empty", code: "BucketNotEmpty", update: WrongState, create: WrongState, post: WrongState},
		{
			file: "dynamodb_condition", code: "ConditionalCheckFailedException", update: StaleVersion,
			create: AlreadyExists, post: StaleVersion,
		},
		{
			file: "dynamodb_transaction", code: "TransactionCanceledException", update: StaleVersion,
			create: AlreadyExists, post: StaleVersion,
		},

		{file: "kubernetes_conflict", code: "Conflict", update: StaleVersion, create: StaleVersion, post: StaleVersion},
		{
			file: "kubernetes_manager", code: "Conflict", update: Ownership, create: Ownership, post: Ownership,
			fields: fields{".spec.replicas"},
		},
		{
			file: "kubernetes_exists", code: "AlreadyExists", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists,
		},
		{
			file: "kubernetes_generated_name", code: "AlreadyExists", update: Transient, create: Transient,
			post: Transient, delay: second,
		},
		{
			file: "kubernetes_duplicate", code: "Invalid", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists, fields: fields{"spec.ports[1]"},
		},
		{
			file: "kubernetes_timeout", code: "Timeout", update: Transient, create: Transient, post: Transient,
			delay: 4 * second,
		},

		{file: "couchdb_conflict", code: "conflict", update: StaleVersion, create: AlreadyExists, post: AlreadyExists},
		{
			file: "couchdb_file_exists", code: "file_exists", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists,
		},
		{
			file: "elasticsearch_conflict", code: "version_conflict_engine_exception", update: StaleVersion,
			create: AlreadyExists, post: AlreadyExists,
		},
		{file: "github_sha", update: Unknown, create: Unknown, post: Unknown},
		{
			file: "github_exists", code: "already_exists", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists, fields: fields{"color", "name"},
		},
		{
			file: "stripe_in_use", code: "idempotency_key_in_use", update: Idempotency, create: Idempotency,
			post: Idempotency,
		},
		{
			file: "stripe_mismatch", code: "idempotency_error", update: Idempotency, create: Idempotency,
			post: Idempotency,
		},
		{file: "stripe_lock", code: "lock_timeout", update: Locked, create: Locked, post: Locked},
		{
			file: "stripe_state", code: "payment_intent_unexpected_state", update: WrongState, create: WrongState,
			post: WrongState, fields: fields{"intent"},
		},
		{
			file: "jsonapi_id_taken", code: "taken", update: WrongState, create: AlreadyExists, post: AlreadyExists,
			fields: fields{"/data/id"},
		},
		{file: "jsonapi_type", update: WrongState, create: WrongState, post: WrongState, fields: fields{"/data/type"}},
		{
			file: "jsonapi_unique", update: Unknown, create: AlreadyExists, post: AlreadyExists,
			fields: fields{"/data/attributes/email"},
		},
		{
			file: "scim_uniqueness", code: "uniqueness", update: AlreadyExists, create: AlreadyExists,
			post: AlreadyExists,
		},
		{file: "scim_version", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{
			file: "fhir_version", code: "conflict", update: StaleVersion, create: AlreadyExists, post: Unknown,
			fields: fields{"Patient.name"},
		},
		{file: "fhir_multiple", code: "multiple-matches", update: Unknown, create: Unknown, post: Unknown},
		{
			file: "contentful_version", code: "VersionMismatch", update: StaleVersion, create: StaleVersion,
			post: StaleVersion,
		},
		{file: "kinto_modified", code: "114", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{
			file: "kinto_unique", code: "122", update: AlreadyExists, create: AlreadyExists, post: AlreadyExists,
			fields: fields{"url"},
		},

		{file: "vault_cas", update: Unknown, create: Unknown, post: Unknown}, // it says so in prose only
		{file: "twilio_numeric", code: "20412", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{file: "spring_boot_default", update: Unknown, create: Unknown, post: Unknown},
		{file: "spring_bare_words", update: Unknown, create: Unknown, post: Unknown},
		{file: "flask_html", update: Unknown, create: Unknown, post: Unknown},
		{file: "lighttpd_xhtml", update: StaleVersion, create: AlreadyExists, post: Unknown},
		{file: "express_error_text", update: Unknown, create: Unknown, post: Unknown},
		{file: "empty_locked", update: Locked, create: Locked, post: Locked},
	}
	listed := map[string]bool{}
	for _, row := range rows {
		listed[row.file] = true
		t.Run(row.file, func(t *testing.T) {
			update := golden(t, row.file, evidence{method: http.MethodPut, condition: byTag})
			create := golden(t, row.file, evidence{method: http.MethodPut, condition: byAbsence})
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
		in := answered(evidence{method: http.MethodPut, condition: byTag}, 409, "application/json", body)
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
		{
			name: "a failed condition in Google's words", status: 412,
			body: `{"error":{"code":412,"status":"FAILED_PRECONDITION","message":"m"}}`, in: evidence{
				condition: byTag,
			}, code: "FAILED_PRECONDITION", want: StaleVersion,
		},
		{
			name: "update only, and it is gone", status: 412, header: http.Header{
				"X-Ms-Error-Code": {"ConditionNotMet"},
			}, in: evidence{condition: byAny}, code: "ConditionNotMet", want: Deleted,
		},
		{
			name: "the field outranks the body", status: 409, header: http.Header{
				"X-Ms-Error-Code": {"SnapshotsPresent"},
			}, body: `<Error><Code>BlobAlreadyExists</Code></Error>`, in: evidence{condition: byTag},
			code: "SnapshotsPresent", want: WrongState,
		},
		{
			name: "a revision in the body", status: 409, body: `{"error":"conflict","reason":"x"}`,
			in: evidence{method: http.MethodPut, condition: byVersion}, code: "conflict", want: StaleVersion,
		},
		{
			name: "a document put without any version", status: 409, body: `{"error":"conflict","reason":"x"}`,
			in: evidence{method: http.MethodPut}, code: "conflict", want: Unknown,
		},
		{
			name: "AWS names it in the field only", status: 400, header: http.Header{
				"X-Amzn-Errortype": {"TransactionConflictException:http://x/"},
			}, in: evidence{condition: byTag}, code: "TransactionConflictException", want: Transient,
		},
		{
			name: "a cancelled transaction for a race", status: 400,
			body: `{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None"},` +
				`{"Code":"TransactionConflict"}]}`, in: evidence{}, code: "TransactionCanceledException",
			want: Transient,
		},
		{
			name: "a cancelled transaction for no known reason", status: 400,
			body: `{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None"},` +
				`{"Code":"ValidationError"}]}`, in: evidence{}, code: "TransactionCanceledException", want: Unknown,
		},
		{
			name: "an idempotency token", status: 400, body: `{"__type":"a#IdempotentParameterMismatchException"}`,
			in: evidence{}, code: "IdempotentParameterMismatchException", want: Idempotency,
		},
		{
			name: "a lock error of FHIR", status: 409,
			body: `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"lock-error"}]}`,
			in:   evidence{}, code: "lock-error", want: Locked,
		},
		{
			name: "only a warning of FHIR", status: 412,
			body: `{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"duplicate"}]}`,
			in: evidence{
				condition: byTag,
			}, want: StaleVersion,
		},
		{
			name: "immutable in SCIM", status: 400,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"mutability"}`, in: evidence{
				condition: byTag,
			}, code: "mutability", want: WrongState,
		},
		{
			name: "other schemas", status: 412, body: `{"schemas":["urn:x"],"scimType":"uniqueness"}`,
			in: evidence{condition: byTag}, want: StaleVersion,
		},
		{
			name: "a manifest of kind Status", status: 409, body: `{"kind":"Status","reason":"Conflict"}`,
			in: evidence{condition: byTag}, want: Unknown,
		},
		{
			name: "JSON:API in another matter", status: 422,
			body: `{"errors":[{"status":"422","source":{"pointer":"/data/id"}}]}`, in: evidence{}, want: Unknown,
		},
		{
			name: "a plain code rules nothing", status: 409, body: `{"errorCode":"VERSION_CONFLICT","message":"m"}`,
			in: evidence{condition: byTag}, code: "VERSION_CONFLICT", want: Unknown,
		},
		{
			name: "a plain code inside error", status: 409, body: `{"error":{"error_code":"E7"}}`,
			in: evidence{condition: byTag}, code: "E7", want: Unknown,
		},
		{
			name: "a code that is prose by its length", status: 409,
			body: `{"code":"` + strings.Repeat("x", maxCode+1) + `"}`, in: evidence{}, want: Unknown,
		},
		{name: "the status is no code", status: 409, body: `{"code":409,"message":"m"}`, in: evidence{}, want: Unknown},
		{
			name: "Elasticsearch creating an index", status: 400,
			body: `{"error":{"root_cause":[],"type":"resource_already_exists_exception","reason":"r"},"status":400}`,
			in:   evidence{}, want: Unknown,
		},
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
		assert.Equal(t, Idempotency, golden(t, file, evidence{method: http.MethodPost, idempotencyKey: true}).Kind,
			file)
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

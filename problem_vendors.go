package ifmatch

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file and vendor_cloud.go know how families of servers say in a body (or a header field) what
// they refused, where that takes no knowledge of how they keep versions. A vendor is recognised by
// the structure of the body, and decides by its code; prose is never read.

// errorAnswer is what a vendor is recognised by.
type errorAnswer struct {
	status int
	header http.Header
	content
	err object // the member "error", when it is an object
}

// finding is what a vendor's error format says.
type finding struct {
	code    string // as the vendor writes it
	message string // for people
	ruling  ruling // what the code means; nil when it means no more than the status
}

// ruling decides the kind by what was sent, because many codes mean one thing to a creation and
// another to an update.
type ruling func(evidence) Kind

func always(k Kind) ruling { return func(evidence) Kind { return k } }

// staleUnlessCreating is for codes that say for certain that a version or a condition on one did
// not hold.
func staleUnlessCreating(in evidence) Kind {
	if in.condition.creates() {
		return AlreadyExists
	}
	return StaleVersion
}

// versionConflict is for codes that say so of a creation and of an update alike. Without a
// condition of ours, an unconditional POST was a creation; for anything else the code does not
// tell.
func versionConflict(in evidence) Kind {
	if in.creates() {
		return AlreadyExists
	}
	return conditionKind(in)
}

// transientUnlessGuarded is for codes of aborted transactions: with a condition of ours, fetch
// again to be sure.
func transientUnlessGuarded(in evidence) Kind {
	if in.condition.exists() {
		return StaleVersion
	}
	return Transient
}

// existsUnlessGuarded is for a constraint on a value, where the value may be the version.
func existsUnlessGuarded(in evidence) Kind {
	if in.condition.exists() {
		return Unknown
	}
	return AlreadyExists
}

// vendors are asked in this order, the most distinctive structure first.
var vendors = []func(errorAnswer) (finding, bool){
	kubernetesError,
	scimError,
	fhirOutcome,
	contentfulError,
	googleError,
	elasticError,
	stripeError,
	awsJSONError,
	jsonAPIErrors,
	kintoError,
	githubError,
	storageError, // includes every {"error":{"code":...}}, hence after those that refine it
	couchError,
	plainCode,
}

// maxCode bounds a code in bytes. Longer is prose.
const maxCode = 128

// findVendor asks every vendor whether the answer is of its kind.
func findVendor(a errorAnswer) finding {
	a.err = a.members.object("error")
	for _, ask := range vendors {
		if f, ok := ask(a); ok {
			if len(f.code) > maxCode {
				f.code = ""
			}
			return f
		}
	}
	return finding{}
}

// typeRegistry is the prefix of the registered problem types (RFC 9457 §4.2), whose names are
// fragments.
const typeRegistry = "https://iana.org/assignments/http-problem-types#"

// registeredTypes are the kinds of registered types, by name. The first three belong to resumable
// uploads: an offset that does not match is a version that has moved on. The others are those of
// the RateLimit fields.
var registeredTypes = map[string]Kind{
	"mismatching-upload-offset":  StaleVersion,
	"completed-upload":           WrongState,
	"inconsistent-upload-length": WrongState,
	"quota-exceeded":             Transient,
	"temporary-reduced-capacity": Transient,
	"abnormal-usage-detected":    Transient,
}

// typeKind is what a problem type says that no caller has registered.
func typeKind(in evidence) (Kind, bool) {
	t := string(in.problem.Type)
	if name, ok := strings.CutPrefix(t, typeRegistry); ok {
		kind, known := registeredTypes[name]
		return kind, known
	}
	// The Idempotency-Key draft has one type for its three problems, under a URI that each server
	// chooses; the name in it is all that they share. So it counts only when a key was sent.
	if in.idempotencyKey && slices.Contains(idempotencyStatuses, in.status) {
		if u, err := url.Parse(t); err == nil {
			name := strings.ToLower(path.Base(u.Path) + "#" + u.Fragment)
			return Idempotency, strings.Contains(name, "idempoten")
		}
	}
	return Unknown, false
}

// idempotencyStatuses: key missing, first request still running, other content under the same key.
var idempotencyStatuses = []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}

// bodyDelay is the wait that a body asks for, 0 if none: details.retryAfterSeconds of Kubernetes,
// RetryInfo of Google.
func bodyDelay(o object) time.Duration {
	if n, ok := o.object("details").integer("retryAfterSeconds"); ok {
		return clampDelay(time.Duration(n) * time.Second) // n fits 32 bits
	}
	for _, raw := range o.object("error").list("details") {
		detail := objectValue(raw)
		if name, _ := detail.text("@type"); !strings.HasSuffix(name, "google.rpc.RetryInfo") {
			continue
		}
		// A protobuf Duration in JSON: seconds with an optional fraction and the suffix s.
		s, _ := detail.text("retryDelay")
		if number, ok := strings.CutSuffix(s, "s"); ok {
			if f, err := strconv.ParseFloat(number, 64); err == nil && f > 0 {
				return clampDelay(time.Duration(min(f, maxRetryAfter.Seconds()) * float64(time.Second)))
			}
		}
	}
	return 0
}

// jsonAPIErrors: {"errors":[{"status":"409","code":...,"source":{"pointer":"/data/id"}}]} of
// JSON:API 1.1, where a status is a string. It has no notion of versions; what was wrong shows in
// the pointer.
func jsonAPIErrors(a errorAnswer) (finding, bool) {
	list := a.members.list("errors")
	if len(list) == 0 {
		return finding{}, false
	}
	first := objectValue(list[0])
	if _, ok := first.text("status"); !ok {
		return finding{}, false
	}
	var f finding
	f.code, _ = first.text("code")
	f.message, _ = first.text("detail")
	pointer, _ := first.object("source").text("pointer")
	if a.status == http.StatusConflict {
		switch {
		case pointer == "/data/id":
			f.ruling = func(in evidence) Kind {
				if in.creates() {
					return AlreadyExists // a client-generated id that is taken
				}
				return WrongState // an id that is not that of the URL
			}
		case pointer == "/data/type":
			f.ruling = always(WrongState)
		case strings.HasPrefix(pointer, "/data/attributes/"):
			f.ruling = existsUnlessGuarded
		}
	}
	return f, true
}

// scimError: the error message of RFC 7644 §3.12. A version that does not match has no scimType,
// only the status.
func scimError(a errorAnswer) (finding, bool) {
	for _, raw := range a.members.list("schemas") {
		if s, _ := stringValue(raw); s == "urn:ietf:params:scim:api:messages:2.0:Error" {
			f := finding{}
			f.code, _ = a.members.text("scimType")
			f.message, _ = a.members.text("detail")
			switch f.code {
			case "uniqueness":
				f.ruling = always(AlreadyExists)
			case "mutability":
				f.ruling = always(WrongState)
			}
			return f, true
		}
	}
	return finding{}, false
}

// fhirRulings by issue type (http://hl7.org/fhir/issue-type). A 412 with "multiple-matches" answers
// a conditional create or update whose search found several; no version will cure it.
var fhirRulings = map[string]ruling{
	"conflict":         conditionKind,
	"duplicate":        always(AlreadyExists),
	"multiple-matches": always(Unknown),
	"business-rule":    always(WrongState),
	"deleted":          always(Deleted),
	"lock-error":       always(Locked),
	"transient":        always(Transient),
	"throttled":        always(Transient),
	"timeout":          always(Transient),
}

// fhirOutcome:
// {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"conflict",...}]}. The
// first issue that is no mere warning counts.
func fhirOutcome(a errorAnswer) (finding, bool) {
	if s, _ := a.members.text("resourceType"); s != "OperationOutcome" {
		return finding{}, false
	}
	for _, raw := range a.members.list("issue") {
		issue := objectValue(raw)
		if s, _ := issue.text("severity"); s == "warning" || s == "information" || s == "success" {
			continue
		}
		code, _ := issue.text("code")
		message, _ := issue.text("diagnostics")
		return finding{code: code, message: message, ruling: fhirRulings[code]}, true
	}
	return finding{}, true
}

var contentfulRulings = map[string]ruling{
	"VersionMismatch":   always(StaleVersion),
	"RateLimitExceeded": always(Transient),
}

// contentfulError: {"sys":{"type":"Error","id":"VersionMismatch"},...}.
func contentfulError(a errorAnswer) (finding, bool) {
	sys := a.members.object("sys")
	if s, _ := sys.text("type"); s != "Error" {
		return finding{}, false
	}
	code, _ := sys.text("id")
	message, _ := a.members.text("message")
	return finding{code: code, message: message, ruling: contentfulRulings[code]}, true
}

var elasticRulings = map[string]ruling{
	"version_conflict_engine_exception": versionConflict,
	"document_already_exists_exception": always(AlreadyExists),
	"resource_already_exists_exception": always(AlreadyExists),
	"es_rejected_execution_exception":   always(Transient),
}

// elasticError:
// {"error":{"root_cause":[...],"type":"version_conflict_engine_exception",...},"status":409} of
// Elasticsearch and OpenSearch.
func elasticError(a errorAnswer) (finding, bool) {
	if a.err.list("root_cause") == nil {
		return finding{}, false
	}
	code, ok := a.err.text("type")
	message, _ := a.err.text("reason")
	return finding{code: code, message: message, ruling: elasticRulings[code]}, ok
}

var couchRulings = map[string]ruling{
	"conflict":     versionConflict,
	"file_exists":  always(AlreadyExists),
	"missing_stub": always(WrongState),
	"nodedown":     always(Transient),
}

// couchError: {"error":"conflict","reason":"..."} of CouchDB and its like. Both names are common,
// so only its own codes count.
func couchError(a errorAnswer) (finding, bool) {
	code, _ := a.members.text("error")
	message, ok := a.members.text("reason")
	r := couchRulings[code]
	return finding{code: code, message: message, ruling: r}, ok && r != nil
}

// Error numbers of Kinto.
var kintoRulings = map[int]ruling{
	114: conditionKind,         // modified meanwhile
	117: always(Transient),     // client has reached its capacity
	122: always(AlreadyExists), // constraint violated
	201: always(Transient),     // backend
}

// kintoError: {"code":412,"errno":114,"error":"Precondition Failed",...}.
func kintoError(a errorAnswer) (finding, bool) {
	errno, ok := a.members.integer("errno")
	_, hasCode := a.members.integer("code")
	message, hasError := a.members.text("error")
	if m, ok := a.members.text("message"); ok {
		message = m
	}
	return finding{code: strconv.Itoa(errno), message: message, ruling: kintoRulings[errno]}, ok && hasCode && hasError
}

// githubError: {"message":...,"errors":[{"code":"already_exists",...}],"documentation_url":...}. An
// element of errors may be a string, and often there is none; then only the status speaks.
func githubError(a errorAnswer) (finding, bool) {
	message, hasMessage := a.members.text("message")
	if _, ok := a.members.text("documentation_url"); !ok || !hasMessage {
		return finding{}, false
	}
	f := finding{message: message}
	for _, raw := range a.members.list("errors") {
		code, ok := objectValue(raw).text("code")
		if !ok || f.code != "" && code != "already_exists" {
			continue
		}
		if f.code = code; code == "already_exists" {
			f.ruling = always(AlreadyExists)
			break
		}
	}
	return f, true
}

var stripeRulings = map[string]ruling{
	"idempotency_key_in_use":  always(Idempotency),
	"idempotency_error":       always(Idempotency), // a type
	"lock_timeout":            always(Locked),
	"resource_already_exists": always(AlreadyExists),
	"rate_limit":              always(Transient),
}

// stripeError: {"error":{"type":"idempotency_error","code":...,"message":...}}, whose types all end
// alike.
func stripeError(a errorAnswer) (finding, bool) {
	kind, ok := a.err.text("type")
	if !ok || !strings.HasSuffix(kind, "_error") {
		return finding{}, false
	}
	code, _ := a.err.text("code")
	if code == "" {
		code = kind
	}
	f := finding{code: code, ruling: stripeRulings[code]}
	f.message, _ = a.err.text("message")
	switch {
	case kind == "idempotency_error":
		f.ruling = always(Idempotency)
	case strings.HasSuffix(code, "_unexpected_state"):
		f.ruling = always(WrongState)
	}
	return f, true
}

// plainCode: a code at the top of the body, or of an object in "error", whoever wrote it. It is
// shown but rules nothing: its meaning is known to the caller at most.
func plainCode(a errorAnswer) (finding, bool) {
	for _, o := range []object{a.members, a.err} {
		for _, name := range []string{"code", "errorCode", "error_code", "error"} {
			code, ok := o.text(name)
			if n, isNumber := o.integer(name); isNumber && n != a.status {
				code, ok = strconv.Itoa(n), true
			}
			if !ok || code == "" || strings.ContainsAny(code, " \t\r\n") || code == http.StatusText(a.status) {
				continue // a sentence, or what the status says already
			}
			message, _ := o.text("message")
			return finding{code: code, message: message}, true
		}
	}
	message, ok := a.members.text("message")
	return finding{message: message}, ok
}

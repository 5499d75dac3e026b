package ifmatch

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// A Kind says what sort of refusal the answer to a write is, and so what can cure it. The constants
// are errors: every error of this package that carries a kind matches it, as in errors.Is(err,
// ifmatch.StaleVersion).
//
// A kind is decided, in this order, by the problem type (those registered by the caller, then those
// of the IANA registry: RFC 9457 §4.2), by the machine-readable code of a known vendor, and by the
// status together with the condition that the request carried. The text of a title or a detail
// never decides.
type Kind uint8

const (
	// Unknown is a refusal that nothing in the answer explains: a bare 409, or a 412 to a request
	// that carried no condition. Fetching the resource again may tell more; sending the request
	// again will not.
	Unknown Kind = iota

	// StaleVersion means that the resource has changed since the version that the write was made
	// from. Cure: fetch it, merge or re-run the edit, write again.
	StaleVersion

	// AlreadyExists means that the resource to be created is there already, or that a value which
	// must be unique is taken. Cure: another name or value, or an update instead of a creation.
	AlreadyExists

	// WrongState means that the resource's state, or that of one it depends on, does not allow the
	// operation: a closed order, a container that is not empty. Cure: bring it into the required
	// state first.
	WrongState

	// Deleted means that the resource to be changed is gone. Cure: a decision; writing it again
	// would re-create it.
	Deleted

	// Recreated means that the resource was deleted and created again since it was fetched: same
	// URL, another thing. Cure: a decision.
	Recreated

	// Locked means that somebody holds a lock, a lease or a transaction on the resource. Cure: wait
	// for its end, or present the lock's token; the resource itself need not have changed.
	Locked

	// Transient means that the server could not do it now: a race inside the server, a rate limit,
	// an overload. Cure: the same request a little later, after Retry-After when there is one.
	Transient

	// PreconditionRequired means that the server only accepts conditional requests here (428, RFC
	// 6585 §3). Cure: fetch the resource and write with its validator.
	PreconditionRequired

	// Ownership means that another manager owns the fields which the write would change
	// (server-side apply of Kubernetes). Fetching again does not help. Cure: leave the fields
	// alone, or take them over by force.
	Ownership

	// Idempotency means that the idempotency key is in the way: with 409 the first request that
	// used it is still running (cure: wait, then send the same again), otherwise it was used for
	// different content (cure: a new key).
	Idempotency
)

var kindNames = [...]string{
	Unknown:              "unknown",
	StaleVersion:         "stale version",
	AlreadyExists:        "already exists",
	WrongState:           "wrong state",
	Deleted:              "deleted",
	Recreated:            "recreated",
	Locked:               "locked",
	Transient:            "transient",
	PreconditionRequired: "precondition required",
	Ownership:            "ownership",
	Idempotency:          "idempotency",
}

// String returns the kind in words, such as "stale version".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error returns the same words: a kind is read in the middle of somebody's sentence.
func (k Kind) Error() string { return k.String() }

// A precondition says which condition a request carried (RFC 9110 §13.1), which decides what a 412
// means.
type precondition uint8

const (
	sentNone    precondition = iota
	sentTag                  // If-Match with an entity tag
	sentAny                  // If-Match: *, update only
	sentDate                 // If-Unmodified-Since
	sentCreate               // If-None-Match: *, create only
	sentVersion              // a version in the content or the query, where a server keeps its own
)

// preconditionOf reads the condition off the header of a request, in the order in which an origin
// server evaluates the fields (§13.2.2). A version in the content does not show there.
func preconditionOf(request http.Header) precondition {
	switch match := request.Get("If-Match"); {
	case match == "*":
		return sentAny
	case match != "":
		return sentTag
	case request.Get("If-Unmodified-Since") != "":
		return sentDate
	case request.Get("If-None-Match") == "*":
		return sentCreate
	}
	return sentNone
}

// guarded reports whether the condition asks for an existing representation.
func (c precondition) guarded() bool { return c != sentNone && c != sentCreate }

// evidence is all that classify decides on: what was sent and what came back.
type evidence struct {
	method         string
	sent           precondition
	idempotencyKey bool // the request carried an Idempotency-Key
	status         int
	problem        *Problem             // what the answer says; nil counts as about:blank
	ruling         ruling               // what the vendor's code in it means; nil if nothing
	types          map[ProblemType]Kind // what the caller registered; resolved as the server's are
}

// creates reports whether the request asked for something new: explicitly, or by an unconditional
// POST.
func (in evidence) creates() bool {
	return in.sent == sentCreate || in.sent == sentNone && in.method == http.MethodPost
}

// classify names the kind of a refusal. It is the one place of the precedence: problem type, vendor
// code, status together with the condition sent. What a fetch can add afterwards (a bare 409 whose
// version has moved on, a 412 that answers our own earlier attempt) is the business of the loop.
func classify(in evidence) Kind {
	if p := in.problem; p != nil {
		if kind, ok := in.types[p.Type]; ok {
			return kind
		}
		for _, t := range slices.Sorted(maps.Keys(in.types)) {
			if p.is(t) {
				return in.types[t]
			}
		}
		if kind, ok := typeKind(in); ok {
			return kind
		}
	}
	if in.ruling != nil {
		return in.ruling(in)
	}
	return statusKind(in)
}

// statusKind is what the status alone tells, given the condition (RFC 9110 §13.2.1, §15.5; RFC
// 6585).
func statusKind(in evidence) Kind {
	switch in.status {
	case http.StatusPreconditionFailed:
		return conditionKind(in)
	case http.StatusNotFound, http.StatusGone:
		// A missing resource outranks the condition (§13.2.1); the condition tells that there was
		// one once.
		switch in.method {
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			if in.sent.guarded() {
				return Deleted
			}
		}
	case http.StatusLocked:
		return Locked
	case http.StatusPreconditionRequired:
		return PreconditionRequired
	case http.StatusTooEarly, http.StatusTooManyRequests, http.StatusServiceUnavailable,
		http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout,
		statusRetryWith:
		return Transient
	}
	return Unknown
}

// conditionKind is what the failure of the condition that was sent means (§13.1). Without one of
// ours, whatever condition failed was the server's own, and fetching again may change nothing about
// it.
func conditionKind(in evidence) Kind {
	switch in.sent {
	case sentTag, sentDate, sentVersion:
		return StaleVersion
	case sentAny:
		return Deleted // false only when there is no current representation
	case sentCreate:
		return AlreadyExists
	}
	return Unknown
}

// statusRetryWith is a status of Microsoft's own: the server lost a race, send the same again.
const statusRetryWith = 449

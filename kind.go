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
// A kind is decided, in this order, by the problem types that the caller registered
// ([Options].ProblemKinds), those of the IANA registry (RFC 9457 §4.2), the [Dialect], the
// machine-readable code of a known vendor, and the status together with the condition that the
// request carried. The text of a title or a detail never decides.
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

// evidence is all that a kind is decided on: what was asked and what came back.
type evidence struct {
	method         string
	condition      preconditionForm // that the request carried
	idempotencyKey bool             // the request carried an Idempotency-Key
	meaning        int              // that the dialect gives the answer; 0: its own status
	status         int              // that the answer means
	problem        *Problem         // what the answer says; nil counts as about:blank
	ruling         ruling           // what the vendor's code in it means; nil if nothing

	// What the client knows about the API.
	types   map[ProblemType]Kind      // that the caller registered; resolved as the server's are
	dialect func(*ResponseError) Kind // of the Dialect in use; nil if it names no kinds
	refusal *ResponseError            // as far as it is known, for the dialect to read
}

// creates reports whether the request asked for something new: explicitly, or by an unconditional
// POST.
func (in evidence) creates() bool {
	return in.condition.creates() || in.condition == unconditional && in.method == http.MethodPost
}

// classify names the kind of a refusal. It is the one place of the precedence: problem types of the
// caller, those of the registry, the dialect, the vendor's code, the status together with the
// condition. What a fetch can add afterwards is decided by kindAfterLook.
func classify(in evidence) Kind {
	if kind, ok := callersKind(in.types, in.problem); ok {
		return kind
	}
	if in.problem != nil {
		if kind, ok := typeKind(in); ok {
			return kind
		}
	}
	usual := statusKind
	if in.ruling != nil {
		usual = in.ruling
	}
	kind := usual(in)
	if in.dialect == nil {
		return kind
	}
	in.refusal.Kind = kind
	switch told := in.dialect(in.refusal); {
	case told == Unknown:
		return kind
	case told == StaleVersion && in.condition.creates():
		return AlreadyExists // there is a version where none should be
	default:
		return told
	}
}

// callersKind returns the kind that the caller registered for the problem's type.
func callersKind(types map[ProblemType]Kind, p *Problem) (Kind, bool) {
	if p == nil {
		return Unknown, false
	}
	if kind, ok := types[p.Type]; ok {
		return kind, true
	}
	for _, t := range slices.Sorted(maps.Keys(types)) {
		if p.is(t) {
			return types[t], true
		}
	}
	return Unknown, false
}

// outdated reports whether a refusal of this kind says that the precondition of the write does not
// hold.
func (k Kind) outdated() bool {
	switch k {
	case StaleVersion, AlreadyExists, Deleted, Recreated:
		return true
	}
	return false
}

// mayBeOutdated reports whether a refusal may be about the version, so that a look can tell: it
// says so, or it is a bare 409 (or a race inside the server) to a write that carried a condition.
func mayBeOutdated(kind Kind, status int, condition preconditionForm) bool {
	switch kind {
	case StaleVersion, Deleted, Recreated:
		return true
	case AlreadyExists:
		return condition.creates() || condition == byVersion
	case Unknown, WrongState:
		if condition == byVersion || condition == byNoVersion {
			// Where the version is in the content, servers refuse it by any status: a stale sha is
			// a 422 in one product and a 409 in another.
			return status/100 == 4
		}
		return kind == Unknown && status == http.StatusConflict && condition != unconditional
	case Transient:
		return status == http.StatusConflict || status == http.StatusPreconditionFailed
	}
	return false
}

// kindAfterLook names the kind of a bare 409 when the newest version is known: it was about the
// version exactly when that has moved on (RFC 9110 §15.5.10 leaves the reason open).
func kindAfterLook(condition preconditionForm, now currency) Kind {
	switch {
	case now.refusedIsCurrent():
		return Unknown
	case now == gone:
		return Deleted
	case condition.creates():
		return AlreadyExists
	}
	return StaleVersion
}

// isConflict reports whether a refusal is a conflict, and not a mere failure such as 403 or 503.
func isConflict(kind Kind, status int) bool {
	switch status {
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusLocked, http.StatusPreconditionRequired:
		return true
	}
	return kind != Unknown && kind != Transient
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
			if in.condition.exists() {
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
	switch in.condition {
	case byTag, byDate, byVersion:
		return StaleVersion
	case byAny:
		return Deleted // false only when there is no current representation
	case byAbsence, byNoVersion:
		return AlreadyExists
	}
	return Unknown
}

// statusRetryWith is a status of Microsoft's own: the server lost a race, send the same again.
const statusRetryWith = 449

package ifmatch

import (
	"net/http"
	"strings"
)

// kubernetesError: kind Status of the API machinery. The reason "Conflict" is a stale
// resourceVersion unless a cause names another manager of the fields; a name that the server
// generated and found taken comes with a delay, and the same request will get another one.
func kubernetesError(a errorAnswer) (finding, bool) {
	if s, _ := a.members.text("kind"); s != "Status" {
		return finding{}, false
	}
	reason, ok := a.members.text("reason")
	if _, hasVersion := a.members.text("apiVersion"); !ok || !hasVersion {
		return finding{}, false
	}
	f := finding{code: reason}
	f.message, _ = a.members.text("message")
	details := a.members.object("details")
	cause := func(want string) bool {
		for _, raw := range details.list("causes") {
			if s, _ := objectValue(raw).text("reason"); s == want {
				return true
			}
		}
		return false
	}
	switch reason {
	case "Conflict":
		f.ruling = always(StaleVersion)
		if cause("FieldManagerConflict") {
			f.ruling = always(Ownership)
		}
	case "AlreadyExists":
		f.ruling = always(AlreadyExists)
		if _, ok := details.integer("retryAfterSeconds"); ok {
			f.ruling = always(Transient)
		}
	case "Invalid":
		if cause("FieldValueDuplicate") {
			f.ruling = always(AlreadyExists)
		}
	case "ServerTimeout", "Timeout", "TooManyRequests", "ServiceUnavailable":
		f.ruling = always(Transient)
	}
	return f, true
}

// googleRulings by the status of google.rpc.Code (AIP-193). A stale etag is ABORTED (AIP-154); so
// is a transaction that lost a race. The keys with a small letter are the reasons of the older
// format, and ETAG_MISMATCH one of ErrorInfo.
var googleRulings = map[string]ruling{
	"ABORTED":             transientUnlessGuarded,
	"ALREADY_EXISTS":      always(AlreadyExists),
	"FAILED_PRECONDITION": always(WrongState),
	"RESOURCE_EXHAUSTED":  always(Transient),
	"UNAVAILABLE":         always(Transient),
	"DEADLINE_EXCEEDED":   always(Transient),

	"ETAG_MISMATCH": staleUnlessCreating,

	"conditionNotMet":                conditionKind,
	"duplicate":                      always(AlreadyExists),
	"alreadyExists":                  always(AlreadyExists),
	"resourceInUseByAnotherResource": always(WrongState),
	"resourceNotReady":               always(Transient),
	"backendError":                   always(Transient),
	"rateLimitExceeded":              always(Transient),
	"userRateLimitExceeded":          always(Transient),
}

// googleError: {"error":{"code":409,"status":"ABORTED","details":[...]}} and, older,
// {"error":{"code":412, "errors":[{"domain":"global","reason":"conditionNotMet"}]}}. A numeric code
// is what both share. The reason is the finer of the two and decides when it is known.
func googleError(a errorAnswer) (finding, bool) {
	if _, ok := a.err.integer("code"); !ok {
		return finding{}, false
	}
	var f finding
	f.code, _ = a.err.text("status")
	f.message, _ = a.err.text("message")
	if f.ruling = googleRulings[f.code]; f.code == "FAILED_PRECONDITION" && a.status == http.StatusPreconditionFailed {
		f.ruling = nil // a gateway's rendering of a failed condition: the status is the better witness
	}
	reasons := append(a.err.list("errors"), a.err.list("details")...)
	for _, raw := range reasons {
		reason, _ := objectValue(raw).text("reason")
		if f.code == "" {
			f.code = reason
		}
		if r := googleRulings[reason]; r != nil {
			f.ruling = r
			break
		}
	}
	return f, f.code != ""
}

// storageRulings by the codes of Azure (Storage, Tables, Resource Manager) and of S3, which do not
// overlap.
var storageRulings = map[string]ruling{
	"ConditionNotMet":                    conditionKind,
	"TargetConditionNotMet":              conditionKind,
	"UpdateConditionNotSatisfied":        conditionKind,
	"AppendPositionConditionNotMet":      conditionKind,
	"SequenceNumberConditionNotMet":      conditionKind,
	"SourceConditionNotMet":              always(Unknown), // of the copy's source: not what we guard
	"MaxBlobSizeConditionNotMet":         always(Unknown),
	"ConditionHeadersNotSupported":       always(Unknown),
	"BlobAlreadyExists":                  always(AlreadyExists), // also what a failed If-None-Match: * is called
	"ContainerAlreadyExists":             always(AlreadyExists),
	"ResourceAlreadyExists":              always(AlreadyExists),
	"EntityAlreadyExists":                always(AlreadyExists),
	"TableAlreadyExists":                 always(AlreadyExists),
	"QueueAlreadyExists":                 always(AlreadyExists),
	"ShareAlreadyExists":                 always(AlreadyExists),
	"LeaseIdMissing":                     always(Locked),
	"LeaseIdMismatchWithBlobOperation":   always(Locked),
	"LeaseLost":                          always(Locked),
	"LeaseAlreadyPresent":                always(Locked),
	"LeaseIsBreakingAndCannotBeAcquired": always(Locked),
	"PendingCopyOperation":               always(Locked),
	"ScopeLocked":                        always(Locked),
	"ContainerBeingDeleted":              always(Transient),
	"ContainerBeingDisabled":             always(Transient),
	"TableBeingDeleted":                  always(Transient),
	"QueueBeingDeleted":                  always(Transient),
	"AccountBeingCreated":                always(Transient),
	"AnotherOperationInProgress":         always(Transient),
	"ServerBusy":                         always(Transient),
	"SnapshotsPresent":                   always(WrongState),
	"BlobImmutableDueToPolicy":           always(WrongState),
	"BlobOverwritten":                    always(WrongState),
	"InvalidBlobType":                    always(WrongState),

	"PreconditionFailed":         conditionKind,
	"ConditionalRequestConflict": always(Transient), // somebody else is writing right now; nothing is decided yet
	"OperationAborted":           always(Transient),
	"SlowDown":                   always(Transient),
	"RequestTimeout":             always(Transient),
	"BucketAlreadyExists":        always(AlreadyExists),
	"BucketAlreadyOwnedByYou":    always(AlreadyExists),
	"BucketNotEmpty":             always(WrongState),
	"InvalidObjectState":         always(WrongState),
}

// storageError: the field x-ms-error-code, <Error><Code> in XML, and the JSON error of OData and
// the Azure guidelines, {"error":{"code":...,"innererror":{"code":...}}}, in which the innermost
// code that is known counts.
func storageError(a errorAnswer) (finding, bool) {
	var f finding
	if strings.EqualFold(a.root, "error") {
		f.code, _ = firstText(a.members, "Code", "code")
		f.message, _ = firstText(a.members, "Message", "message")
	} else {
		err := a.err
		if err == nil {
			err = a.members.object("odata.error") // OData before version 4
		}
		f.code, _ = err.text("code")
		if f.message, _ = err.text("message"); f.message == "" {
			f.message, _ = err.object("message").text("value")
		}
		inner := err.object("innererror")
		for depth := 0; inner != nil && depth < maxInnerErrors; depth++ {
			if code, _ := inner.text("code"); storageRulings[code] != nil {
				f.code = code
			}
			inner = inner.object("innererror")
		}
	}
	if code := a.header.Get("x-ms-error-code"); code != "" {
		f.code = code // the contract; an answer to HEAD has nothing else
	}
	f.ruling = storageRulings[f.code]
	return f, f.code != ""
}

// maxInnerErrors bounds how deeply an error is unwrapped.
const maxInnerErrors = 8

func firstText(o object, names ...string) (string, bool) {
	for _, name := range names {
		if s, ok := o.text(name); ok {
			return s, true
		}
	}
	return "", false
}

// awsRulings by the exceptions of DynamoDB, and the reasons of a cancelled transaction. What a
// failed condition means is known to the caller's expression; a version check is what it is for.
var awsRulings = map[string]ruling{
	"ConditionalCheckFailedException":        staleUnlessCreating,
	"ConditionalCheckFailed":                 staleUnlessCreating,
	"TransactionConflictException":           always(Transient),
	"TransactionConflict":                    always(Transient),
	"ReplicatedWriteConflictException":       always(Transient),
	"ThrottlingException":                    always(Transient),
	"ThrottlingError":                        always(Transient),
	"ProvisionedThroughputExceededException": always(Transient),
	"ProvisionedThroughputExceeded":          always(Transient),
	"RequestLimitExceeded":                   always(Transient),
	"TransactionInProgressException":         always(Idempotency),
	"IdempotentParameterMismatchException":   always(Idempotency),
	"ResourceInUseException":                 always(WrongState),
}

// awsJSONError: {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",...},
// with status 400, or the same name in the field x-amzn-errortype.
func awsJSONError(a errorAnswer) (finding, bool) {
	code, ok := a.members.text("__type")
	if header := a.header.Get("x-amzn-errortype"); header != "" {
		code, ok = header, true
	}
	if !ok {
		return finding{}, false
	}
	code = code[strings.LastIndexByte(code, '#')+1:]
	code, _, _ = strings.Cut(code, ":")
	f := finding{code: code, ruling: awsRulings[code]}
	f.message, _ = firstText(a.members, "message", "Message")
	if code == "TransactionCanceledException" {
		// A condition that failed outranks everything else: without it, all of the transaction may
		// be sent again.
		for _, raw := range a.members.list("CancellationReasons") {
			reason, _ := objectValue(raw).text("Code")
			if r := awsRulings[reason]; r != nil && (f.ruling == nil || reason == "ConditionalCheckFailed") {
				f.ruling = r
			}
		}
	}
	return f, true
}

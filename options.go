package ifmatch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Options configure a [Client]. Zero fields mean the defaults; in the limits, a negative number
// means the least possible. [Client.With] and Routes vary them for one call, for many, or for some
// URLs.
type Options struct {
	// HTTPClient sends the requests. A copy is used, with redirects decided here and, if it has
	// none, a Timeout of 30 s for each attempt. Authentication, cookies and tracing belong into it.
	// One client is one identity: use another Client for other credentials. The default is a client
	// of net/http.
	HTTPClient *http.Client

	// Header is added to every request. Accept, Prefer and Content-Type replace what would be sent
	// otherwise; conditions (If-Match and its like) are refused.
	Header http.Header

	// StripWeakTags sends W/"x" as "x" in If-Match, for servers behind a proxy that weakens tags;
	// RefuseWeakTags counts a weak tag as none. By default a weak tag goes back as it came, which
	// OData, FHIR and others demand, though RFC 9110 §13.1.1 lets it match nothing.
	StripWeakTags, RefuseWeakTags bool

	// AllowLostUpdates lets a write go out without any condition when the resource has no usable
	// validator. Somebody else's change may then be lost. By default such a write fails with
	// ErrNoValidator before a byte is sent.
	AllowLostUpdates bool

	// AllowDoubleApply lets Update and Save go on after a write whose outcome could not be learnt,
	// as if it had not taken effect. If it had, an edit such as an increment counts twice. By
	// default the call ends with ErrUncertain.
	AllowDoubleApply bool

	// CreateIfAbsent makes Update create a resource that does not exist: the edit gets a zero
	// value, and the write carries If-None-Match: *.
	CreateIfAbsent bool

	// Keys tells by which members the elements of an array are recognised when elements were
	// inserted, removed or moved: a JSON Pointer to the array, in which
	// * stands for any name or index, and the names of the members, for example
	// "/spec/containers": {"name"}. Arrays that are not listed are matched by content.
	Keys map[string][]string

	// Rules tells ThreeWay how members are merged, by JSON Pointer, for documents whose types have
	// no struct tags; they come after the tags, and hold where both speak.
	Rules jsonmerge.Rules

	// Identity is a JSON Pointer to a member that a resource keeps for life, such as
	// "/metadata/uid". A newer version with another value there was deleted and created again:
	// Recreated.
	Identity string

	// ServerMembers are JSON Pointers to members that the server keeps for itself, such as
	// "/updatedAt" or "/items/*/id", where * stands for any name or index; those that the Dialect
	// names come on top. They are left aside where the answer to a write did not tell the validator
	// of the result and the next write has to look whether others have written.
	ServerMembers []string

	// HashTags says that the server's entity tags are hashes of the content, so that a tag comes
	// back when the content does. Then an unchanged tag does not prove that a write whose answer
	// was lost did not land. MD5, SHA-1 and SHA-256 of the content are recognised without it.
	HashTags bool

	// UniqueURL says that nobody else creates or deletes resources at the URLs that are given to
	// Create, because each holds an identifier of its own, a UUID for example. A creation whose
	// answer was lost then counts as done when the resource shows all of its content.
	UniqueURL bool

	// WriteID names where every write but Patch and Delete leaves an identifier of its own, so that
	// a write is recognised when its answer was lost, or when a gateway in between has repeated it:
	//
	//   - A JSON Pointer to an array in the document, such as "/writes". The newest WriteIDs
	//     identifiers are kept, and a write is recognised even after others have written, and known
	//     not to have landed when another one stands in its place. The best choice. With "/-" at its
	//     end, "/writes/-", the array is made where it is missing.
	//   - A JSON Pointer to a member that holds the newest one alone, as a string, such as an
	//     annotation of Kubernetes. After more than one other write nothing can be told, and a
	//     conflict is uncertain.
	//   - The name of a header field that the server keeps and returns, such as metadata of blobs
	//     (X-Ms-Meta-Write-Id). The same.
	//
	// A place that holds anything else is not overwritten: the write fails before a byte is sent.
	WriteID string

	// WriteIDs is how many identifiers an array keeps; default 32. It has to hold the writes that
	// others can make while one write is in doubt.
	WriteIDs int

	// PatchFormat makes Put, Update and Save send their change as a patch (RFC 5789) and not whole:
	// "application/merge-patch+json", "application/json-patch+json", or "accepted" for the one that
	// the resource's Accept-Patch field names (the smaller document, if both). A change that the
	// format cannot express, such as a null to be set by a merge patch, is sent whole. Patches are
	// guarded as PUTs are.
	PatchFormat string

	// Dialect tells how the server carries versions, if not as RFC 9110 says.
	Dialect *Dialect

	// Routes varies the options for the URLs that a pattern of [http.ServeMux] matches:
	// "/users/{id}", "PUT api.example.com/orders/". Each function changes a copy of the client's
	// own, for typed calls and for plain HTTP alike; what [Client.With] sets comes after it. A
	// pattern with a method applies to the calls that write with that method, or read with GET. A
	// change of Routes in such a function does nothing.
	Routes map[string]func(*Options)

	// ProblemKinds tells what the problem types of an API mean for the loop.
	ProblemKinds map[ProblemType]Kind

	// OnConflict is asked about a refusal (4xx) that fetching again does not cure: a name that is
	// taken, a state that does not fit, a lock. It may change what the edit works with, or put the
	// obstacle away, and return nil: then the newest state is fetched and the edit or merge asked
	// again. The error that it returns otherwise ends the call. It counts as a round, and runs on
	// the caller's goroutine.
	OnConflict func(context.Context, *ResponseError) error

	// Plain holds what concerns plain HTTP alone ([Client.Do], [Client.HTTPClient]).
	Plain PlainOptions

	// MaxRounds bounds the rounds (edit or merge, and write) of one call; default: MaxElapsed alone
	// bounds them.
	MaxRounds int

	// MaxElapsed bounds how long after the begin of a call a round, another copy of a write or a
	// look at what became of it may begin; default 2 min, negative: no such limit.
	MaxElapsed time.Duration

	// MaxAttempts bounds the attempts of one exchange, the first included; default 5.
	MaxAttempts int

	// MaxWait bounds a single wait, asked for by Retry-After or not; default 30 s.
	MaxWait time.Duration

	// MaxBody bounds the bytes of content that are read, after decompression; default 64 MiB.
	MaxBody int64

	// Timeout bounds one attempt, until the answer is read; default HTTPClient.Timeout or 30 s.
	Timeout time.Duration

	// onDecision hears of every decision about a write; for tests of the table.
	onDecision func(evidence, decision any)
}

// PlainOptions are the [Options] of plain HTTP: requests that other code makes, through [Client.Do]
// or [Client.HTTPClient].
type PlainOptions struct {
	// RequireCondition refuses writes of a URL that was not read before, and that therefore nothing
	// guards.
	RequireCondition bool

	// Merge resolves the conflicts of PUTs with JSON content under the code that makes them:
	// ThreeWay[json.RawMessage], for example. Nil: the refusal is the answer. Reads are kept in
	// memory for it.
	Merge MergeFunc[json.RawMessage]

	// Rows finds, in the content of a collection that was read, the members' URLs (relative to the
	// collection's) and their entity tags.
	Rows func(collection *url.URL, content []byte) map[string]string

	// MaxTracked bounds the resources whose versions are remembered; default 10,000. Their
	// contents, kept for Merge, are bounded at 64 MiB. It is read by New, and by a variation that
	// has another HTTPClient.
	MaxTracked int
}

// Patch formats that a change can be sent in.
const (
	patchAccepted = "accepted"                     // whichever the server takes
	jsonPatch     = "application/json-patch+json"  // RFC 6902
	mergePatch    = "application/merge-patch+json" // RFC 7396
)

// clone returns a copy that shares no map with o, and in which every map can be written to.
func (o *Options) clone() Options {
	c := *o
	if c.Header = o.Header.Clone(); c.Header == nil {
		c.Header = http.Header{}
	}
	c.Keys = make(map[string][]string, len(o.Keys))
	for k, names := range o.Keys {
		c.Keys[k] = slices.Clone(names)
	}
	c.ServerMembers = slices.Clone(o.ServerMembers)
	c.Routes = make(map[string]func(*Options), len(o.Routes))
	maps.Copy(c.Routes, o.Routes)
	c.ProblemKinds = make(map[ProblemType]Kind, len(o.ProblemKinds))
	maps.Copy(c.ProblemKinds, o.ProblemKinds)
	return c
}

// check returns what is wrong with the options; every call returns it.
func (o *Options) check() error {
	if f := o.PatchFormat; f != "" && f != patchAccepted && f != jsonPatch && f != mergePatch {
		return fmt.Errorf("ifmatch: Options.PatchFormat: %s is not a format that a patch can be made in", quote(f))
	}
	for k := range o.Header {
		if slices.Contains(conditionFields, k) {
			return fmt.Errorf("ifmatch: Options.Header holds %s: conditions are set here alone", k)
		}
	}
	return nil
}

// weakTags returns what becomes of weak entity tags.
func (o *Options) weakTags() weakTags {
	switch {
	case o.RefuseWeakTags:
		return refuseWeakTags
	case o.StripWeakTags:
		return stripWeakTags
	}
	return echoWeakTags
}

// sending returns how requests are sent.
func (o *Options) sending() sending {
	return sending{
		client: o.HTTPClient, timeout: o.Timeout,
		maxAttempts: limit(o.MaxAttempts, 5, 1),
		maxWait:     limit(o.MaxWait, 30*time.Second, 0),
		maxBody:     limit(o.MaxBody, 64<<20, 0),
	}
}

const (
	defaultElapsed  = 2 * time.Minute
	defaultWriteIDs = 32
)

// limit reads a limit: 0 is the default, a negative one the least.
func limit[V int | int64 | time.Duration](v, standard, least V) V {
	switch {
	case v == 0:
		return standard
	case v < 0:
		return least
	}
	return v
}

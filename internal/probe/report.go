package probe

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ifmatch-go/ifmatch"
)

// Verdict answers a question about an API.
type Verdict int

const (
	NotTested Verdict = iota // or could not be
	Yes
	No
	Unclear // tested, but what came back does not tell
)

// String returns the verdict in words.
func (v Verdict) String() string {
	switch v {
	case Yes:
		return "yes"
	case No:
		return "no"
	case Unclear:
		return "unclear"
	}
	return "not tested"
}

func verdict(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}

// Report is what a run found. Texts in it are the server's and may hold secrets or what steers a
// terminal; String and the findings quote them.
type Report struct {
	URL       string // probed, after redirects; without user information, query and fragment
	Status    int    // of the first GET
	MediaType string // Content-Type of the first GET
	Size      int    // bytes of content, up to MaxBody

	Tag     Tag      // of a GET that asks for the identity coding
	Members []Member // of the content, that look like a version

	LastModified       string  // as received
	LastModifiedStrong Verdict // it can guard a write (RFC 9110 §8.8.2.2); NotTested without one

	SameTag     Verdict // two GETs gave the same tag; Unclear if their content differs as well
	SameContent Verdict // two GETs gave the same content
	HeadTag     Tag     // of a HEAD
	HeadAgrees  Verdict // HEAD gives the tag that GET gives

	Coding     string     // Content-Encoding of an answer although identity was asked for
	Compressed Alteration // what asking for gzip does to the tag
	GzipTag    Tag        // of the compressed form

	Vary          []string // field names
	CacheSigns    []string // fields that a cache or a gateway left, such as "Age: 7"
	CacheBypassed Verdict  // a GET with Cache-Control: no-cache shows no sign of a cache's copy

	NotModified Verdict // GET with If-None-Match and the tag is answered 304
	ReadIfMatch Verdict // GET with If-Match and a tag that nothing has is answered 412

	Allow       []string // methods, of Allow (RFC 9110 §10.2.1)
	AcceptPatch []string // media types, of Accept-Patch on any answer (RFC 5789 §3.1)

	Writes *Writes // nil unless Options.Disposable

	Findings  []Finding  // what follows from all this; the gravest first
	Exchanges []Exchange // every request, in order
}

// Writes is what the writes to a disposable resource found.
type Writes struct {
	Skipped string // why nothing was written; empty if something was

	Wrong    Write // PUT under a condition that cannot hold
	Current  Write // PUT under the current condition
	Stripped Write // PUT with the weak tag sent as a strong one, after Current was refused

	// Honoured reports whether PUT honours its condition: Wrong is refused, Current or Stripped is
	// taken. No: updates get lost.
	Honoured Verdict

	// Repeats reports that a refused write whose outcome is in force already is answered with
	// success, which RFC 9110 §13.1.1 permits.
	Repeats bool

	// Replayed reports that Current was refused, and again, and that its content made a new version
	// each time: a gateway sends writes twice.
	Replayed bool

	Answer     WriteAnswer // to the PUT that was taken
	NewVersion Verdict     // the same content, written again, makes another version
	Sets       []string    // places that the server sets itself, as JSON Pointers

	Stale        Write   // PUT under the condition that held before the last write
	StaleRefused Verdict // Stale was refused

	OldMember        Write   // PUT of content with another version member than the current one, without a condition
	OldMemberRefused Verdict // OldMember was refused: the member guards

	Create        Write   // PUT with If-None-Match: * of a resource that exists
	CreateRefused Verdict // Create was refused

	Unguarded Write // PUT without any condition

	Patches []Patch

	// Restored reports whether what was found is there again, apart from Sets and version members;
	// Unclear if that could not be seen. Left lists the places that are different.
	Restored Verdict
	Left     []string
}

// Write is one write of a run and what became of it. The zero value was not sent.
type Write struct {
	Condition string // as it was sent
	Sent      bool
	Status    int   // 0 if no answer came
	Err       error // why none came

	// Refusal is an answer of 400 and above as ifmatch reads it: its Kind, its Problem.
	Refusal *ifmatch.ResponseError
}

// Taken reports an answer that says that the write took effect.
func (w Write) Taken() bool { return w.Status/100 == 2 && w.Status != 202 && w.Status != 207 }

// Refused reports an answer of 4xx that says that it did not.
func (w Write) Refused() bool { return w.Status/100 == 4 && w.Status != 408 }

// conditional reports a refusal that can be on account of a condition.
func (w Write) conditional() bool {
	return slices.Contains([]int{409, 412, 417, 422, 423, 428}, w.Status)
}

// impossible reports a refusal of the method, the client or the media type: no condition would
// change it.
func (w Write) impossible() bool {
	return slices.Contains([]int{401, 402, 403, 404, 405, 410, 411, 413, 415, 501}, w.Status)
}

// WriteAnswer is what the answer to a successful PUT tells of the new version (RFC 9110 §9.3.4,
// §8.7; RFC 7240).
type WriteAnswer struct {
	Status int
	Tag    Tag
	// it is the new version's: the following GET gives it, or it guards the next write; NotTested
	// without one
	TagIsVersions     Verdict
	OldRead           bool   // the following GET showed the version before, as only the next write told
	Content           string // "none", "representation" (what the following GET gives), or "other"
	PreferenceApplied string
	ContentLocation   string
}

// Patch is what a server makes of one patch format.
type Patch struct {
	MediaType string
	Announced bool    // in Accept-Patch
	Current   Write   // PATCH under the current condition
	Wrong     Write   // PATCH under a condition that cannot hold
	Taken     Verdict // PATCH is taken in this format
	Guarded   Verdict // Wrong was refused
	Unread    bool    // success is the answer to a JSON Patch, whatever it says: a test that fails is "taken", too
	Damaging  bool    // the patch was taken for something else: members were lost by it
}

// Severity says how much a finding matters to a write.
type Severity int

const (
	Good    Severity = iota // as it should be
	Note                    // worth knowing
	Warning                 // costs attempts, or needs an option
	Danger                  // updates get lost, or no write can be made
)

// String returns the severity in one word.
func (s Severity) String() string {
	switch s {
	case Good:
		return "good"
	case Note:
		return "note"
	case Warning:
		return "warning"
	}
	return "danger"
}

// Finding is one thing to know about an API.
type Finding struct {
	Severity Severity
	About    string // in a few words: "entity tag", "If-Match on PUT"
	Text     string // one line; what a server sent is quoted
	Advice   string // what to do, in terms of ifmatch.Options; empty if nothing
}

// Exchange is one request of a run and its answer.
type Exchange struct {
	Method    string
	Purpose   string
	Condition string       // as it was sent; empty for none
	Status    int          // 0 if no answer came
	ETag      ifmatch.ETag // field of the answer
	Err       error        // why none came
}

// String returns one line, such as
//
//	PUT If-Match: "v1" -> 412   a condition that cannot hold
func (e Exchange) String() string {
	return strings.ReplaceAll(e.row(), "\t", "   ")
}

func (e Exchange) row() string {
	line := e.Method
	if e.Condition != "" {
		line += " " + verbatim(e.Condition)
	}
	line += " -> "
	if e.Status != 0 {
		line += fmt.Sprint(e.Status)
	} else {
		line += "no answer"
	}
	if e.ETag != "" {
		line += " " + verbatim(string(e.ETag))
	}
	return line + "\t" + e.Purpose
}

// Worst returns the gravest severity among the findings.
func (r *Report) Worst() Severity {
	worst := Good
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// String returns the report for people: what was found, the gravest first, with advice, and then
// every request. Every line is printable, whatever the server sent.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", printable(r.URL, 300))
	if r.Status != 0 {
		fmt.Fprintf(&b, "%d, %d bytes of %s\n", r.Status, r.Size, describe(r.MediaType))
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Severity, f.About, f.Text)
		if f.Advice != "" {
			fmt.Fprintf(w, "\t\t> %s\n", f.Advice)
		}
	}
	w.Flush() // a strings.Builder takes everything
	fmt.Fprintf(&b, "\n%d requests\n", len(r.Exchanges))
	for _, e := range r.Exchanges {
		fmt.Fprintf(w, "  %s\n", e.row())
	}
	w.Flush()
	return b.String()
}

func describe(mediaType string) string {
	if mediaType == "" {
		return "no named type"
	}
	return printable(mediaType, 72)
}

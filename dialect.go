package ifmatch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Dialect tells how a family of servers carries versions and spells conditions, where that is not
// RFC 9110: a version in the content, in the query, under a name of its own. Package dialect has
// ready-made ones; a new one takes thirty lines. Nil functions mean RFC 9110. A Dialect is not
// changed once it is in use, and its functions are called from several goroutines.
type Dialect struct {
	// Name is for people.
	Name string

	// Read finds the document and its version in a successful answer, to a GET or to a write
	// (answer.Request.Method; PUT for a creation too, whatever Guard made of it). After a write,
	// sent is the document as it was written, nil if only the server knows it, and what the answer
	// leaves open is left empty: a nil document stands for sent, an empty version for one that is
	// not known, so that the next write looks first. The version has to be that of the document.
	// The answer has no Body; content is it. An error says that the answer is not what it should
	// be: after a write, that it does not prove that the write took effect.
	Read func(answer *http.Response, content, sent []byte) (document []byte, version string, err error)

	// Status tells what an answer means, as a status of RFC 9110, where that is another one than
	// its own: 409 or 412 for a refusal inside of a 200, 404 for an absence that is told by a 500
	// or by a 200 with null, 409 for a 500 that is a definite refusal, 429 for a request to wait. 0
	// leaves its own, and so does what is no final status. It is asked about every answer, to reads
	// and to writes, before anything is decided or sent again; in plain HTTP not about those longer
	// than 64 KiB, nor about writes that carry a condition of their own. The answer has no Body;
	// content is it, or its first 64 KiB where its own status is no success. What comes over the
	// wire is still what an [Attempt], a [ResponseError]'s StatusCode and plain HTTP show.
	Status func(answer *http.Response, content []byte) int

	// Form gives a write the form that the family wants, whatever guards it: an envelope, a media
	// type, a header field. It may change the method, the URL and the header of the request, and
	// returns the content to send in the place of content, which is nil for DELETE. It comes before
	// Guard.
	Form func(write *http.Request, content []byte) ([]byte, error)

	// Guard makes a write conditional on the version that the document was read as; an empty
	// version means that there must be nothing yet. It may change what Form may, and returns the
	// content. It must refuse with an error what it cannot guard. What it sends is its own:
	// StripWeakTags and RefuseWeakTags do nothing then, and a write that AllowLostUpdates lets go
	// out does not pass it.
	Guard func(write *http.Request, version string, content []byte) ([]byte, error)

	// Resource names the resource that the URL of a plain request is about, where URLs differ that
	// mean the same one, in their query for example; nil: none, and the request is left alone (a
	// watch).
	Resource func(*url.URL) *url.URL

	// Member is where a document shows its version, if it does. It is left aside when documents are
	// compared: a version moves on with every write, whatever it changes.
	Member jsonmerge.Pointer

	// HashTags says what [Options].HashTags says, of a whole family of servers.
	HashTags bool

	// ServerMembers are further members that the server keeps for itself, as in
	// [Options].ServerMembers.
	ServerMembers []jsonmerge.Pointer

	// CreatedMeansNew says that the server answers 201 (Created) only where there was nothing: then
	// a 201 to a write under a version says that the resource was gone and that the write brought
	// it back. That is no quiet success but a [ConflictError] of kind [Recreated], whose Cause says
	// that the write took effect, and whose Remote is what there is now. Solid servers do so; Azure
	// Blob Storage, Radicale and CouchDB answer 201 to every PUT.
	CreatedMeansNew bool

	// Kind names the kind of a refusal that the usual reading does not know; Unknown leaves it as
	// it is.
	Kind func(*ResponseError) Kind
}

// ownVersions reports that the server guards by versions of its own.
func (d *Dialect) ownVersions() bool { return d != nil && d.Guard != nil }

// formless returns the dialect for writes that have the family's form already, because the code
// that makes them belongs to the family.
func (d *Dialect) formless() *Dialect {
	if d == nil || d.Form == nil {
		return d
	}
	plain := *d
	plain.Form = nil
	return &plain
}

// serverMembers lists the members that the server keeps for itself.
func (d *Dialect) serverMembers() []jsonmerge.Pointer {
	switch {
	case d == nil:
		return nil
	case len(d.Member) == 0:
		return d.ServerMembers
	}
	return append(slices.Clone(d.ServerMembers), d.Member)
}

// unversioned returns the document without the version that it shows.
func (d *Dialect) unversioned(doc []byte) []byte {
	if d == nil || len(d.Member) == 0 || doc == nil {
		return doc
	}
	if rest, err := d.Member.Remove(doc); err == nil {
		return rest
	}
	return doc
}

// means returns the status that an answer means: its own, unless the dialect says otherwise.
func (d *Dialect) means(answer *http.Response, content []byte) int {
	if d == nil || d.Status == nil {
		return answer.StatusCode
	}
	bare := *answer
	bare.Body = http.NoBody
	if status := d.Status(&bare, content); status >= 200 && status <= 599 {
		return status
	}
	return answer.StatusCode
}

// versionIn returns the version that the content of a plain write shows, "" if it shows none:
// spelled as Read does.
func (d *Dialect) versionIn(content []byte) string {
	if !d.ownVersions() || d.Read == nil || len(d.Member) == 0 || len(content) == 0 {
		return ""
	}
	if _, err := d.Member.Get(content); err != nil {
		return ""
	}
	read := &answer{status: http.StatusOK, header: http.Header{}, body: content, url: new(url.URL)}
	_, own, err := d.read(http.MethodGet, read, nil)
	if err != nil {
		return "" // it is not the document as it is read
	}
	return string(own)
}

// createOnly is the condition that there is nothing yet.
func (d *Dialect) createOnly() precondition {
	if d.ownVersions() {
		return precondition{form: byNoVersion}
	}
	return precondition{byAbsence, "*"}
}

// guard gives the request its form, and puts the condition into it.
func (d *Dialect) guard(r *request, p precondition) error {
	versioned := p.form == byVersion || p.form == byNoVersion
	if d.ownVersions() && !versioned && p.form != unconditional {
		// A representation that was built by hand, with a date: this server would not see it.
		return fmt.Errorf("%w: %s guards by versions, not by %s", ErrNoValidator, d.Name, p.field())
	}
	if d != nil && d.Form != nil {
		if err := d.change(r, d.Form); err != nil {
			return err
		}
	}
	if !versioned {
		p.set(r.header)
		r.condition = preconditionOf(r.header)
		return nil
	}
	r.condition = p
	return d.change(r, func(write *http.Request, content []byte) ([]byte, error) {
		return d.Guard(write, p.value, content)
	})
}

// change lets a function of the dialect change the request.
func (d *Dialect) change(r *request, by func(*http.Request, []byte) ([]byte, error)) error {
	u, err := url.Parse(r.url)
	if err != nil {
		return err
	}
	write := &http.Request{Method: r.method, URL: u, Header: r.header}
	if r.body, err = by(write, r.body); err != nil {
		return failed(err, "ifmatch: %s", d.Name)
	}
	r.method, r.url, r.header = write.Method, write.URL.String(), write.Header
	return nil
}

// read finds document and version in a successful answer.
func (d *Dialect) read(method string, a *answer, sent []byte) ([]byte, ETag, error) {
	resp := &http.Response{
		StatusCode: a.status, Header: a.header, Trailer: a.trailer, Body: io.NopCloser(bytes.NewReader(nil)),
		Request: &http.Request{Method: method, URL: a.url},
	}
	doc, version, err := d.Read(resp, a.body, sent)
	switch {
	case err != nil:
		return nil, "", failed(err, "ifmatch: %s", d.Name)
	case method == http.MethodGet && doc == nil:
		doc = a.body
	case doc == nil && sent == nil:
		version = "" // a version without its document guards nothing
	}
	return doc, ETag(version), nil
}

// EntityTag returns the entity tag of an answer, out of its header or trailer (RFC 9110 §8.8.3):
// the one that may go back in If-Match, byte for byte, or "" if there is none or if it is not
// certain which. For a [Dialect]'s Read.
func EntityTag(answer *http.Response) ETag {
	tag, _ := selectETag(answer.Header, answer.Trailer)
	return tag
}

// Guard makes a write conditional as RFC 9110 §13.1 does: If-Match with the tag, or If-None-Match:
// * if there is none. It refuses what would match more than one version, such as "*" or a list. For
// a [Dialect]'s Guard.
func (t ETag) Guard(write *http.Request) error {
	if t == "" {
		precondition{byAbsence, "*"}.set(write.Header)
		return nil
	}
	if why := unusableETag(string(t)); why != "" {
		return fmt.Errorf("%w: %s", ErrNoValidator, why)
	}
	precondition{byTag, string(t)}.set(write.Header)
	return nil
}

// rereads reports that what an answer means depends on its content.
func (d *Dialect) rereads() bool { return d != nil && d.Status != nil }

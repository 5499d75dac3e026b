package ifmatch

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
)

// Dialect tells how a family of servers carries versions and spells conditions,
// where that is not RFC 9110: a version in the content, in the query, under a name of
// its own. Package dialect has ready-made ones; a new one takes thirty lines. Nil
// functions mean RFC 9110. A Dialect is not changed once it is in use, and its
// functions are called from several goroutines.
type Dialect struct {
	// Name is for people.
	Name string

	// Read finds the document and its version in a successful answer. sent is nil
	// for a GET; for a write it is the document as it was written, and what the answer
	// leaves open is left empty: a nil document stands for sent, an empty version for
	// one that is not known, so that the next write looks first. The version has to
	// be that of the document. The answer has no Body; content is it. An error says that
	// the answer is not what it should be.
	Read func(answer *http.Response, content, sent []byte) (document []byte, version string, err error)

	// Guard makes a write conditional on the version that the document was read as;
	// an empty version means that there must be nothing yet. It may change the
	// method, the URL and the header of the request, and returns the content to send
	// in the place of content, which is nil for DELETE. It must refuse with an error
	// what it cannot guard.
	Guard func(write *http.Request, version string, content []byte) ([]byte, error)

	// Kind names the kind of a refusal that the usual reading does not know; Unknown
	// leaves it as it is.
	Kind func(*ResponseError) Kind
}

// versionField marks a condition that a Dialect spells; it is no header field.
const versionField = "version"

func (d *Dialect) guards() bool { return d != nil && d.Guard != nil }

// createOnly is the condition that there is nothing yet.
func (d *Dialect) createOnly() condition {
	if d.guards() {
		return condition{versionField, ""}
	}
	return createOnly
}

// guard puts the condition into the request.
func (d *Dialect) guard(r *request, g condition) error {
	if !d.guards() || g.field != versionField {
		g.set(r.header)
		r.sent, r.condition = preconditionOf(r.header), conditionOf(r.header)
		return nil
	}
	r.sent, r.condition = sentVersion, g.field+": "+g.value
	if g.value == "" {
		r.sent, r.condition = sentCreate, "no version yet"
	}
	u, err := url.Parse(r.url)
	if err != nil {
		return err
	}
	write := &http.Request{Method: r.method, URL: u, Header: r.header}
	if r.body, err = d.Guard(write, g.value, r.body); err != nil {
		return failed(err, "ifmatch: %s", d.Name)
	}
	r.method, r.url, r.header = write.Method, write.URL.String(), write.Header
	return nil
}

// read finds document and version in a successful answer.
func (d *Dialect) read(method string, a *reply, sent []byte) ([]byte, ETag, error) {
	resp := &http.Response{
		StatusCode: a.status, Header: a.header, Trailer: a.trailer, Body: io.NopCloser(bytes.NewReader(nil)),
		Request: &http.Request{Method: method, URL: a.url},
	}
	doc, version, err := d.Read(resp, a.body, sent)
	if err != nil {
		err = failed(err, "ifmatch: %s", d.Name)
	}
	return doc, ETag(version), err
}

package ifmatchtest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Response is an answer that a script gives in the origin's place. It is sent as it stands, with
// Date and Content-Length added: without a Content-Type in Header the answer has none. The faults
// that take one panic if Status is no final status (200 to 999).
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Problem returns a response with problem details (RFC 9457). The members type, title and status
// are made from the status; members adds others and may replace these. It panics if a member cannot
// be written as JSON.
func Problem(status int, members map[string]any) Response {
	all := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status}
	maps.Copy(all, members)
	body, err := json.Marshal(all)
	if err != nil {
		panic(fmt.Sprintf("ifmatchtest: problem: %v", err))
	}
	return Response{Status: status, Body: string(body)}.With("Content-Type", "application/problem+json")
}

// With returns a copy of r with one more header field line: a Retry-After, a Location, a
// Content-Type.
func (r Response) With(name, value string) Response {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Add(name, value)
	return r
}

// mustBeFinal catches in the test what net/http would refuse in the middle of an exchange.
func (r Response) mustBeFinal() {
	if r.Status < 200 || r.Status > 999 {
		panic(fmt.Sprintf("ifmatchtest: status %d is not final", r.Status))
	}
}

func (r Response) answer() answer {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return answer{status: r.Status, header: header, body: []byte(r.Body)}
}

// answer is what the origin is about to send, and what it knows about it.
type answer struct {
	status     int
	header     http.Header
	body       []byte
	version    *version // the version that the answer is about, nil for none
	validators bool     // ETag and Last-Modified of version belong on it
	applied    bool     // the request changed the resource
	trailer    string   // the ETag that goes into the trailer section
}

func problem(status int, detail string) answer {
	return Problem(status, map[string]any{"detail": detail}).answer()
}

func notFound() answer { return problem(http.StatusNotFound, "There is no resource here.") }

func representation(status int, v *version) answer {
	header := http.Header{}
	if v.contentType != "" {
		header.Set("Content-Type", v.contentType)
	}
	body := v.content
	if body == nil {
		body = []byte{}
	}
	return answer{status: status, header: header, body: body, version: v, validators: true}
}

// dress adds what depends on the kind of server: validators in their form, and compression.
func (o *Origin) dress(a *answer, x *exchange) {
	tag := ""
	if a.validators {
		tag = o.opts.Tags.tag(a.version)
		if !o.opts.HideLastModified {
			a.header.Set("Last-Modified", a.version.modified.UTC().Format(http.TimeFormat))
		}
	}
	doubled := o.opts.Tags == DoubledTags && tag != ""

	safe := x.method == http.MethodGet || x.method == http.MethodHead
	if o.opts.WriteTags == ReceiptWriteTags && !safe {
		sum := sha256.Sum256(a.body)
		tag = fmt.Sprintf(`W/"%x-%x"`, len(a.body), sum[:8])
		doubled = false
	}

	ofRepresentation := a.validators && (a.body != nil || a.status == http.StatusNotModified)
	if o.opts.Compress != NoCompression && ofRepresentation {
		a.header.Add("Vary", "Accept-Encoding")
		if acceptsGzip(x.header) {
			tag, doubled = o.opts.Compress.tag(tag), false
			if a.body != nil {
				a.body = gzipped(a.body)
				a.header.Set("Content-Encoding", "gzip")
			}
		}
	}

	switch {
	case tag == "":
	case o.opts.Tags == TrailerTags:
		if a.body != nil {
			a.trailer = tag
		}
	case doubled:
		a.header["Etag"] = []string{"W/" + tag, tag}
	default:
		a.header.Set("ETag", tag)
	}
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body) // a bytes.Buffer takes everything
	z.Close()
	return b.Bytes()
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as gzip is concerned.
func acceptsGzip(h http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "gzip") {
			weight, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
			q, err := strconv.ParseFloat(weight, 64)
			return !ok || err == nil && q > 0
		}
	}
	return false
}

// send writes the answer to the connection, cut or flooded as the script wants it.
func (p *plan) send(w http.ResponseWriter, a answer, now time.Time) {
	for _, alter := range p.alter {
		alter(a.header)
	}
	header := w.Header()
	maps.Copy(header, a.header)
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	if a.header["Content-Type"] == nil {
		header["Content-Type"] = nil // or net/http would guess one
	}
	switch {
	case p.flood > 0:
		flood(w, a.status, p.flood)
	case p.cut:
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		w.Write(a.body[:min(p.keep, len(a.body))]) // net/http closes the connection: less came than was announced
	case a.trailer != "":
		header.Set("Trailer", "ETag")
		w.WriteHeader(a.status)
		w.Write(a.body)
		header.Set("ETag", a.trailer)
	default:
		if a.body != nil && a.status != http.StatusNoContent && a.status != http.StatusNotModified {
			header.Set("Content-Length", strconv.Itoa(len(a.body)))
		}
		w.WriteHeader(a.status)
		w.Write(a.body) // net/http leaves it out for HEAD, 204 and 304
	}
}

// flood sends a JSON string of size bytes without holding it in memory. It ends early when the
// client closes the connection.
func flood(w http.ResponseWriter, status int, size int64) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Del("Content-Encoding")
	header.Del("Content-Length")
	w.WriteHeader(status)
	chunk := bytes.Repeat([]byte("x"), 32<<10)
	chunk[0] = '"'
	for size > 1 {
		n, err := w.Write(chunk[:min(int64(len(chunk)), size-1)])
		if err != nil {
			return
		}
		size -= int64(n)
		chunk[0] = 'x'
	}
	w.Write([]byte{'"'})
}

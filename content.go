package ifmatch

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrTooLarge reports content longer than [Options].MaxBody, counted after decompression.
var ErrTooLarge = errors.New("content is larger than MaxBody")

// answer is a response read to its end, so that nothing of it can be lost or leak.
type answer struct {
	status    int // that it means; see Dialect.Status
	wire      int // that it came with; 0: the same
	header    http.Header
	trailer   http.Header
	body      []byte
	truncated bool // body holds the first bytes of a longer one
	url       *url.URL
	received  time.Time // when its header was there
}

// withoutContent returns an answer whose content broke off: what its fields say of that content
// says nothing any more.
func (a *answer) withoutContent() *answer {
	rest := *a
	rest.body, rest.truncated, rest.header, rest.trailer = nil, true, a.header.Clone(), nil
	rest.header.Del("ETag")
	rest.header.Del("Last-Modified")
	return &rest
}

// maxErrorBody bounds what is kept of an answer that is not a success, in bytes after
// decompression.
const maxErrorBody = 64 << 10

// own returns the status that the answer came with.
func (a *answer) own() int { return cmp.Or(a.wire, a.status) }

// read takes the whole answer in, up to a bound counted after decompression, and closes the
// response. means tells the status that it means, if it came whole; nil: its own.
func (s *sender) read(resp *http.Response, means func(*http.Response, []byte) int) (*answer, error) {
	defer resp.Body.Close()
	//lint:ignore SA1008 the name is not in canonical form on purpose
	if v, hidden := resp.Header[hiddenLocation]; hidden {
		resp.Header["Location"] = v
		delete(resp.Header, hiddenLocation)
	}
	a := &answer{status: resp.StatusCode, wire: resp.StatusCode, header: resp.Header, url: resp.Request.URL,
		received: time.Now()}
	success := a.status/100 == 2
	limit := min(s.maxBody, math.MaxInt64-1)
	if !success {
		limit = min(limit, maxErrorBody)
	}
	body, coding, err := decoded(resp)
	if err == nil {
		a.body, err = io.ReadAll(io.LimitReader(body, limit+1))
	}
	if coding != "" && err == nil {
		// What is kept is the decoded content, so the field that says otherwise goes.
		a.header = a.header.Clone()
		a.header.Del("Content-Encoding")
	}
	a.trailer = resp.Trailer // complete only after the content was read (RFC 9110 §6.5)
	if int64(len(a.body)) > limit {
		a.body, a.truncated = a.body[:limit], true
		if success {
			err = fmt.Errorf("%w (%d bytes)", ErrTooLarge, limit)
		}
	}
	if !success && err != nil {
		// An error's content is a help, not a duty: its status decides without it.
		a.truncated, err = true, nil
	}
	if means != nil && err == nil {
		told := *resp
		told.Header, told.Trailer = a.header, a.trailer
		if a.status = means(&told, a.body); a.truncated && a.status/100 == 2 {
			err = fmt.Errorf("%w (%d bytes, of an answer %d)", ErrTooLarge, limit, a.wire)
		}
	}
	return a, err
}

// decoded undoes a content coding that the server applied although identity was asked for. Codings
// that are not known are left to the caller.
func decoded(resp *http.Response) (io.Reader, string, error) {
	coding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if coding != "gzip" && coding != "x-gzip" {
		return resp.Body, "", nil
	}
	zr, err := gzip.NewReader(resp.Body)
	if errors.Is(err, io.EOF) {
		return http.NoBody, coding, nil
	}
	if err != nil {
		return nil, coding, fmt.Errorf("content coding %s: %w", coding, err)
	}
	return zr, coding, nil
}

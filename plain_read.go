package ifmatch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

func (c *view) trackedRead(req *http.Request, k trackKey) (*http.Response, error) {
	if req.Header.Get("Range") != "" {
		// A part is left alone, and what its unit of work makes of parts cannot be guarded.
		resp, err := c.sendPlain(req, unconditional)
		if err == nil && resp.StatusCode/100 == 2 {
			c.tracked().readBlind(k, unitOf(req.Context()), inParts(resp))
		}
		return resp, err
	}
	if c.invalid != nil {
		return nil, c.invalid
	}
	out := req.Clone(req.Context())
	if out.Header.Get("Accept-Encoding") == "" {
		out.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := c.sendPlain(out, unconditional)
	if err != nil {
		return resp, err
	}
	w := unitOf(req.Context())
	switch c.means(resp) {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		c.tracked().readAbsent(k, w, &held{condition: c.opts.Dialect.createOnly(), absent: true,
			header: resp.Header, request: out.Header})
		return resp, nil
	case http.StatusPartialContent, http.StatusNonAuthoritativeInfo, http.StatusNotModified:
		// The code above works with what it has of the resource; what that is cannot be known here.
		c.tracked().readBlind(k, w, inParts(resp))
		return resp, nil
	default:
		return resp, nil
	}
	v := &held{header: resp.Header, request: out.Header}
	whole := c.opts.Plain.Merge != nil || c.opts.Plain.Rows != nil ||
		c.opts.Dialect != nil && c.opts.Dialect.Read != nil
	if !whole {
		if tag, _ := selectETag(resp.Header, nil); tag == "" && len(resp.Trailer) > 0 {
			c.tracked().readBlind(k, w, &held{blind: errTrailer})
			resp.Body = &atEnd{resp.Body, func() { c.noteAnswer(k, w, v, resp, nil) }}
			return resp, nil
		}
		c.noteAnswer(k, w, v, resp, nil)
		return resp, nil
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, c.sender.maxBody+1))
	if err != nil || int64(len(content)) > c.sender.maxBody {
		// Too much to work on, or broken: the caller gets what there is, and no guard.
		rest := resp.Body
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(content), rest), rest}
		v.blind = fmt.Errorf("%w: its content could not be read whole", ErrNoValidator)
		c.tracked().noteRead(k, w, v)
		return resp, nil
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(content))
	c.noteAnswer(k, w, v, resp, content)
	return resp, nil
}

var errTrailer = fmt.Errorf("%w: its content was not read to the end, where its tag is", ErrNoValidator)

func inParts(resp *http.Response) *held {
	return &held{blind: fmt.Errorf("%w: it was not read whole, but answered %d", ErrNoValidator, resp.StatusCode)}
}

// noteAnswer notes the version that an answer to a GET holds.
func (c *view) noteAnswer(k trackKey, w *unit, v *held, resp *http.Response, content []byte) {
	seen, err := c.readVersion(&answer{status: resp.StatusCode, header: resp.Header, trailer: resp.Trailer,
		body: content, url: resp.Request.URL})
	if err != nil {
		v.blind = fmt.Errorf("%w: %w", ErrNoValidator, err)
	} else if v.condition, err = c.precondition(seen); err != nil {
		v.blind = err
	}
	if c.opts.Plain.Merge != nil {
		v.content = seen.content
	}
	c.tracked().noteRead(k, w, v)
	if c.opts.Plain.Rows != nil && content != nil {
		c.noteRows(k, w, resp.Request, content)
	}
}

// noteRows notes the versions of a collection's members that its content tells.
func (c *view) noteRows(k trackKey, w *unit, req *http.Request, content []byte) {
	for target, tag := range c.opts.Plain.Rows(req.URL, content) {
		u, err := req.URL.Parse(target)
		if err != nil || !sameOrigin(u, req.URL) {
			continue // nothing that a server names leads elsewhere
		}
		p, err := c.precondition(&version{tag: ETag(tag)})
		u.Fragment = ""
		member := trackKey{k.of, u.String(), k.identity}
		c.tracked().noteRead(member, w, &held{condition: p, blind: err, request: req.Header, row: true})
	}
}

// atEnd calls a function when a body has been read to its end, when trailers are there.
type atEnd struct {
	io.ReadCloser
	done func()
}

func (b *atEnd) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.done != nil {
		b.done()
		b.done = nil
	}
	return n, err
}

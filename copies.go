package ifmatch

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// wire counts what left for the server during one attempt. net/http reports it even when it replays
// a request on its own, and so does every RoundTripper that is built on it; the hooks run on other
// goroutines.
type wire struct {
	asked, connected, written atomic.Int32
	http2                     atomic.Bool
}

func (w *wire) reset() {
	w.asked.Store(0)
	w.connected.Store(0)
	w.written.Store(0)
	w.http2.Store(false)
}

// trace counts the copies of a request. A RoundTripper of the caller's may send requests of its own
// with our context, for a token say; what tells ours from those is the condition.
func (w *wire) trace(r *request) *httptrace.ClientTrace {
	field := conditionField(r.header)
	t := &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Add(1) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Add(1) },
		WroteHeaderField: func(name string, _ []string) {
			switch {
			case strings.HasPrefix(name, ":"): // a pseudo-header field (RFC 9113 §8.3)
				w.http2.Store(true)
			case strings.EqualFold(name, field): // HTTP/2 writes lower case
				w.written.Add(1)
			}
		},
	}
	if field == "" {
		t.WroteHeaders = func() { w.written.Add(1) }
	}
	return t
}

// deliveries returns how many copies of the request may have reached the server. Not knowing counts
// as one: a write that is wrongly held for delivered costs a fetch, the opposite mistake costs an
// update.
func (w *wire) deliveries(answered bool, err error) int {
	if n := int(w.written.Load()); n > 0 {
		return n
	}
	var op *net.OpError
	switch {
	case answered:
		return 1
	case w.asked.Load() > 0 && w.connected.Load() == 0, // no connection was had
		w.asked.Load() == 0 && errors.As(err, &op) && op.Op == "dial",
		unsendable(err):
		return 0
	}
	return 1
}

// copies returns how many copies of the request may have reached the server in one attempt. A
// request that an idle connection of HTTP/1.1 did not take was written twice, but only one copy
// left. Over HTTP/2 net/http also repeats what a stream was reset under, which promises nothing
// (RFC 9113 §8.7 promises it of REFUSED_STREAM and GOAWAY alone), so there each copy counts.
func (s *sender) copies(r *request, w *wire, answered bool, err error) int {
	n := w.deliveries(answered, err)
	switch {
	case w.http2.Load() || !s.replaysNothing(r):
		return n
	case err != nil && strings.Contains(err.Error(), "cannot rewind body after connection loss"):
		return 0 // an idle connection did not take it, and net/http may not send it again
	}
	return min(n, 1)
}

// replaysNothing reports that net/http over HTTP/1.1 is known not to send r again once a byte of it
// was written. With an idempotency key it does, on its own and unseen; and what stands in between
// may do as it likes.
func (s *sender) replaysNothing(r *request) bool { return s.plain && !asksForReplay(r.header) }

func asksForReplay(h http.Header) bool {
	_, a := h["Idempotency-Key"]
	_, b := h["X-Idempotency-Key"]
	return a || b
}

// unsendable reports errors that no repetition cures.
func unsendable(err error) bool {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return true
	}
	var ue *url.Error
	if !errors.As(err, &ue) {
		return false
	}
	// net/http has no types for these.
	text := ue.Err.Error()
	for _, s := range []string{"unsupported protocol scheme", "invalid header field", "no Host in request URL",
		"redirects", "failed to parse Location"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

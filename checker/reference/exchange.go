package reference

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// moment is a time, to the second: what fields of HTTP can tell.
type moment = time.Time

func now() moment { return time.Now().Truncate(time.Second) }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken bool // the content broke off
	copies int  // copies of the request that may have left
}

// exchange sends one request. Without an answer it returns nil.
func (c *Client) exchange(
	ctx context.Context, method, url string, header http.Header, body []byte, replay bool,
) *answer {
	var copies atomic.Int32
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { copies.Add(1) }})
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil
	}
	if body == nil {
		req.Body = http.NoBody
	}
	if !replay {
		req.GetBody = nil
	}
	req.Header = header
	req.Header.Set("Accept-Encoding", "identity")
	hc := *c.HTTP
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := hc.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return &answer{resp.StatusCode, resp.Header, content, err != nil, int(copies.Load())}
}

// get fetches the resource, again if it has to. It reports whether the resource is there.
func (c *Client) get(ctx context.Context, url string, fresh bool) (Held, bool, error) {
	for range 4 {
		header := http.Header{}
		if fresh {
			header.Set("Cache-Control", "no-cache")
		}
		a := c.exchange(ctx, http.MethodGet, url, header, nil, true)
		if a == nil || a.broken {
			continue
		}
		switch a.status {
		case http.StatusOK:
			if h, ok := heldOf(url, a); ok {
				return h, true, nil
			}
		case http.StatusNotFound:
			return Held{URL: url, at: generated(a)}, false, nil
		}
	}
	return Held{}, false, ErrRefused
}

func heldOf(url string, a *answer) (Held, bool) {
	h := Held{URL: url, Known: true, Tag: a.header.Get("ETag"), at: generated(a)}
	if json.Unmarshal(a.body, &h.Object) != nil {
		return h, false
	}
	h.hash = isHash(h.Tag, a.body)
	modified, err := http.ParseTime(a.header.Get("Last-Modified"))
	date, err2 := http.ParseTime(a.header.Get("Date"))
	if err == nil && err2 == nil && date.Sub(modified) >= time.Second {
		h.Modified = a.header.Get("Last-Modified")
	}
	return h, true
}

// generated is when the origin made the answer, as far as the answer tells; zero if it does not.
func generated(a *answer) moment {
	at, _ := http.ParseTime(a.header.Get("Date"))
	if age, err := strconv.Atoi(a.header.Get("Age")); err == nil {
		if t := now().Add(-time.Duration(age) * time.Second); at.IsZero() || t.Before(at) {
			at = t
		}
	}
	return at
}

// old reports that an answer is known to be older than a moment.
func (c *Client) old(h Held, since moment) bool {
	return c.Bug != BelieveStaleLook && !h.at.IsZero() && h.at.Before(since)
}

// guard is the condition that stands for a version; empty if there is none.
func (h Held) guard() string { return h.Tag + h.Modified }

// isHash reports that a tag is a hash of the content, whole or cut.
func isHash(tag string, content []byte) bool {
	tag = strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
	if len(tag) < 8 {
		return false
	}
	s1, s2, s3 := md5.Sum(content), sha1.Sum(content), sha256.Sum256(content)
	for _, sum := range [][]byte{s1[:], s2[:], s3[:]} {
		if strings.HasPrefix(hex.EncodeToString(sum), strings.ToLower(tag)) ||
			strings.HasPrefix(base64.StdEncoding.EncodeToString(sum), tag) {
			return true
		}
	}
	return false
}

package integration_test

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// capService is an OData v4 service made with SAP CAP. Its entity tags are weak, stand in the
// content too (@odata.etag), and are demanded: a write without a condition is a 428. With patches,
// changes are sent as PATCH.
type capService struct{ patches bool }

func (c capService) name() string { return "SAP CAP (OData)" + patching(c.patches) }

func (capService) quirks() map[quirk]string {
	return map[quirk]string{
		createFails: "CAP answers a 500 about a broken constraint, and no 412, when an entity is to be created " +
			"that exists. What a 500 did is not known, so ifmatch reports that the outcome is uncertain; nothing was " +
			"overwritten.",
	}
}

func (c capService) start(t *testing.T) (server, error) {
	cmd, err := inNode(t, "cap", filepath.Join("peers", "cap", "server.js"))
	if err != nil {
		return server{}, err
	}
	base, err := listening(t, cmd)
	client := ordinaryClient(t)
	return server{
		base: base + "odata/v4/store/Docs('", tail: "')",
		weak:    true,
		options: ifmatch.Options{HTTPClient: client, Dialect: dialect.OData(), PatchFormat: patchFormat(c.patches)},
		someone: through(client, func(next http.RoundTripper) http.RoundTripper {
			return upsert{anyVersion{next, http.MethodDelete}}
		}),
		forms: []form{
			typed.holding([]byte(`{"title": "first", "apiVersion": "example.com/v1", "count": 0, "ratio": 1.5,` +
				` "bytes": 9007199254740991,` +
				` "note": "caf\u00e9 <b>&amp;</b>",` +
				` "owners": [{"name": "Ann", "since": "2019-04-01"}, {"name": "Bo", "since": null}]}`)),
			inapplicable{raw.form, "OData entities are JSON objects."},
		},
		bare:      membersBut("@odata.context", "@odata.etag", "id", "version"),
		unguarded: ifmatch.PreconditionRequired,
	}, err
}

func patching(on bool) string {
	if on {
		return ", PATCH"
	}
	return ""
}

func patchFormat(on bool) string {
	if on {
		return "application/merge-patch+json"
	}
	return ""
}

// upsert replaces what is there, or creates it, on a server that wants to be told which.
type upsert struct{ next http.RoundTripper }

func (u upsert) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return u.next.RoundTrip(r)
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	send := func(field string) (*http.Response, error) {
		w := r.Clone(r.Context())
		w.Body = io.NopCloser(bytes.NewReader(content))
		w.Header.Set(field, "*")
		return u.next.RoundTrip(w)
	}
	resp, err := send("If-Match")
	if err != nil || resp.StatusCode != http.StatusPreconditionFailed {
		return resp, err
	}
	resp.Body.Close()
	return send("If-None-Match")
}

package integration_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/stretchr/testify/require"
)

// Azurite is the emulator of Azure Storage. Its resources are reached by URLs that carry a shared
// access signature in the query, as its users hand them out.

const azuriteAccount = "devstoreaccount1"

// azuriteKey is the key of the development account, which is no secret: it is in the emulator's
// documentation.
const azuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

// sharedAccess returns the query that lets its bearer do everything on the account, signed as
// Azure's "Create an account SAS" says: the fields in this order, a line each, then HMAC-SHA256.
func sharedAccess() (query string, err error) {
	key, err := base64.StdEncoding.DecodeString(azuriteKey)
	if err != nil {
		return "", err
	}
	q := url.Values{
		"sp": {"rwdlacup"}, "ss": {"bqt"}, "srt": {"sco"}, "st": {"2020-01-01T00:00:00Z"},
		"se":  {"2100-01-01T00:00:00Z"},
		"spr": {"https,http"}, "sv": {"2021-10-04"},
	}
	lines := []string{azuriteAccount}
	for _, k := range []string{"sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses"} {
		lines = append(lines, q.Get(k))
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join(lines, "\n") + "\n"))
	q.Set("sig", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return q.Encode(), nil
}

// azurite starts one of its services and returns the account's URL, and the query that opens it.
func azurite(t *testing.T, service string) (account, access string, err error) {
	cmd, err := inNode(t, "azurite", filepath.Join("peers", "azurite", "server.js"), service)
	if err != nil {
		return "", "", err
	}
	if access, err = sharedAccess(); err != nil {
		return "", "", err
	}
	base, err := listening(t, cmd)
	return base + azuriteAccount + "/", access, err
}

// fields adds fields to requests.
type fields struct {
	next  http.RoundTripper
	added http.Header
}

func (f fields) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range f.added {
		r.Header[name] = values
	}
	return f.next.RoundTrip(r)
}

// blob is Azure Blob Storage: bytes behind strong entity tags. A refusal is XML, and a 409 where
// RFC 9110 has a 412 when a blob is to be created that exists.
type blob struct{}

func (blob) name() string             { return "Azurite Blob" }
func (blob) quirks() map[quirk]string { return nil }

func (blob) start(t *testing.T) (server, error) {
	account, access, err := azurite(t, "blob")
	if err != nil {
		return server{}, err
	}
	client := ordinaryClient(t)
	s := server{
		base: account + "docs/", tail: "?" + access,
		options: ifmatch.Options{HTTPClient: client, Dialect: dialect.AzureBlob()},
		someone: through(client, func(next http.RoundTripper) http.RoundTripper {
			return fields{next, http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}}
		}),
	}
	makes(t, s, http.MethodPut, account+"docs?restype=container&"+access, "")
	return s, nil
}

// table is Azure Table Storage: flat JSON objects behind weak entity tags, which have to go back as
// they came. PUT without If-Match is an upsert, whatever its If-None-Match says. With patches,
// changes are sent as PATCH (Merge Entity).
type table struct{ patches bool }

func (a table) name() string           { return "Azurite Table" + patching(a.patches) }
func (table) quirks() map[quirk]string { return nil }

func (a table) start(t *testing.T) (server, error) {
	account, access, err := azurite(t, "table")
	if err != nil {
		return server{}, err
	}
	client, accept := ordinaryClient(t), http.Header{"Accept": {"application/json;odata=nometadata"}}
	s := server{
		base: account + "docs(PartitionKey='p',RowKey='", tail: "')?" + access,
		weak: true,
		options: ifmatch.Options{
			HTTPClient: client, Header: accept, Dialect: dialect.AzureTable(), PatchFormat: patchFormat(a.patches),
		},
		someone: through(client, func(next http.RoundTripper) http.RoundTripper {
			return fields{anyVersion{next, http.MethodDelete}, accept} // a DELETE without a condition is a 400
		}),
		forms: []form{
			typed.holding([]byte(`{"title": "first", "apiVersion": "example.com/v1", "count": 0, "ratio": 1.5,` +
				` "note": "caf\u00e9 <b>&amp;</b>", "public": true}`)),
			inapplicable{raw.form, "Azure Table Storage stores flat JSON objects only."},
		},
		bare: membersBut("PartitionKey", "RowKey", "Timestamp", "odata.metadata", "odata.etag"),
	}
	makes(t, s, http.MethodPost, account+"Tables?"+access, `{"TableName": "docs"}`)
	return s, nil
}

// makes creates what the resources are to lie in.
func makes(t *testing.T, s server, method, url, content string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(content))
	require.NoError(t, err)
	if content != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.someone.Do(req)
	require.NoError(t, err)
	body, err := read(resp)
	require.NoError(t, err)
	require.Equal(t, 2, resp.StatusCode/100, "%d %s", resp.StatusCode, body)
}

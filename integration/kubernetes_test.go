package integration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/stretchr/testify/require"
)

// kubernetes is the API machinery of Kubernetes over etcd, in a program of its own
// (peers/kubernetes): objects with a metadata.resourceVersion and no entity tags. A stale write is
// a 409 with a Status.
type kubernetes struct{}

func (kubernetes) name() string             { return "Kubernetes" }
func (kubernetes) quirks() map[quirk]string { return nil }

// A customDocument is document as a Kubernetes object, as far as the test knows one.
type customDocument struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	document
}

// customForm is the typed form in what a Kubernetes object can hold: numbers are int64 or float64
// there.
var customForm = subject[customDocument]{
	form: typed.form, extension: typed.extension, mediaType: typed.mediaType,
	content: []byte(`{
  "apiVersion": "example.com/v1",
  "kind": "Document",
  "metadata": {"labels": {"team": "a"}, "annotations": {"example.com/note": "caf\u00e9 \/ <b>&amp;</b> \ud83d\ude00"}},
  "title": "first",
  "limits": {"bytes": 9223372036854775807, "ratio": 1.5, "none": null},
  "count": 0,
  "owners": [ {"name": "Ann", "since": "2019-04-01"},   {"name": "Bo", "since": null, "tags": ["b", "a", "b"]} ]
}
`),
	edit: func(v *customDocument, change func(*document)) error { change(&v.document); return nil },
}

func (k kubernetes) start(t *testing.T) (server, error) {
	base, client, err := startKubernetes(t)
	if err != nil {
		return server{}, err
	}
	return server{
		base: base + "apis/example.com/v1/documents/",
		options: ifmatch.Options{
			HTTPClient: client,
			Dialect:    dialect.Kubernetes(),
			Identity:   "/metadata/uid",
		},
		forms:     []form{customForm, inapplicable{raw.form, "Kubernetes holds JSON objects, and spells them anew."}},
		puts:      putObject,
		bare:      bareObject,
		unguarded: ifmatch.Unknown, // a 422 like that of any invalid object
	}, nil
}

// What Kubernetes has beside PUT: patches, a conflict about fields, objects that come back under
// their name.
func TestKubernetesConflictsOfItsOwn(t *testing.T) {
	s := started(t, kubernetes{})
	client := ifmatch.New(&s.options)
	fresh := func(t *testing.T, name string) (other, *ifmatch.Representation[customDocument]) {
		someone := other{http: s.options.HTTPClient, url: s.base + name, mediaType: customForm.mediaType, store: s.puts}
		someone.puts(t, customForm.content)
		u, err := ifmatch.Get[customDocument](t.Context(), client, someone.url)
		require.NoError(t, err)
		return someone, u
	}

	for _, tc := range []struct{ name, mediaType, patch string }{
		{name: "merge", mediaType: "application/merge-patch+json", patch: `{"title": "second"}`},
		{
			name: "json", mediaType: "application/json-patch+json",
			patch: `[{"op": "replace", "path": "/title", "value": "second"}]`,
		},
		{
			name: "apply", mediaType: "application/apply-patch+yaml",
			patch: `{"apiVersion": "example.com/v1", "kind": "Document", "metadata": {"name": "patch-apply"},` +
				` "note": "second"}`,
		},
	} {
		t.Run("patch "+tc.name, func(t *testing.T) {
			someone, u := fresh(t, "patch-"+tc.name)
			if tc.name == "apply" {
				u.URL += "?fieldManager=ifmatch"
			}
			theirs := someone.addsOne(t)
			_, err := ifmatch.Patch(t.Context(), client, u, tc.mediaType, []byte(tc.patch))
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			require.Equal(t, string(bareObject(theirs)), string(bareObject(someone.sees(t))))

			now, err := ifmatch.Get[customDocument](t.Context(), client, someone.url)
			require.NoError(t, err)
			now.URL = u.URL
			now, err = ifmatch.Patch(t.Context(), client, now, tc.mediaType, []byte(tc.patch))
			require.NoError(t, err)
			require.Equal(t, string(someone.sees(t)), string(now.Content))
			require.Contains(t, string(now.Content), `"second"`)
			require.Equal(t, 1, now.Value.Count)
		})
	}

	for _, format := range []string{"application/merge-patch+json", "application/json-patch+json"} {
		t.Run("Update by "+format, func(t *testing.T) {
			someone, _ := fresh(t, "update-"+strings.NewReplacer("application/", "", "+", "-").Replace(format))
			log := &exchanges{next: s.options.HTTPClient.Transport}
			o := s.options
			o.HTTPClient, o.PatchFormat = &http.Client{Transport: log}, format
			first := true
			_, err := ifmatch.Update(t.Context(), ifmatch.New(&o), someone.url, func(d *customDocument) error {
				if first {
					first = false
					someone.addsOne(t)
				}
				d.Title = "second"
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, string(bareObject(with(customForm.content, document{"second", 1}))),
				string(bareObject(someone.sees(t))))
			require.Equal(t, map[string]int{"GET done": 2, "PATCH 409": 1, "PATCH done": 1}, log.seen)
		})
	}

	t.Run("fields of another manager", func(t *testing.T) {
		_, u := fresh(t, "ownership")
		apply := func(manager, title string) error {
			now, err := ifmatch.Get[customDocument](t.Context(), client, u.URL)
			require.NoError(t, err)
			now.URL += "?fieldManager=" + manager
			_, err = ifmatch.Patch(t.Context(), client, now, "application/apply-patch+yaml", fmt.Appendf(nil,
				`{"apiVersion": "example.com/v1", "kind": "Document", "metadata": {"name": "ownership"}, "note": "%s"}`,
				title))
			return err
		}
		require.NoError(t, apply("one", "a"))
		err := apply("two", "b")
		require.ErrorIs(t, err, ifmatch.Ownership)
		require.NotErrorIs(t, err, ifmatch.StaleVersion)
		require.NoError(t, apply("two", "a"), "they agree")
	})

	t.Run("deleted and created again", func(t *testing.T) {
		again := func(someone other) {
			someone.deletes(t)
			someone.puts(t, customForm.content)
		}
		someone, u := fresh(t, "recreated")
		u.Value.Title = "second"
		again(someone)
		_, err := ifmatch.Save(t.Context(), client, u, ifmatch.ThreeWay)
		require.ErrorIs(t, err, ifmatch.Recreated)

		first := true
		_, err = ifmatch.Update(t.Context(), client, someone.url, func(d *customDocument) error {
			if first {
				first = false
				again(someone)
			}
			d.Count++
			return nil
		})
		require.ErrorIs(t, err, ifmatch.Recreated)
		require.Equal(t, string(bareObject(customForm.content)), string(bareObject(someone.sees(t))))
	})
}

// putObject stores an object whatever is there. Kubernetes creates only by POST to the collection,
// and replaces custom objects only for whoever names the version.
func putObject(t *testing.T, o other, content []byte) {
	t.Helper()
	collection, name := path.Split(o.url)
	for {
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		require.NoError(t, d.Decode(&object))
		metadata := object["metadata"].(map[string]any)
		metadata["name"] = name
		delete(metadata, "resourceVersion")
		at, method := o, http.MethodPut
		status, now := o.do(t, http.MethodGet, nil)
		if status == http.StatusNotFound {
			at.url, method = strings.TrimSuffix(collection, "/"), http.MethodPost
		} else {
			var there struct {
				Metadata struct{ ResourceVersion string }
			}
			require.NoError(t, json.Unmarshal(now, &there))
			metadata["resourceVersion"] = there.Metadata.ResourceVersion
		}
		body, err := json.Marshal(object)
		require.NoError(t, err)
		status, answer := at.do(t, method, body)
		if status == http.StatusConflict {
			continue // somebody was faster
		}
		require.Equal(t, 2, status/100, "%s: %d %s", method, status, answer)
		return
	}
}

// bareObject removes what the API server manages.
func bareObject(content []byte) []byte {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if d.Decode(&object) != nil {
		return content
	}
	if metadata, ok := object["metadata"].(map[string]any); ok {
		for _, name := range []string{
			"name", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
		} {
			delete(metadata, name)
		}
	}
	spelled, err := json.Marshal(object)
	if err != nil {
		return content
	}
	return spelled
}

// startKubernetes runs the API server with the definition of documents in it, and returns its base
// URL and a client that trusts it.
func startKubernetes(t *testing.T) (base string, client *http.Client, err error) {
	program, err := built("kubernetes")
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()

	dir := t.TempDir()
	serve := exec.CommandContext(t.Context(), program, dir)
	serve.ExtraFiles = append(serve.ExtraFiles, socket)
	if err := runUntilEnd(t, serve); err != nil {
		return "", nil, err
	}

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var certificate []byte
	require.NoError(t, soon(ctx, func() (err error) {
		certificate, err = os.ReadFile(filepath.Join(dir, "apiserver.crt"))
		return err
	}))
	client = ordinaryClient(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(certificate))
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}

	base = "https://" + listener.Addr().String() + "/"
	require.NoError(t, soon(ctx, func() error {
		return wants(client, http.MethodGet, base+"readyz", nil, http.StatusOK)
	}))
	require.NoError(t, wants(client, http.MethodPost, base+"apis/apiextensions.k8s.io/v1/customresourcedefinitions",
		definition, http.StatusCreated))
	require.NoError(t, soon(ctx, func() error {
		return wants(client, http.MethodGet, base+"apis/example.com/v1/documents", nil, http.StatusOK)
	}))
	return base, client, nil
}

// definition is the one of objects that may hold anything.
var definition = []byte(`{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "documents.example.com"},
  "spec": {
    "group": "example.com", "scope": "Cluster",
    "names": {"plural": "documents", "singular": "document", "kind": "Document"},
    "versions": [{"name": "v1", "served": true, "storage": true,
      "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]
  }
}`)

func wants(client *http.Client, method, url string, content []byte, status int) error {
	req, err := http.NewRequest(method, url, bytes.NewReader(content))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	body, err := read(resp)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("%s %s: %d %s", method, url, resp.StatusCode, body)
	}
	return err
}

// soon tries until it works. There is nothing to wait on but the peer itself.
func soon(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// built returns the program that install.sh has made of peers/<peer>. Its name holds a hash of what
// it was built from.
func built(peer string) (program string, err error) {
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		content, err := os.ReadFile(filepath.Join("peers", peer, name))
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	program = filepath.Join(cache, fmt.Sprintf("%s-%.16x", peer, hash.Sum(nil)[:8]))
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s, in this version, is %w", peer, errNotInstalled)
	}
	return program, err
}

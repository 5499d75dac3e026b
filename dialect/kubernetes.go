package dialect

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Kubernetes is the dialect of the Kubernetes API and of what is built on its API machinery. There
// are no entity tags: the version is metadata.resourceVersion, and a stale one is answered with 409
// and a Status of reason Conflict.
//
//   - Put, Save, Update: PUT with resourceVersion set to the version read.
//   - Patch and [ifmatch.Options].PatchFormat: merge, strategic merge and apply
//     patches (the latter in JSON) carry resourceVersion; a JSON Patch gets a last
//     operation that sets it, so that a stale one is a 409 as well.
//   - Create: POST to the collection, which is the URL without its last segment.
//     metadata.name is filled in from that segment, and must not be another name.
//   - Delete: DeleteOptions with preconditions.resourceVersion. With finalizers, success
//     means that the deletion has begun.
//
// The answer to a write is the object as it is stored now, and is trusted. Set
// [ifmatch.Options].Identity to "/metadata/uid" to recognise an object that was deleted and created
// again.
//
// What cannot be guarded: collections (deletecollection), and subresources that are created. A
// resourceVersion of "0" would make a write unconditional and is refused.
//
// Source: API conventions of Kubernetes, "Concurrency Control and Consistency".
func Kubernetes() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "Kubernetes", Member: resourceVersion, Read: readKubernetes, Guard: guardKubernetes,
		ServerMembers: []jsonmerge.Pointer{{"metadata", "generation"}, {"metadata", "managedFields"}},
		Resource: func(u *url.URL) *url.URL {
			if q := u.Query(); q.Has("watch") && q.Get("watch") != "false" && q.Get("watch") != "0" {
				return nil
			}
			named := *u
			named.RawQuery = "" // fieldManager, dryRun, resourceVersion, ...: the object is the same
			return &named
		}}
}

var (
	resourceVersion = jsonmerge.Pointer{"metadata", "resourceVersion"}
	metadataName    = jsonmerge.Pointer{"metadata", "name"}

	preconditionVersion = jsonmerge.Pointer{"preconditions", "resourceVersion"}
)

func readKubernetes(answer *http.Response, content, _ []byte) ([]byte, string, error) {
	version := text(content, resourceVersion)
	if has(content, jsonmerge.Pointer{"items"}) && strings.HasSuffix(text(content, jsonmerge.Pointer{"kind"}), "List") {
		version = "" // that of a list guards none of its items
	}
	if version == "" && answer.Request.Method != http.MethodGet {
		return nil, "", nil // a Status
	}
	return content, version, nil
}

func guardKubernetes(w *http.Request, version string, content []byte) ([]byte, error) {
	if version == "" {
		return createKubernetes(w, content)
	}
	if strings.Trim(version, "0") == "" {
		return nil, fmt.Errorf("resourceVersion %q is not that of an object", version)
	}
	switch w.Method {
	case http.MethodPut:
		if kind := text(content, jsonmerge.Pointer{"kind"}); kind == "PartialObjectMetadata" {
			return nil, errors.New("a part of the object must not replace the whole")
		}
		return with(content, resourceVersion, quoted(version))
	case http.MethodPatch:
		switch mediaType(w) {
		case mergePatch, "application/strategic-merge-patch+json", "application/apply-patch+yaml",
			"application/apply-patch+json":
			return with(content, resourceVersion, quoted(version)) // YAML proper is refused: it is no JSON
		case jsonPatch:
			return setting(content, resourceVersion, quoted(version))
		}
	case http.MethodDelete:
		w.Header.Set("Content-Type", "application/json")
		if len(content) == 0 {
			content = []byte(`{"kind":"DeleteOptions","apiVersion":"v1"}`)
		}
		if text(content, preconditionVersion) != "" {
			return content, nil // the caller's own stands
		}
		return with(content, preconditionVersion, quoted(version))
	}
	return nil, unable(w)
}

func createKubernetes(w *http.Request, content []byte) ([]byte, error) {
	if w.Method != http.MethodPut {
		return nil, errors.New("an object is created whole")
	}
	name, err := toCollection(w.URL)
	if err != nil {
		return nil, err
	}
	w.Method = http.MethodPost
	if content, err = withNamed(content, metadataName, name); err != nil {
		return nil, err
	}
	return without(content, resourceVersion) // must not be set on objects to be created
}

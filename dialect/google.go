package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Google is the dialect of Google APIs that follow the API improvement proposals: the version is
// the member etag of the resource (AIP-154). A stale one is a 409 of status ABORTED.
//
//   - With [ifmatch.Options].PatchFormat application/merge-patch+json, the usual choice:
//     PATCH with the members that change, etag, and updateMask, which lists them
//     (AIP-134), so that removed members are cleared.
//   - Put, Save, Update without it: PUT with etag, for the APIs that have it.
//   - Delete: DELETE with the parameter etag (AIP-135).
//
// The answer to a write is the resource (AIP-134) and is trusted if it has an etag; a long-running
// operation has none, and the next write fetches first.
//
// What cannot be guarded: a PUT with fields in its URL, by which a part would replace the whole;
// Create, whose form each API has of its own (AIP-133); a resource without etag; an API that
// ignores the member, or the parameter. APIs that check If-Match instead, such as Calendar, need no
// dialect; Cloud Storage has [GCS].
//
// Source: AIP-134, AIP-135, AIP-154, AIP-161, AIP-193.
func Google() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "Google", Member: googleTag, Read: readGoogle, Form: formGoogle, Guard: guardGoogle,
		ServerMembers: []jsonmerge.Pointer{googleTag, {"updateTime"}}}
}

var googleTag = jsonmerge.Pointer{"etag"}

func readGoogle(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	version := text(content, googleTag)
	if answer.Request.Method != http.MethodGet && (version == "" || !covers(content, sent, nil)) {
		return nil, "", nil
	}
	return content, version, nil
}

func formGoogle(w *http.Request, content []byte) ([]byte, error) {
	if w.Method == http.MethodPatch {
		if mediaType(w) != mergePatch {
			return nil, unable(w)
		}
		w.Header.Set("Content-Type", "application/json")
		if q := w.URL.Query(); !q.Has("updateMask") && !q.Has("update_mask") {
			mask, err := updateMask(content)
			if err != nil {
				return nil, err
			}
			setQuery(w, "updateMask", mask)
		}
	}
	return content, whole(w, "fields", "$fields")
}

func guardGoogle(w *http.Request, version string, content []byte) ([]byte, error) {
	if version == "" {
		return nil, errors.New("how a resource is created, each API has of its own (AIP-133)")
	}
	switch w.Method {
	case http.MethodDelete:
		setQuery(w, "etag", version)
		return nil, nil
	case http.MethodPut, http.MethodPatch:
		return with(content, googleTag, quoted(version))
	}
	return nil, unable(w)
}

// updateMask lists the members that a merge patch changes (AIP-161), but for etag.
func updateMask(patch []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(patch, &members); err != nil || members == nil {
		return "", errors.New("the patch is not a JSON object")
	}
	delete(members, "etag")
	paths, err := maskPaths(nil, "", members)
	return strings.Join(paths, ","), err
}

var plainField = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func maskPaths(paths []string, under string, members map[string]json.RawMessage) ([]string, error) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		path := under + name
		if !plainField.MatchString(name) {
			if strings.Contains(name, "`") {
				return nil, fmt.Errorf("a field mask cannot name the member %q", name)
			}
			path = under + "`" + name + "`" // the key of a map
		}
		var inner map[string]json.RawMessage
		if json.Unmarshal(members[name], &inner) != nil || len(inner) == 0 {
			paths = append(paths, path)
			continue
		}
		var err error
		if paths, err = maskPaths(paths, path+".", inner); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// GCS is the dialect of Google Cloud Storage, whose conditions are numbers: the generation of an
// object's content, and the metageneration of its metadata. Its entity tags guard reads only. The
// URL tells which of three forms a resource has:
//
//   - .../storage/v1/b/BUCKET/o/OBJECT?alt=media is the content (JSON API). A write
//     is an upload, POST .../upload/storage/v1/b/BUCKET/o with ifGenerationMatch.
//   - .../storage/v1/b/BUCKET/o/OBJECT is the metadata (JSON API): PUT or PATCH with
//     ifGenerationMatch and ifMetagenerationMatch. The version is both, as in "12/3".
//   - any other URL is the content (XML API): PUT with x-goog-if-generation-match.
//
// Create writes content that must have no generation yet (0). Delete carries the same conditions. A
// stale one is a 412.
//
// The answer to a write is trusted: generation and metageneration in the resource or in
// x-goog-generation. An upload replaces custom metadata: with the XML API put that to be kept into
// [ifmatch.Options].Header. The generation is not a hash, so a content that returns (A, B, A) is
// another version.
//
// What cannot be guarded: PATCH of content, and metadata without content.
//
// Source: Cloud Storage documentation, "Request preconditions", JSON API "Objects: insert",
// "update" and "delete", XML API "PUT Object".
func GCS() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "GCS", Read: readGCS, Form: formGCS, Guard: guardGCS}
}

var (
	generation     = jsonmerge.Pointer{"generation"}
	metageneration = jsonmerge.Pointer{"metageneration"}

	// gcsObject takes the escaped path of an object in the JSON API apart.
	gcsObject = regexp.MustCompile(`^(.*?)/storage/v1/b/([^/]+)/o/([^/]+)$`)
	digits    = regexp.MustCompile(`^[1-9][0-9]*$`)
)

type gcsForm int

const (
	gcsXML gcsForm = iota
	gcsMedia
	gcsMetadata
)

func gcsFormOf(escapedPath, alt string) (form gcsForm, parts []string) {
	switch parts = gcsObject.FindStringSubmatch(escapedPath); {
	case parts == nil:
		return gcsXML, nil
	case alt == "media":
		return gcsMedia, parts
	}
	return gcsMetadata, parts
}

func readGCS(answer *http.Response, content, _ []byte) ([]byte, string, error) {
	read := answer.Request.Method == http.MethodGet
	u := answer.Request.URL
	field := answer.Header.Get("X-Goog-Generation")
	resource := text(content, generation)
	form, _ := gcsFormOf(u.EscapedPath(), u.Query().Get("alt"))
	switch {
	case form == gcsMetadata:
		meta := text(content, metageneration)
		if resource == "" || meta == "" {
			return nil, "", errors.New("the answer is no object resource")
		}
		return content, resource + "/" + meta, nil
	case read:
		return content, field, nil
	case text(content, jsonmerge.Pointer{"kind"}) == "storage#object":
		return nil, resource, nil // of an upload, which names what it has stored
	case len(content) == 0:
		return nil, field, nil
	}
	return nil, "", nil
}

func formGCS(w *http.Request, content []byte) ([]byte, error) {
	q := w.URL.Query()
	form, parts := gcsFormOf(w.URL.EscapedPath(), q.Get("alt"))
	switch {
	case form == gcsMetadata && w.Method == http.MethodPatch && mediaType(w) == mergePatch:
		w.Header.Set("Content-Type", "application/json") // which is a merge patch here
		return content, nil
	case w.Method == http.MethodPut && form != gcsMedia, w.Method == http.MethodDelete && form != gcsMedia:
		return content, nil
	case w.Method == http.MethodDelete:
	case w.Method == http.MethodPut:
		name, err := url.PathUnescape(parts[3])
		if err != nil {
			return nil, err
		}
		w.Method = http.MethodPost
		w.URL.RawPath = parts[1] + "/upload/storage/v1/b/" + parts[2] + "/o"
		if w.URL.Path, err = url.PathUnescape(w.URL.RawPath); err != nil {
			return nil, err
		}
		q.Set("uploadType", "media")
		q.Set("name", name)
	default:
		return nil, unable(w)
	}
	q.Del("alt")
	w.URL.RawQuery = q.Encode()
	return content, nil
}

// gcsUpload recognises the URL that formGCS gives to an upload.
var gcsUpload = regexp.MustCompile(`/upload/storage/v1/b/[^/]+/o$`)

func guardGCS(w *http.Request, version string, content []byte) ([]byte, error) {
	gen, meta, both := strings.Cut(version, "/")
	resource := gcsObject.MatchString(w.URL.EscapedPath()) // of its metadata, or of all of it for DELETE
	switch {
	case version == "" && resource:
		return nil, errors.New("metadata is created with its content")
	case version == "":
		gen = "0"
	case !digits.MatchString(gen) || both && !digits.MatchString(meta) ||
		both != resource && w.Method != http.MethodDelete:
		return nil, fmt.Errorf("%w: %q is not a generation", ifmatch.ErrNoValidator, version)
	}
	if !resource && !gcsUpload.MatchString(w.URL.EscapedPath()) {
		w.Header.Set("X-Goog-If-Generation-Match", gen)
		return content, nil
	}
	setQuery(w, "ifGenerationMatch", gen)
	if both {
		setQuery(w, "ifMetagenerationMatch", meta)
	}
	return content, nil
}

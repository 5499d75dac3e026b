package dialect

import (
	"net/http"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// FHIR is the dialect of FHIR servers. The version is meta.versionId, and the ETag is made of it:
// W/"3". Weak as it is, it goes back in If-Match exactly so. A stale one is a 412, on older servers
// a 409.
//
//   - Put, Save, Update: PUT with If-Match.
//   - Patch and [ifmatch.Options].PatchFormat: PATCH with If-Match, as a JSON Patch
//     where the server follows the standard.
//   - Create: PUT with If-None-Match: *, on servers that let the client choose the id.
//   - Delete: DELETE with If-Match.
//
// The answer to a write is trusted: the resource with its version, or, without content or with an
// OperationOutcome, the ETag as that of the resource as it was sent. What the server computes, such
// as meta.lastUpdated and text, shows at the next read.
//
// What cannot be guarded: a PUT with _elements or _summary in its URL, by which a part would
// replace the whole; a server that does not announce versioned-update in its CapabilityStatement
// (rest.resource.versioning) may ignore If-Match, and not all look at it in DELETE, or at
// If-None-Match in PUT.
//
// Source: FHIR R4 and R5, RESTful API §3.1.0.6 "Managing Resource Contention" and "Version Read".
func FHIR() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "FHIR", Member: fhirVersion, Read: readFHIR, Form: formFHIR, Guard: guardByTag,
		ServerMembers: []jsonmerge.Pointer{{"meta", "lastUpdated"}}}
}

var fhirVersion = jsonmerge.Pointer{"meta", "versionId"}

func readFHIR(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	kind := text(content, jsonmerge.Pointer{"resourceType"})
	id := text(content, fhirVersion)
	version := string(ifmatch.EntityTag(answer))
	if version == "" && id != "" {
		version = `W/"` + id + `"`
	}
	switch {
	case answer.Request.Method == http.MethodGet || kind != "" && kind != "OperationOutcome":
		return content, version, nil
	case kind == "" && len(content) > 0 || version == "":
		return nil, "", nil
	}
	if id, ok := versionID(version); ok {
		return renewed(sent, fhirVersion, quoted(id)), version, nil
	}
	return nil, version, nil
}

// versionID returns the identifier in a tag such as W/"3".
func versionID(tag string) (string, bool) {
	if len(tag) < len(`W/"x"`) || tag[:3] != `W/"` {
		return "", false
	}
	return tag[3 : len(tag)-1], true
}

func formFHIR(w *http.Request, content []byte) ([]byte, error) {
	return content, whole(w, "_elements", "_summary")
}

package probe

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Member is a member of the content that looks like the resource's version.
type Member struct {
	Pointer string // JSON Pointer (RFC 6901)
	Value   string // JSON text: a number or a string
	Dialect string // the ready-made dialect that reads it, as Go source
}

// versionNames are where servers keep versions in their content, the more certain ones first.
var versionNames = []struct{ pointer, dialect string }{
	{"/metadata/resourceVersion", "dialect.Kubernetes()"},
	{"/_rev", "dialect.CouchDB()"},
	{"/@odata.etag", "dialect.OData()"},
	{"/@etag", "dialect.OData()"},
	{"/_seq_no", "dialect.Elasticsearch()"},
	{"/meta/versionId", "dialect.FHIR()"},
	{"/metageneration", "dialect.GCS()"},
	{"/sha", "dialect.GitHubContents(message)"},
	{"/etag", "dialect.Google()"},
	{"/_etag", ""},
	{"/version", ""},
	{"/lock_version", ""},
	{"/lockVersion", ""},
	{"/revision", ""},
	{"/rev", ""},
}

const maxVersion = 512 // bytes: what is longer is no version

func versionMembers(content []byte) []Member {
	if jsonmerge.Check(content, jsonmerge.Limits{}) != nil {
		return nil
	}
	var found []Member
	for _, n := range versionNames {
		raw, err := pointer(n.pointer).Get(content)
		if err != nil || len(raw) > maxVersion || !isScalar(raw) || string(raw) == `""` {
			continue
		}
		dialect := n.dialect
		if dialect == "" {
			dialect = "dialect.Version(dialect.VersionOptions{Member: " + quote(n.pointer) + "})"
		}
		found = append(found, Member{n.pointer, string(raw), dialect})
	}
	return found
}

// another returns content with another version in this member, of the same form: its last digit or
// letter is changed. It is never 0, which to some servers means any version.
func (m Member) another(content []byte) ([]byte, error) {
	raw := []byte(m.Value)
	i := bytes.LastIndexFunc(raw, func(r rune) bool {
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	})
	switch {
	case i < 0:
		return nil, jsonmerge.ErrNotFound
	case '2' <= raw[i] && raw[i] <= '9':
		raw[i]--
	case raw[i] == '0', raw[i] == '1':
		raw[i]++
	case raw[i] == 'a':
		raw[i] = 'b'
	default:
		raw[i] = 'a'
	}
	return pointer(m.Pointer).Set(content, raw)
}

// pointer parses a JSON Pointer that is known to be one.
func pointer(s string) jsonmerge.Pointer {
	p, _ := jsonmerge.ParsePointer(s)
	return p
}

// isScalar reports whether a JSON text is a string or a number.
func isScalar(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == '"' || raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}

// differences lists the places at which two JSON documents differ, as JSON Pointers; ok is false if
// they are not both JSON.
func differences(a, b []byte) (places []string, ok bool) {
	patch, err := jsonmerge.CreatePatch(a, b, nil)
	if err != nil {
		return nil, false
	}
	var ops []struct{ Path string }
	if json.Unmarshal(patch, &ops) != nil {
		return nil, false
	}
	for _, op := range ops {
		places = append(places, op.Path)
	}
	return places, true
}

// harmless returns two patches, as a merge patch (RFC 7396) and as a JSON Patch (RFC 6902), that
// set one member to the value that it has; name is the member. Where there is none to choose they
// are empty, and so is name. ok is false for content that is no JSON object.
func harmless(content []byte) (name string, merge, ops []byte, ok bool) {
	var doc map[string]json.RawMessage
	if json.Unmarshal(content, &doc) != nil || doc == nil {
		return "", nil, nil, false
	}
	merge, ops = []byte("{}"), []byte("[]")
	for n, value := range doc {
		if reservedName(n) || !isScalar(value) || len(value) > maxVersion || name != "" && name <= n {
			continue
		}
		name = n
		key, _ := json.Marshal(n)
		path, _ := json.Marshal(jsonmerge.Pointer{n}.String())
		merge = []byte("{" + string(key) + ":" + string(value) + "}")
		ops = []byte(`[{"op":"replace","path":` + string(path) + `,"value":` + string(value) + "}]")
	}
	return name, merge, ops, true
}

// reservedName reports names of members that servers manage themselves, or refuse to be told.
func reservedName(n string) bool {
	if n == "" || strings.ContainsAny(n[:1], "_@$") || n == "id" || n == "kind" || n == "apiVersion" {
		return true
	}
	for _, v := range versionNames {
		if v.pointer == "/"+n {
			return true
		}
	}
	return false
}

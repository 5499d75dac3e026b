package ifmatch

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Facts is what the answer to a write tells about the conflict, gathered from the members that
// servers commonly send. Every field may be zero: no server must send any of it. All of it is the
// server's word and good for showing to people and for deciding what to ask next; what goes into a
// write is fetched from the resource, never taken from here.
//
// Names are recognised in snake_case, camelCase, kebab-case and any mixture (current_version,
// currentVersion, current-version), at the top of the problem and inside the usual containers:
// error, errors, details, violations, causes, conflicts, issue, source, meta, data, context,
// innererror and a few more. An object called current, existing, actual, stored, latest, remote,
// server, record or item is the current representation; inside it, the short names in parentheses
// count too.
//
//	Fields          field, fields, property, attribute, param, parameter, pointer, target,
//	                expression, conflicting_field(s); the keys of an object "errors";
//	                path and name within a list of violations
//	CurrentValue    current_value, existing_value, actual_value, server_value, stored_value;
//	                current, existing, actual, stored when they are no objects
//	CurrentVersion  current_version, current_etag, current_revision; the same with existing,
//	                actual, server, latest or stored
//	                (version, version_id, etag, revision, rev, resource_version)
//	CurrentState    current_state, current_status, actual_state, actual_status (state, status)
//	RequiredStates  required_state(s), expected_state(s), allowed_state(s), valid_state(s); the
//	                same with status
//	ChangedBy       changed_by, modified_by, updated_by, edited_by, with or without last_; a
//	                string, or an object with display_name, name, username, login, email or id
//	ChangedAt       changed_at, modified_at, updated_at, edited_at, with or without last_ and also
//	                with _on; last_modified, last_updated (modified, updated); RFC 3339, an
//	                HTTP-date, or Unix seconds or milliseconds
//	Action          suggested_action, recommended_action, required_action, next_action, remedy,
//	                remediation, resolution
//
// Title, detail and message are prose and are never read.
type Facts struct {
	// Fields are the places in conflict, at most 64: a name or path as the server writes it, or,
	// when it begins with "/", a JSON Pointer (RFC 6901), also where the server wrote it as a URI
	// fragment (RFC 9457 §3). Field is the first of them.
	Fields []string
	Field  string

	// CurrentValue is the current value of the field in conflict.
	CurrentValue json.RawMessage

	// Current is the current representation, or a part of it.
	Current json.RawMessage

	// CurrentVersion is the current version, tag or revision, as text.
	CurrentVersion string

	// CurrentState is the state that the resource is in, RequiredStates are those in which it would
	// have worked.
	CurrentState   string
	RequiredStates []string

	// ChangedBy and ChangedAt tell who changed the resource last, and when.
	ChangedBy string
	ChangedAt time.Time

	// Action is what the server suggests to do.
	Action string
}

// Facts gathers what the problem tells about the conflict. It reads Extensions each time it is
// called.
func (p *Problem) Facts() Facts {
	f := factFinder{budget: maxFactObjects}
	f.look(p.Extensions, atTop, 0)
	if len(f.Fields) > 0 {
		f.Field = f.Fields[0]
	}
	return f.Facts
}

// Limits on the search.
const (
	maxFactObjects = 256
	maxFactDepth   = 6
	maxFields      = 64
)

// A place is where in a problem an object stands, which decides what its short names mean.
type place uint8

const (
	atTop       place = iota
	inViolation       // an element of a list of violations
	inCurrent         // the current representation
)

// Names are folded: ASCII letters and digits only, in lower case. In each list the first name that
// is present and fits wins; prefixed makes the combinations.
var (
	fieldNames = []string{"field", "fields", "fieldname", "property", "propertyname", "attribute",
		"param", "parameter", "pointer", "target", "expression",
		"conflictingfield", "conflictingfields", "conflictfield", "conflictfields"}
	violationNames = []string{"path", "name"}

	valueNames   = prefixed([]string{"current", "existing", "actual", "server", "stored"}, "value")
	versionNames = prefixed([]string{"current", "existing", "actual", "server", "latest", "stored"},
		"version", "versionid", "etag", "revision", "rev", "resourceversion")
	stateNames    = prefixed([]string{"current", "actual"}, "state", "status")
	requiredNames = prefixed([]string{"required", "expected", "allowed", "valid"},
		"state", "states", "status", "statuses")
	byNames = prefixed([]string{"", "last"}, "changedby", "modifiedby", "updatedby", "editedby")
	atNames = append(prefixed([]string{"", "last"}, "changedat", "modifiedat", "updatedat", "editedat",
		"changedon", "modifiedon", "updatedon", "editedon", "modifieddate", "modifieddatetime"),
		"lastmodified", "lastupdated", "lastchanged")
	actionNames = []string{"suggestedaction", "recommendedaction", "requiredaction", "nextaction",
		"remedy", "remediation", "resolution"}

	// Short names, for the current representation only.
	shortVersionNames = []string{"version", "versionid", "etag", "odataetag", "revision", "rev",
		"resourceversion"}
	shortStateNames = []string{"state", "status"}
	shortAtNames    = []string{"modified", "updated"}

	bareValueNames = []string{"current", "existing", "actual", "stored"} // a value unless it is an object
	currentNames   = []string{"current", "existing", "actual", "stored", "latest", "remote", "server",
		"currentresource", "existingresource", "currentrepresentation", "record", "item"}

	// Containers are searched in this order. An element of a list in one of the first group is a
	// violation.
	violationContainers = []string{"errors", "violations", "fieldviolations", "causes", "conflicts",
		"conflict", "invalidparams", "invalidfields", "issue", "issues", "problems"}
	otherContainers = []string{"error", "odataerror", "details", "detail", "source", "context",
		"meta", "metadata", "data", "info", "innererror", "properties", "extensions"}
)

func prefixed(prefixes []string, names ...string) []string {
	var all []string
	for _, prefix := range prefixes {
		for _, name := range names {
			all = append(all, prefix+name)
		}
	}
	return all
}

// factFinder walks through a problem, the outer objects first: what is said further out wins.
type factFinder struct {
	Facts
	budget int // objects still to be looked at
}

func (f *factFinder) look(o object, at place, depth int) {
	if f.budget--; f.budget < 0 || depth > maxFactDepth {
		return
	}
	m := foldNames(o)
	f.fields(m, fieldNames)
	if at == inViolation {
		f.fields(m, violationNames)
	}
	find(m, valueNames, &f.CurrentValue, anyValue)
	find(m, versionNames, &f.CurrentVersion, scalar)
	find(m, stateNames, &f.CurrentState, scalar)
	find(m, byNames, &f.ChangedBy, person)
	find(m, atNames, &f.ChangedAt, instant)
	find(m, actionNames, &f.Action, stringValue)
	find(m, requiredNames, &f.RequiredStates, texts)
	if at == inCurrent {
		find(m, shortVersionNames, &f.CurrentVersion, scalar)
		find(m, shortStateNames, &f.CurrentState, scalar)
		find(m, shortAtNames, &f.ChangedAt, instant)
	}
	find(m, bareValueNames, &f.CurrentValue, notObject)
	for _, name := range currentNames {
		if inner := objectValue(m[name]); inner != nil {
			find(m, []string{name}, &f.Current, anyValue)
			f.look(inner, inCurrent, depth+1)
		}
	}
	for _, name := range violationContainers {
		f.enter(m[name], inViolation, at, depth)
	}
	for _, name := range otherContainers {
		f.enter(m[name], at, at, depth)
	}
}

// enter looks into a container: an object, or a list whose elements stand at the place inList.
func (f *factFinder) enter(raw json.RawMessage, inList, at place, depth int) {
	if o := objectValue(raw); o != nil {
		f.look(o, at, depth+1)
		return
	}
	for _, element := range readList(raw) {
		if o := objectValue(element); o != nil {
			f.look(o, inList, depth+1)
		}
	}
}

// fields adds every place that o names under one of the names.
func (f *factFinder) fields(m map[string]json.RawMessage, names []string) {
	for _, name := range names {
		list, _ := texts(m[name])
		for _, s := range list {
			f.addField(s)
		}
	}
	// {"errors":{"email":["is taken"]}}, as Rails and ASP.NET write it.
	for name, raw := range objectValue(m["errors"]).sorted() {
		if c := raw[0]; c == '"' || c == '[' {
			f.addField(name)
		}
	}
}

func (f *factFinder) addField(s string) {
	if fragment, ok := strings.CutPrefix(s, "#/"); ok {
		if pointer, err := url.PathUnescape(fragment); err == nil {
			s = "/" + pointer
		}
	}
	if s != "" && len(f.Fields) < maxFields && !slices.Contains(f.Fields, s) {
		f.Fields = append(f.Fields, s)
	}
}

// foldNames indexes the members of o by folded name. Of names that fold alike the first in order
// counts.
func foldNames(o object) map[string]json.RawMessage {
	m := make(map[string]json.RawMessage, len(o))
	for name, raw := range o.sorted() {
		folded := fold(name)
		if _, taken := m[folded]; !taken {
			m[folded] = raw
		}
	}
	return m
}

// fold leaves of a name what does not depend on the spelling convention.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return -1
	}, name)
}

// find sets a fact that is not known yet to the first of the named members that has a suitable
// value.
func find[T any](m map[string]json.RawMessage, names []string, fact *T, read func(json.RawMessage) (T, bool)) {
	if !isZero(*fact) {
		return
	}
	for _, name := range names {
		if v, ok := read(m[name]); ok && !isZero(v) {
			*fact = v
			return
		}
	}
}

func isZero(v any) bool { return reflect.ValueOf(v).IsZero() }

func anyValue(raw json.RawMessage) (json.RawMessage, bool) { return raw, len(raw) > 0 }

func notObject(raw json.RawMessage) (json.RawMessage, bool) {
	return raw, len(raw) > 0 && raw[0] != '{'
}

// scalar reads a string, or a number with the digits that it was written with.
func scalar(raw json.RawMessage) (string, bool) {
	if len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9') {
		return string(raw), true
	}
	return stringValue(raw)
}

// texts reads a string or a list of strings.
func texts(raw json.RawMessage) ([]string, bool) {
	if s, ok := stringValue(raw); ok {
		return []string{s}, true
	}
	var all []string
	for _, element := range readList(raw) {
		if s, ok := stringValue(element); ok {
			all = append(all, s)
		}
	}
	return all, len(all) > 0
}

// person reads a name or an identifier, or the best of them in an object.
func person(raw json.RawMessage) (string, bool) {
	m := foldNames(objectValue(raw))
	for _, name := range []string{"displayname", "name", "username", "login", "email", "id"} {
		if s, ok := scalar(m[name]); ok && s != "" {
			return s, true
		}
	}
	return scalar(raw)
}

// instant reads a time. A number is in seconds up to the year 5138 and in milliseconds beyond that,
// where as milliseconds it says 1973 or later.
func instant(raw json.RawMessage) (time.Time, bool) {
	s, ok := scalar(raw)
	if !ok {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		if n < 1e11 {
			return time.Unix(n, 0).UTC(), true
		}
		return time.UnixMilli(n).UTC(), true
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	t, err := http.ParseTime(s)
	return t, err == nil
}

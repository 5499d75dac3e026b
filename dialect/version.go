package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// VersionOptions describe an API that guards writes by a version of its own. What is read is Member
// or Header, of which at least one is needed. A write carries the version in all of Member,
// ToHeader and ToQuery that are set, of which at least one is needed.
type VersionOptions struct {
	Name string // for people; default "version"

	// Member is a JSON Pointer to the version in the document: a number or a string, such as
	// "/version" or "/meta/rev". PUT and merge patches send it with the version that they are
	// guarded by; a JSON Patch tests it (RFC 6902 §4.6).
	Member string

	// Header is the field of an answer that holds the version, where the document does not.
	Header string

	// ToHeader is the field, ToQuery the parameter in which a write carries the version,
	// DeleteQuery one that only DELETE uses, as it has no content for Member.
	ToHeader, ToQuery, DeleteQuery string

	// Create says how to write only where there is nothing yet; by default Create is refused.
	// First, if set, is a version that means that there is nothing, such as 0: then a creation is a
	// write with that version.
	Create Creation
	First  string

	// ID is a JSON Pointer to the member that becomes the last segment of the URL of a document,
	// for PostToCollection.
	ID string

	// Receipt is a JSON Pointer to the new version in the answer to a write, where that is a
	// receipt and not the document, and what was sent is stored as it was sent.
	Receipt string

	// Kinds name the refusals of this API. The most specific entry counts. A bare 409 or 412 needs
	// none in Update and Save, which find out by fetching.
	Kinds map[Refusal]ifmatch.Kind
}

// Refusal describes answers that refuse a write. Zero fields fit every answer.
type Refusal struct {
	Status int    // of the answer
	Code   string // in its body, as in [ifmatch.Problem].Code
}

// Creation says how an API is asked to write only where there is nothing yet.
type Creation int

const (
	// NoCreation refuses to create.
	NoCreation Creation = iota

	// IfNoneMatch is PUT with If-None-Match: * (RFC 9110 §13.1.2).
	IfNoneMatch

	// WithoutVersion is PUT without a version, for servers that refuse it where there is a
	// document. A server that takes such a PUT for an unconditional one loses updates.
	WithoutVersion

	// PostToCollection is POST to the URL without its last segment, which the document has in the
	// member VersionOptions.ID.
	PostToCollection
)

// Version returns the dialect of an API that guards writes by a version, lock_version or revision
// of its own.
//
// The version in the answer to a write is trusted if the answer is the whole document (it has all
// members that were sent), if it is a Receipt, or if it is in Header and there is no content.
// Otherwise the next write fetches first.
//
// What cannot be guarded is refused: DELETE if the version is only in Member, a PATCH in a format
// that cannot carry it, a creation without a rule for it. Options that do not fit together are an
// error of every call.
func Version(o VersionOptions) *ifmatch.Dialect {
	v := &versions{VersionOptions: o}
	v.member, v.id, v.receipt = v.pointer("Member", o.Member), v.pointer("ID", o.ID), v.pointer("Receipt", o.Receipt)
	switch {
	case v.invalid != nil:
	case v.member == nil && o.Header == "":
		v.invalid = errors.New("VersionOptions: neither Member nor Header tells where to read the version")
	case v.member == nil && o.ToHeader == "" && o.ToQuery == "":
		v.invalid = errors.New("VersionOptions: none of Member, ToHeader and ToQuery tells where to write the version")
	case o.Create == PostToCollection && v.id == nil:
		v.invalid = errors.New("VersionOptions: PostToCollection needs ID")
	case o.Create < NoCreation || o.Create > PostToCollection:
		v.invalid = fmt.Errorf("VersionOptions: Create is %d", o.Create)
	}
	if v.Name == "" {
		v.Name = "version"
	}
	return &ifmatch.Dialect{Name: v.Name, Member: v.member, Read: v.read, Guard: v.guard, Kind: v.kind}
}

// versions carries out VersionOptions. A version is kept as JSON text where Member is set, so that
// 7 and "7" go back as they came, and as it is otherwise.
type versions struct {
	VersionOptions
	member, id, receipt jsonmerge.Pointer // nil: not set
	invalid             error
}

func (v *versions) pointer(option, s string) jsonmerge.Pointer {
	if s == "" {
		return nil
	}
	p, err := jsonmerge.ParsePointer(s)
	if err != nil && v.invalid == nil {
		v.invalid = fmt.Errorf("VersionOptions.%s: %w", option, err)
	}
	return p
}

func (v *versions) read(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	if v.invalid != nil {
		return nil, "", v.invalid
	}
	there := scalar(content, v.member)
	field := answer.Header.Get(v.Header)
	if v.member != nil {
		field = asScalar(field)
	}
	switch {
	case answer.Request.Method == http.MethodGet || covers(content, sent, nil):
		if there == "" {
			there = field
		}
		return content, there, nil
	case scalar(content, v.receipt) != "":
		return v.renewed(sent, scalar(content, v.receipt))
	case len(content) == 0 && field != "":
		return v.renewed(sent, field)
	}
	return nil, "", nil
}

// renewed is what was sent, under its new version.
func (v *versions) renewed(sent []byte, version string) ([]byte, string, error) {
	if v.member == nil {
		var text string
		if json.Unmarshal([]byte(version), &text) == nil {
			version = text // a receipt has it as a JSON string
		}
		return nil, version, nil
	}
	doc, err := with(sent, v.member, []byte(version))
	if err != nil {
		return nil, "", nil
	}
	return doc, version, nil
}

// scalar returns the number or string at p as it is written, or "".
func scalar(doc []byte, p jsonmerge.Pointer) string {
	if p == nil {
		return ""
	}
	raw, err := p.Get(doc)
	if err != nil || !isScalar(string(raw)) {
		return ""
	}
	return string(raw)
}

func isScalar(text string) bool {
	if text == "" || text == `""` || text[0] != '"' && text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	return strings.TrimSpace(text) == text && json.Valid([]byte(text))
}

// asScalar is a field's value as JSON text: a number if it looks like one.
func asScalar(field string) string {
	if field == "" || field[0] != '"' && isScalar(field) {
		return field
	}
	return string(quoted(field))
}

// guard makes a write one that takes effect on version alone; "" stands for a creation.
func (v *versions) guard(w *http.Request, version string, content []byte) ([]byte, error) {
	if v.invalid != nil {
		return nil, v.invalid
	}
	if version == "" {
		if v.First == "" {
			return v.create(w, content)
		}
		if version = v.First; v.member != nil {
			version = asScalar(version)
		}
	}
	plain, err := v.plain(version)
	if err != nil {
		return nil, err
	}
	carried, err := v.intoRequest(w, plain)
	switch {
	case err != nil:
		return nil, err
	case w.Method == http.MethodDelete && !carried:
		return nil, unable(w)
	case w.Method == http.MethodDelete:
		return nil, nil
	}
	return v.intoContent(w, version, content, carried)
}

// plain is the version without the quotes that it has as a JSON string, for fields and parameters.
func (v *versions) plain(version string) (string, error) {
	if v.member == nil {
		return version, nil
	}
	if !isScalar(version) {
		return "", fmt.Errorf("%w: %q is not a JSON number or string", ifmatch.ErrNoValidator, version)
	}
	plain := version
	if version[0] == '"' && json.Unmarshal([]byte(version), &plain) != nil {
		return "", fmt.Errorf("%w: %q is not a JSON string", ifmatch.ErrNoValidator, version)
	}
	return plain, nil
}

// intoRequest sets the field and the parameters that carry the version, and reports whether there
// is one for this method.
func (v *versions) intoRequest(w *http.Request, plain string) (carried bool, err error) {
	switch {
	case v.ToHeader == "":
	case http.CanonicalHeaderKey(v.ToHeader) == "If-Match":
		if err := ifmatch.ETag(plain).Guard(w); err != nil {
			return false, err
		}
	default:
		w.Header.Set(v.ToHeader, plain)
	}
	if v.ToQuery != "" {
		setQuery(w, v.ToQuery, plain)
	}
	onDelete := w.Method == http.MethodDelete && v.DeleteQuery != ""
	if onDelete {
		setQuery(w, v.DeleteQuery, plain)
	}
	return v.ToHeader != "" || v.ToQuery != "" || onDelete, nil
}

// intoContent puts the version into Member. A patch in a format that has no place for it is
// refused, unless the request carries the version elsewhere.
func (v *versions) intoContent(w *http.Request, version string, content []byte, carried bool) ([]byte, error) {
	switch {
	case v.member == nil:
		return content, nil
	case w.Method == http.MethodPut, w.Method == http.MethodPatch && mediaType(w) == mergePatch:
		return with(content, v.member, []byte(version))
	case w.Method == http.MethodPatch && mediaType(w) == jsonPatch:
		return testing(content, v.member, []byte(version))
	case carried:
		return content, nil
	}
	return nil, unable(w)
}

// create asks for a write only where there is nothing yet.
func (v *versions) create(w *http.Request, content []byte) ([]byte, error) {
	if w.Method != http.MethodPut || v.Create == NoCreation {
		return nil, errors.New("VersionOptions.Create does not tell how to create")
	}
	var err error
	if v.member != nil {
		if content, err = without(content, v.member); err != nil {
			return nil, err
		}
	}
	switch v.Create {
	case IfNoneMatch:
		return content, ifmatch.ETag("").Guard(w)
	case PostToCollection:
		name, err := toCollection(w.URL)
		if err != nil {
			return nil, err
		}
		w.Method = http.MethodPost
		return withNamed(content, v.id, name)
	}
	return content, nil
}

func (v *versions) kind(e *ifmatch.ResponseError) ifmatch.Kind {
	for _, r := range []Refusal{{e.StatusCode, e.Problem.Code}, {0, e.Problem.Code}, {e.StatusCode, ""}} {
		if k, ok := v.Kinds[r]; ok && r != (Refusal{}) {
			return k
		}
	}
	return ifmatch.Unknown
}

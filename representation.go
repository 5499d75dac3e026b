package ifmatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Representation is the state of a resource at one moment (RFC 9110 §3.2): the value together with
// the content it was decoded from and the validator of exactly that content. The validator travels
// with the value, so a write can only carry the validator of the version that it was derived from,
// whatever else was read from the same URL in between.
//
// # The value is a view
//
// Change Value freely; leave the other fields alone. A write does not send Value as encoding/json
// would print it: it takes the difference between what was fetched and what Value is now, and
// applies that difference to Content. So members that T does not know, their order, and every digit
// of every number survive.
//
//   - A struct: members without a field stay. A field with omitempty that becomes
//     empty is removed. A null that decoded to a zero stays null until the field is
//     changed. A member that encoding/json matched in another case keeps its
//     spelling and is not written twice.
//   - Arrays: elements are matched by a declared key ([Options].Keys, [Options].Rules,
//     or a struct tag such as `merge:"key=name"`), else by
//     content, never by index alone, and keep their unknown members when elements
//     are inserted, removed or moved around them.
//   - A type with MarshalJSON and UnmarshalJSON: what it prints is compared, before
//     and after; only if that differs, what it prints is written.
//   - map[string]any, any: as a struct that knows every member. A number that a
//     float64 cannot hold keeps its digits unless it is changed.
//   - [json.RawMessage]: the caller's own document, checked and sent as it is.
//   - []byte and string (these types themselves): any content, JSON or not, sent as
//     it is.
//
// A JSON document that does not mean one thing (a member twice in one object, a lone surrogate,
// invalid UTF-8) can be read but not written: the write is refused.
//
// # To be stored
//
// encoding/json stores a Representation whole: the value with its changes, every byte of Content,
// and what is known of an answer that told no validator. Another process, or the next run, goes on
// from it with [Save] as if nothing had been in between. What is stored is to be kept from
// strangers like the resource itself: Header may hold secrets.
//
// A Representation can also be rebuilt from its fields, for example for the round trip through an
// HTML form: URL, ETag (or LastModified) and Content are what a write needs, and Header's
// Content-Type, where it is not the usual one of T. After a write that left both validators empty
// the fields are not enough: store it with encoding/json.
//
// A Representation is a plain value; it is not safe for concurrent changes.
type Representation[T any] struct {
	Value T // the caller's, to read and to change

	URL          string      // the resource, after redirects of the GET
	ETag         ETag        // entity tag of Content, byte for byte; empty if there is none to rely on
	LastModified string      // Last-Modified field of Content, if it is old enough to be a strong validator
	Content      []byte      // as fetched, or as written; not to be changed
	Header       http.Header // header fields of the response that Content or the last write came with

	// Status is the status code of the answer to the write that this is the result of, such as 200,
	// 201 or 204, as it came over the wire. It is 0 where no answer of its own told, because it was
	// fetched: by a read, or by the look that follows a write whose answer was lost.
	Status int

	// unconfirmed says that Content is what a write sent, and that the answer did not tell the
	// validator of the result: the next write has to look first. receipt is the entity tag of that
	// answer, if it had one: what the look finds under the same tag is what the write made.
	unconfirmed bool
	receipt     ETag
}

// form says how values of a type stand for content.
type form int

const (
	formJSON     form = iota
	formVerbatim      // []byte: any content
	formText          // string: any content
	formRawJSON       // json.RawMessage: a JSON text as it is
)

func formOf[T any]() form {
	switch any((*T)(nil)).(type) {
	case *[]byte:
		return formVerbatim
	case *string:
		return formText
	case *json.RawMessage:
		return formRawJSON
	}
	return formJSON
}

// opaque reports that the content is not taken for JSON.
func (f form) opaque() bool { return f == formVerbatim || f == formText }

func (f form) mediaType() string {
	switch f {
	case formVerbatim:
		return "application/octet-stream"
	case formText:
		return "text/plain; charset=utf-8"
	}
	return "application/json"
}

// accept is the Accept field of every request for values of this form, reads and writes alike: a
// precondition is evaluated against the representation that the write's own fields select (RFC 9110
// §13.1).
func (f form) accept() string {
	if f.opaque() {
		return "*/*"
	}
	return "application/json, application/problem+json, */*;q=0.1"
}

// decode returns a fresh value for content: no two calls share memory.
func decode[T any](content []byte) (T, error) {
	var v T
	switch p := any(&v).(type) {
	case *[]byte:
		*p = bytes.Clone(content)
	case *string:
		*p = string(content)
	case *json.RawMessage:
		if err := jsonmerge.Check(content, jsonmerge.Limits{}); err != nil {
			return v, err
		}
		*p = bytes.Clone(content)
	default:
		if err := json.Unmarshal(content, &v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// encode returns what v stands for when there is no document to apply it to.
func encode[T any](v T) ([]byte, error) {
	switch p := any(&v).(type) {
	case *[]byte:
		return bytes.Clone(*p), nil
	case *string:
		return []byte(*p), nil
	case *json.RawMessage:
		if err := jsonmerge.Check(*p, jsonmerge.Limits{}); err != nil {
			return nil, err
		}
		return bytes.Clone(*p), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // what was not HTML before does not become it
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// rules tell how elements of arrays are recognised and, for merges, what a pair of changes means;
// see [Options].
type rules struct {
	keys  map[string][]string
	merge jsonmerge.Rules
}

// rulesOf returns the rules of T's struct tags, and the caller's after them.
func rulesOf[T any](r rules) (jsonmerge.Rules, error) {
	tags, err := jsonmerge.RulesFor[T]()
	if err != nil || r.merge.Len() == 0 {
		return tags, err
	}
	return tags.With(r.merge), nil
}

// render returns the content that the value stands for now. With an unchanged value it returns
// doc's own bytes, so that comparing bytes tells whether there is anything to write.
func render[T any](doc []byte, v T, r rules) ([]byte, error) {
	after, err := encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the value: %w", err)
	}
	if doc == nil || formOf[T]() != formJSON {
		return after, nil
	}
	fetched, err := decode[T](doc)
	if err != nil {
		return nil, fmt.Errorf("decoding the content: %w", err)
	}
	before, err := encode(fetched)
	if err != nil {
		return nil, fmt.Errorf("encoding the value as fetched: %w", err)
	}
	return applyChange[T](doc, before, after, r)
}

// applyChange makes the change between two contents in a third, in which everything else stays as
// it is.
func applyChange[T any](doc, before, after []byte, r rules) ([]byte, error) {
	all, err := rulesOf[T](r)
	if err != nil {
		return nil, err
	}
	edited, err := jsonmerge.Edit(doc, before, after, &jsonmerge.EditOptions{Keys: r.keys, Rules: all})
	if err != nil {
		return nil, fmt.Errorf("applying the change to the document: %w", err)
	}
	return edited, nil
}

// carriedOver returns what to write over what the server made of a content that was sent: the
// change since then, made in the server's document. What is no JSON value, or the caller's own
// document, is written as it is.
func carriedOver[T any](sent, local, fetched []byte, r rules) ([]byte, error) {
	if formOf[T]() != formJSON || bytes.Equal(sent, fetched) {
		return local, nil
	}
	return applyChange[T](fetched, sent, local, r)
}

package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// This file reads and writes single members of documents, on their bytes, so that everything around
// them stays as it is.

const (
	jsonPatch  = "application/json-patch+json"  // RFC 6902
	mergePatch = "application/merge-patch+json" // RFC 7396
)

// text returns the string at p, or "" if there is none.
func text(doc []byte, p jsonmerge.Pointer) string {
	raw, err := p.Get(doc)
	if err != nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func has(doc []byte, p jsonmerge.Pointer) bool {
	_, err := p.Get(doc)
	return err == nil
}

// quoted is s as a JSON text.
func quoted(s string) []byte {
	b, _ := json.Marshal(s) // which every string has
	return b
}

// with returns doc with value at p. Objects above p are made where they are missing.
func with(doc []byte, p jsonmerge.Pointer, value []byte) ([]byte, error) {
	for i := 1; i < len(p); i++ {
		if _, err := p[:i].Get(doc); errors.Is(err, jsonmerge.ErrNotFound) {
			if doc, err = p[:i].Set(doc, []byte("{}")); err != nil {
				break
			}
		}
	}
	out, err := p.Set(doc, value)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be set in the content: %w", p, err)
	}
	return out, nil
}

// without returns doc without the member at p.
func without(doc []byte, p jsonmerge.Pointer) ([]byte, error) {
	out, err := p.Remove(doc)
	if errors.Is(err, jsonmerge.ErrNotFound) {
		return doc, nil
	}
	return out, err
}

// renewed returns what was sent with the value that the member at p has now, or nil, which stands
// for sent, if it does not show that member.
func renewed(sent []byte, p jsonmerge.Pointer, value []byte) []byte {
	if !has(sent, p) {
		return nil
	}
	doc, err := p.Set(sent, value)
	if err != nil {
		return nil
	}
	return doc
}

// withNamed returns the document to create with its name at p. A document that has another name is
// refused: it would appear under another URL than the caller's.
func withNamed(doc []byte, p jsonmerge.Pointer, name string) ([]byte, error) {
	raw, err := p.Get(doc)
	switch {
	case err != nil || string(raw) == `""` || string(raw) == "null":
		return with(doc, p, quoted(name))
	case text(doc, p) != name && string(raw) != name: // a number names too
		return nil, fmt.Errorf("%s is not %q, the name in the URL", p, name)
	}
	return doc, nil
}

// covers reports whether an answer's content shows the whole resource: an object with all members
// of what was sent, and not a receipt about the write. Names for which beside reports true need not
// be there; nil is none.
func covers(content, sent []byte, beside func(name string) bool) bool {
	var there, wanted map[string]json.RawMessage
	if json.Unmarshal(content, &there) != nil || json.Unmarshal(sent, &wanted) != nil || len(wanted) == 0 {
		return false
	}
	return includes(there, wanted, beside)
}

func includes(there, wanted map[string]json.RawMessage, beside func(name string) bool) bool {
	for name, value := range wanted {
		if beside != nil && beside(name) {
			continue
		}
		now, ok := there[name]
		if !ok {
			return false
		}
		var inner, innerWanted map[string]json.RawMessage
		if json.Unmarshal(value, &innerWanted) == nil && json.Unmarshal(now, &inner) == nil &&
			!includes(inner, innerWanted, beside) {
			return false
		}
	}
	return true
}

// mediaType returns the media type of a request's content, in lower case and without parameters.
func mediaType(r *http.Request) string {
	t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return t
}

// testing returns the JSON Patch with a test of the member at p put before all else (RFC 6902
// §4.6). Operations that would write there fall away: what stands there is the server's.
func testing(patch []byte, p jsonmerge.Pointer, value []byte) ([]byte, error) {
	ops, err := operations(patch, p)
	return joined(append([]json.RawMessage{operation("test", p, value)}, ops...)), err
}

// setting returns the JSON Patch with the member at p set after all else, which may have replaced
// what is around it.
func setting(patch []byte, p jsonmerge.Pointer, value []byte) ([]byte, error) {
	ops, err := operations(patch, p)
	return joined(append(ops, operation("add", p, value))), err
}

func operation(op string, p jsonmerge.Pointer, value []byte) json.RawMessage {
	return fmt.Appendf(nil, `{"op":%q,"path":%s,"value":%s}`, op, quoted(p.String()), value)
}

// operations lists those of a JSON Patch that do not write at p themselves.
func operations(patch []byte, p jsonmerge.Pointer) (ops []json.RawMessage, err error) {
	if err = json.Unmarshal(patch, &ops); err != nil {
		return nil, fmt.Errorf("the patch is not a list of operations: %w", err)
	}
	return slices.DeleteFunc(ops, func(raw json.RawMessage) bool {
		var o struct{ Op, Path string }
		return json.Unmarshal(raw, &o) == nil && o.Path == p.String() && o.Op != "test"
	}), nil
}

func joined(ops []json.RawMessage) []byte {
	out := []byte{'['}
	for i, raw := range ops {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, raw...)
	}
	return append(out, ']')
}

// toCollection turns the URL of a member into that of its collection, and returns the member's
// name.
func toCollection(u *url.URL) (name string, err error) {
	all := strings.TrimSuffix(u.EscapedPath(), "/")
	i := strings.LastIndexByte(all, '/')
	if i < 0 || i == len(all)-1 {
		return "", errors.New("the URL has no last segment that could name a new member of a collection")
	}
	if name, err = url.PathUnescape(all[i+1:]); err != nil {
		return "", err
	}
	u.RawPath = all[:i]
	u.Path, err = url.PathUnescape(u.RawPath)
	return name, err
}

// whole refuses to replace a resource by the part of it that one of the parameters selected.
func whole(w *http.Request, parameters ...string) error {
	if w.Method != http.MethodPut {
		return nil
	}
	q := w.URL.Query()
	for _, name := range parameters {
		if q.Has(name) {
			return fmt.Errorf("the parameter %s reads a part, which must not replace the whole", name)
		}
	}
	return nil
}

// guardByTag guards as RFC 9110 §13.1 does. A dialect that names it refuses, unlike one without a
// Guard, what is guarded by a date.
func guardByTag(w *http.Request, version string, content []byte) ([]byte, error) {
	return content, ifmatch.ETag(version).Guard(w)
}

// unable is the error for a request that a family has no guarded form of.
func unable(w *http.Request) error {
	if t := mediaType(w); w.Method == http.MethodPatch && t != "" {
		return fmt.Errorf("a PATCH with %q cannot be guarded here", t)
	}
	return fmt.Errorf("a %s cannot be guarded here", w.Method)
}

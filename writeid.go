package ifmatch

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// writeID is the identifier that one write leaves in the resource, so that it can be recognised
// when its answer was lost ([Options].WriteID). Content alone cannot prove a write: two clients
// that add one to the same number write the same.
//
// An identifier is 16 random characters, a dot, and 8 characters that name the version which the
// write was made from. A version has one successor at most, so the identifier of another write that
// was made from the same version proves that this one did not take effect.
type writeID struct {
	place  idPlace
	id     string
	before string   // the newest identifier before this one; "" if there was none
	base   []string // all that the version which the write was made from shows
	unique bool     // the version that it names does not come back
}

// idPlace is where identifiers are left.
type idPlace struct {
	pointer jsonmerge.Pointer // in the document
	field   string            // or a header field; "" if it is in the document
	window  int               // how many a list keeps
	list    bool              // the place holds an array of the newest identifiers
}

const (
	idRandom  = 16
	idVersion = 8

	// leastForeignID is how many characters an identifier of other programs has at least: that of a
	// UUID without hyphens is twice as long.
	leastForeignID = 16
)

// errForeign reports a place for identifiers that holds something else.
var errForeign = errors.New("it holds something that is no write identifier, and is not overwritten")

// newIDPlace reads [Options].WriteID: a JSON Pointer, or the name of a header field. A list keeps
// as many identifiers as the window.
func newIDPlace(text string, window int) (idPlace, error) {
	p := idPlace{window: window}
	if text != "" && !strings.HasPrefix(text, "/") {
		if strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return p, fmt.Errorf("%s is neither a JSON Pointer nor the name of a header field", quote(text))
		}
		p.field = http.CanonicalHeaderKey(text)
		if slices.Contains(conditionFields, p.field) || slices.Contains(fieldsWithMeaning, p.field) {
			return p, fmt.Errorf("the field %s has a meaning of its own", quote(text))
		}
		return p, nil
	}
	text, p.list = strings.CutSuffix(text, "/-")
	var err error
	p.pointer, err = jsonmerge.ParsePointer(text)
	return p, err
}

// fieldsWithMeaning are fields that an identifier would change the meaning of a request in.
var fieldsWithMeaning = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Encoding",
	"Content-Language", "Content-Length", "Content-Location", "Content-Range", "Content-Type", "Cookie", "Date", "Etag",
	"Expect", "Host", "Idempotency-Key", "Keep-Alive", "Last-Modified", "Location", "Origin", "Pragma", "Prefer",
	"Proxy-Authorization", "Range", "Referer", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via",
	"X-Idempotency-Key",
}

// newID makes an identifier for a write of the version that the condition names.
func (p idPlace) newID(condition precondition) *writeID {
	sum := sha256.Sum256([]byte(condition.String()))
	version := base64.RawURLEncoding.EncodeToString(sum[:])[:idVersion]
	return &writeID{place: p, id: rand.Text()[:idRandom] + "." + version,
		unique: condition.form != unconditional}
}

// leaveInField puts the identifier into the fields of the write, if the version that the write was
// made from shows nothing else there.
func (w *writeID) leaveInField(write, from http.Header) error {
	field := w.place.field
	if held := from.Get(field); held != "" {
		if !likeID(held) {
			return fmt.Errorf("leaving the write identifier in the field %s: %w", quote(field), errForeign)
		}
		w.before, w.base = held, []string{held}
	}
	write.Set(field, w.id)
	return nil
}

// leave puts the identifier into the document that is written.
func (w *writeID) leave(doc []byte) ([]byte, error) {
	p := &w.place
	doc, ids, err := p.read(doc)
	if err != nil {
		return nil, fmt.Errorf("leaving the write identifier at %s: %w", quote(p.pointer.String()), err)
	}
	type op struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	path := p.pointer.String()
	var ops []op
	if p.list && ids == nil {
		ops = append(ops, op{"add", path, []string{w.id}}) // makes the array, or fills it
	} else if p.list {
		ops = append(ops, op{"add", path + "/-", w.id})
		surplus := len(ids) + 1 - p.window
		for i, id := range ids {
			if surplus > 0 && ours(id) {
				surplus--
				ops = append(ops, op{Op: "remove", Path: fmt.Sprintf("%s/%d", path, i-(len(ops)-1))})
			}
		}
	} else {
		ops = append(ops, op{"add", path, w.id}) // adds the member, or replaces it (RFC 6902 §4.1)
	}
	if n := len(ids); n > 0 {
		w.before, w.base = ids[n-1], ids
	}
	patch, err := json.Marshal(ops)
	if err == nil {
		doc, err = jsonmerge.ApplyPatch(doc, patch, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("leaving the write identifier at %s: %w", quote(path), err)
	}
	return doc, nil
}

// read returns the identifiers that the document holds, and the document with the object in which
// they are to stand, if that alone was missing. It says whether the place is a list.
func (p *idPlace) read(doc []byte) ([]byte, []string, error) {
	v, err := p.pointer.Get(doc)
	if err != nil {
		return p.makeParent(doc), nil, nil
	}
	var ids []string
	var id *string
	switch {
	case json.Unmarshal(v, &id) == nil:
		switch {
		case id == nil || !p.list && *id == "":
			return doc, nil, nil
		case !p.list && likeID(*id):
			return doc, []string{*id}, nil
		}
		return nil, nil, errForeign
	case json.Unmarshal(v, &ids) == nil:
		p.list = true
		return doc, ids, nil
	}
	return nil, nil, errForeign
}

// makeParent adds the object that the place is in, where only that is missing: the annotations of
// an object that has none.
func (p *idPlace) makeParent(doc []byte) []byte {
	if len(p.pointer) < 2 {
		return doc
	}
	parent := p.pointer[:len(p.pointer)-1]
	if _, err := parent.Get(doc); err == nil {
		return doc
	}
	if with, err := parent.Set(doc, []byte("{}")); err == nil {
		return with
	}
	return doc
}

// ours reports whether an identifier is one of this package's.
func ours(id string) bool {
	return len(id) == idRandom+1+idVersion && id[idRandom] == '.' && likeID(id)
}

// likeID reports whether a text can be an identifier, and not something for people.
func likeID(s string) bool {
	return len(s) >= leastForeignID && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("-_.~", r)
	})
}

// identifier says how a write can be recognised ([Options].WriteID).
type identifier uint8

const (
	noIdentifier     identifier = iota
	singleIdentifier            // it holds the identifier of the newest write alone
	listIdentifier              // it holds those of the newest writes
)

var identifierNames = [...]string{"no identifier", "one identifier", "a list of identifiers"}

func (i identifier) String() string { return identifierNames[i] }

// kind says how the write can be recognised.
func (w *writeID) kind() identifier {
	switch {
	case w == nil:
		return noIdentifier
	case w.place.list:
		return listIdentifier
	}
	return singleIdentifier
}

// recognise reports whether content and header of a version show the identifier, and if not,
// whether that proves that the write did not take effect. Two things do:
//
//   - The identifier of another write that was made from the same version. It does not count where a
//     version may come back (hash). Absence does come back, but then what is there now is another
//     write's creation all the same.
//   - An array that goes on after the identifier that was the newest before this write: it reaches
//     back so far, and would have this write's too. An array that was empty proves nothing so: it
//     may have been cleared.
func (w *writeID) recognise(content []byte, header http.Header, hash bool) (there, excluded bool) {
	if w == nil || content == nil {
		return false, false
	}
	ids := w.place.shown(content, header)
	if slices.Contains(ids, w.id) {
		return true, false
	}
	if w.unique && !hash && slices.ContainsFunc(ids, func(id string) bool {
		return ours(id) && id[idRandom:] == w.id[idRandom:] && !slices.Contains(w.base, id)
	}) {
		return false, true
	}
	i := slices.Index(ids, w.before)
	return false, w.before != "" && i >= 0 && i < len(ids)-1
}

// shown returns the identifiers that a version shows.
func (p idPlace) shown(content []byte, header http.Header) (ids []string) {
	if p.field != "" {
		return []string{header.Get(p.field)}
	}
	v, err := p.pointer.Get(content)
	if err != nil {
		return nil
	}
	var id string
	if json.Unmarshal(v, &id) == nil {
		return []string{id}
	}
	if json.Unmarshal(v, &ids) != nil {
		return nil
	}
	return ids
}

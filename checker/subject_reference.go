package checker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/ifmatch-go/ifmatch/checker/reference"
)

// referee is the reference client as a subject.
type referee struct{ c *reference.Client }

// Reference makes the reference client a subject, with a bug or without.
func Reference(bug reference.Bug) Maker {
	return func(hc *http.Client, p Product) Subject {
		client := *hc
		client.Timeout = patience
		c := &reference.Client{HTTP: &client, Bug: bug}
		switch p[Identifiers] {
		case IDList:
			c.Identifier = reference.List
		case IDMember:
			c.Identifier = reference.Member
		}
		return referee{c}
	}
}

func docOf(o reference.Object) Doc {
	var d Doc
	b, _ := json.Marshal(o)
	_ = json.Unmarshal(b, &d)
	return d.Clone()
}

// into writes the members of a document over those of an object.
func into(o reference.Object, d Doc) reference.Object {
	b, _ := json.Marshal(o)
	out := reference.Object{}
	_ = json.Unmarshal(b, &out)
	b, _ = json.Marshal(d.Clone())
	_ = json.Unmarshal(b, &out)
	return out
}

func referred(h reference.Held, err error) (Base, error) {
	return Base{Doc: docOf(h.Object), Known: h.Known, Own: h}, err
}

func (s referee) Get(ctx context.Context, url string) (Base, error) {
	return referred(s.c.Get(ctx, url))
}

func onObject(edit func(*Doc)) reference.Edit {
	return func(o reference.Object) {
		d := docOf(o)
		before := StateOf(d)
		edit(&d)
		if StateOf(d) == before {
			return
		}
		for name, v := range into(o, d) {
			o[name] = v
		}
	}
}

func (s referee) Update(ctx context.Context, url string, edit func(*Doc)) (Base, error) {
	return referred(s.c.Update(ctx, url, onObject(edit), false))
}

func (s referee) Ensure(ctx context.Context, url string, edit func(*Doc)) (Base, error) {
	return referred(s.c.Update(ctx, url, onObject(edit), true))
}

func (s referee) Save(ctx context.Context, b Base, doc Doc, merge bool) (Base, error) {
	h := b.Own.(reference.Held)
	var fn reference.Merge
	if merge {
		fn = func(base, local, newest reference.Object) (reference.Object, bool) {
			d, ok := MergeDocs(docOf(base), docOf(local), docOf(newest))
			return into(newest, d), ok
		}
	}
	return referred(s.c.Save(ctx, h, into(h.Object, doc), fn))
}

func (s referee) Put(ctx context.Context, b Base, doc Doc) (Base, error) {
	return s.Save(ctx, b, doc, false)
}

func (s referee) Create(ctx context.Context, url string, doc Doc) (Base, error) {
	return referred(s.c.Create(ctx, url, into(nil, doc)))
}

func (s referee) Delete(ctx context.Context, b Base) error {
	return s.c.Delete(ctx, b.Own.(reference.Held))
}

func (s referee) Patch(ctx context.Context, b Base, mediaType string, patch []byte) (Base, error) {
	return referred(s.c.Patch(ctx, b.Own.(reference.Held), mediaType, patch))
}

func (s referee) Class(err error) Class {
	switch {
	case errors.Is(err, reference.ErrUncertain):
		return Uncertain
	case errors.Is(err, reference.ErrConflict):
		return Conflict
	default:
		return Refused
	}
}

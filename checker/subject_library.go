package checker

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// library is the library as a subject. It is known by its public documentation alone.
type library struct {
	c    *ifmatch.Client
	list bool // a creation brings a list for the identifiers
}

// Library makes the library a subject.
func Library(hc *http.Client, p Product) Subject {
	o := &ifmatch.Options{HTTPClient: hc, MaxWait: time.Millisecond, MaxElapsed: time.Hour, Timeout: patience}
	switch p[Identifiers] {
	case IDList:
		o.WriteID = "/ids"
	case IDMember:
		o.WriteID = "/wid"
	}
	return library{ifmatch.New(o), p[Identifiers] == IDList}
}

func based(u *ifmatch.Representation[Doc], err error) (Base, error) {
	if err != nil || u == nil {
		return Base{}, err
	}
	return Base{Doc: u.Value.Clone(), Known: len(u.Content) > 0, Own: u}, nil
}

// with returns a copy of a representation with another value, as a caller would change it.
func with(b Base, d Doc) *ifmatch.Representation[Doc] {
	u := *b.Own.(*ifmatch.Representation[Doc])
	u.Value = d
	return &u
}

func editing(edit func(*Doc)) func(*Doc) error {
	return func(d *Doc) error {
		edit(d)
		return nil
	}
}

func (l library) Get(ctx context.Context, url string) (Base, error) {
	return based(ifmatch.Get[Doc](ctx, l.c, url))
}

func (l library) Update(ctx context.Context, url string, edit func(*Doc)) (Base, error) {
	return based(ifmatch.Update(ctx, l.c, url, editing(edit)))
}

func (l library) Ensure(ctx context.Context, url string, edit func(*Doc)) (Base, error) {
	return based(ensure(ctx, l.c, url, editing(edit)))
}

func (l library) Save(ctx context.Context, b Base, doc Doc, merge bool) (Base, error) {
	var fn ifmatch.MergeFunc[Doc]
	if merge {
		fn = ifmatch.ThreeWay[Doc]
	}
	return based(ifmatch.Save(ctx, l.c, with(b, doc), fn))
}

func (l library) Put(ctx context.Context, b Base, doc Doc) (Base, error) {
	return based(ifmatch.Put(ctx, l.c, with(b, doc)))
}

func (l library) Create(ctx context.Context, url string, doc Doc) (Base, error) {
	if !l.list {
		return based(ifmatch.Create(ctx, l.c, url, doc))
	}
	u, err := ifmatch.Create(ctx, l.c, url, listed{doc, []string{}})
	if err != nil || u.ETag == "" {
		return Base{}, err // a representation that is put together anew has to have its tag
	}
	return based(&ifmatch.Representation[Doc]{
		Value: u.Value.Doc, URL: u.URL, ETag: u.ETag, LastModified: u.LastModified, Content: u.Content, Header: u.Header,
	}, nil)
}

func (l library) Delete(ctx context.Context, b Base) error {
	return ifmatch.Delete(ctx, l.c, with(b, b.Doc))
}

func (l library) Patch(ctx context.Context, b Base, mediaType string, patch []byte) (Base, error) {
	return based(ifmatch.Patch(ctx, l.c, with(b, b.Doc), mediaType, patch))
}

func (l library) Class(err error) Class {
	var conflict *ifmatch.ConflictError
	switch {
	case err == nil:
		return Success
	case errors.Is(err, ifmatch.ErrUncertain):
		return Uncertain
	case errors.Is(err, ifmatch.ErrNoValidator), errors.Is(err, ifmatch.ErrRefusedTag):
		return Refused // whatever it met, this is why it stopped
	case errors.As(err, &conflict):
		return Conflict
	default:
		return Refused
	}
}

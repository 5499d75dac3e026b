package checker

import (
	"context"
	"net/http"
)

// Class is what a call claims about itself.
type Class int

// The classes of outcomes.
const (
	Success   Class = iota
	Conflict        // it met somebody else's change, and took no effect
	Refused         // it failed otherwise, and took no effect
	Uncertain       // it may have taken effect, once
	Skipped         // it was not begun, because nothing could be fetched before it
)

var classNames = []string{"success", "conflict", "refused", "uncertain", "skipped"}

func (c Class) String() string { return classNames[c] }

// Base is what a call starts from: a document as the client decoded it, and what the client keeps with
// it. Known reports that the document is known: an answer need not show it.
type Base struct {
	Doc   Doc
	Known bool
	Own   any
}

// Subject is a client under test. A call returns the new state and an error, which Class reads.
type Subject interface {
	Get(ctx context.Context, url string) (Base, error)
	Update(ctx context.Context, url string, edit func(*Doc)) (Base, error)
	Ensure(ctx context.Context, url string, edit func(*Doc)) (Base, error)
	// Save writes doc, derived from b: with merge, by the rules of MergeDocs; without, the first
	// conflict ends it.
	Save(ctx context.Context, b Base, doc Doc, merge bool) (Base, error)
	Put(ctx context.Context, b Base, doc Doc) (Base, error)
	Create(ctx context.Context, url string, doc Doc) (Base, error)
	Delete(ctx context.Context, b Base) error
	Patch(ctx context.Context, b Base, mediaType string, patch []byte) (Base, error)
	Class(err error) Class
}

// Maker makes a subject that sends through the given client, for origins of a product. Several
// goroutines may use one subject.
type Maker func(hc *http.Client, p Product) Subject

package ifmatch

import (
	"context"
	"errors"
	"fmt"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// ErrUnresolved is what a [MergeFunc] returns, alone or wrapped, when it cannot decide: [FirstOf]
// then asks the next one, and without a next one the conflict is the caller's, as a [ConflictError]
// that holds all sides.
var ErrUnresolved = errors.New("the merge is left to be decided")

// Conflict is what a [MergeFunc] has to decide: the value that the caller started from, the
// caller's, and the newest one of the server.
//
// Base and Local are the same in every round of one Save; only Remote moves on. The values are
// fresh copies, and may be changed and returned.
type Conflict[T any] struct {
	Base   T // what the caller's change started from
	Local  T // with the caller's change
	Remote T // the newest state of the resource; zero if RemoteDeleted

	RemoteDeleted   bool // the resource is gone: a value returned now creates it anew
	RemoteRecreated bool // it was deleted and created again: Remote descends from another Base

	Refusal *ResponseError // the answer that refused the write; nil if a fetch alone showed the conflict
	Round   int            // counts the merges of this Save, from 1

	// The contents as they went over the wire, with all that T does not show. Not to be changed.
	// RemoteContent is nil if RemoteDeleted.
	BaseContent, LocalContent, RemoteContent []byte

	rules rules
}

// MergeFunc decides a conflict. It is called with the base that the caller started from, the
// caller's value and the newest state, and returns the value to write. The write is guarded by the
// validator of Remote, and may lose again; then the function is called once more, with a newer
// Remote.
//
//   - Returning Remote unchanged keeps the server's state: nothing is written.
//   - Returning Local overwrites: what others changed meanwhile is lost, knowingly.
//   - Returning an error ends the Save; it is the Cause of the [ConflictError].
//     [ErrUnresolved] leaves the decision to [FirstOf]'s next function or to a
//     person, and [Deleted] accepts that the resource is gone.
//
// It must be a function of its arguments: it may run any number of times. What T does not show is
// taken from the remote content.
type MergeFunc[T any] func(context.Context, Conflict[T]) (T, error)

// KeepLocal is the [MergeFunc] that overwrites: the caller's value wins whole, and changes that
// others made to the members that T shows are lost. A deleted resource is created anew.
func KeepLocal[T any](_ context.Context, c Conflict[T]) (T, error) { return c.Local, nil }

// KeepRemote is the [MergeFunc] that discards: the caller's change is dropped and nothing is
// written. If the resource is gone it returns [Deleted].
func KeepRemote[T any](_ context.Context, c Conflict[T]) (T, error) {
	if c.RemoteDeleted {
		return c.Remote, Deleted
	}
	return c.Remote, nil
}

// ThreeWay is the [MergeFunc] that keeps both changes where they do not touch the same thing, and
// otherwise returns [ErrUnresolved] together with a [jsonmerge.ConflictError] (for text a
// [jsonmerge.TextConflictError]) that lists the places.
//
// JSON is merged member by member on the contents, by the rules of package jsonmerge; struct tags
// of T (`merge:"..."`, see [jsonmerge.RulesFor]) and [Options].Rules choose other rules for single
// members. []byte and string are merged line by line. A deleted resource is the error [Deleted], a
// re-created one [Recreated].
func ThreeWay[T any](_ context.Context, c Conflict[T]) (T, error) {
	var none T
	switch {
	case c.RemoteDeleted:
		return none, Deleted
	case c.RemoteRecreated:
		return none, Recreated
	}
	// A strategy above this one may have changed the values: they count, not the contents that they
	// came from.
	base, err := render(c.BaseContent, c.Base, c.rules)
	if err != nil {
		return none, err
	}
	local, err := render(c.LocalContent, c.Local, c.rules)
	if err != nil {
		return none, err
	}
	remote, err := render(c.RemoteContent, c.Remote, c.rules)
	if err != nil {
		return none, err
	}
	merged, err := mergeContents[T](base, local, remote, c.rules)
	if err != nil {
		return none, err
	}
	return decode[T](merged)
}

func mergeContents[T any](base, local, remote []byte, r rules) (merged []byte, err error) {
	var inJSON *jsonmerge.ConflictError
	var inText *jsonmerge.TextConflictError
	switch formOf[T]() {
	case formVerbatim, formText:
		merged, err = jsonmerge.MergeText(base, local, remote, nil)
	default:
		var all jsonmerge.Rules
		if all, err = rulesOf[T](r); err != nil {
			return nil, err
		}
		merged, err = jsonmerge.Merge(base, local, remote, &jsonmerge.Options{Rules: all})
	}
	if errors.As(err, &inJSON) || errors.As(err, &inText) {
		return nil, fmt.Errorf("%w: %w", ErrUnresolved, err)
	}
	return merged, err
}

// Field decides one field with merge, and the rest of the value with rest, which never sees a
// conflict in that field. of returns the address of the field in the value that it is given.
//
//	ifmatch.Field(func(d *Doc) *int { return &d.Hits }, addBoth, ifmatch.ThreeWay[Doc])
//
// Field composes: rest may be another Field.
func Field[T, F any](of func(*T) *F, merge func(base, local, remote F) (F, error), rest MergeFunc[T]) MergeFunc[T] {
	return func(ctx context.Context, c Conflict[T]) (T, error) {
		if c.RemoteDeleted || c.RemoteRecreated {
			return rest(ctx, c) // there is nothing to merge the field with
		}
		base, local, remote := of(&c.Base), of(&c.Local), of(&c.Remote)
		if base == nil || local == nil || remote == nil {
			var none T
			return none, errors.New("ifmatch: Field: the function for the field's address returned nil")
		}
		merged, err := merge(*base, *local, *remote)
		if err != nil {
			return c.Remote, err
		}
		*local, *remote = merged, merged
		v, err := rest(ctx, c)
		if err != nil {
			return v, err
		}
		p := of(&v)
		if p == nil {
			return v, errors.New("ifmatch: Field: the function for the field's address returned nil")
		}
		*p = merged
		return v, nil
	}
}

// FirstOf asks the functions in turn until one decides: one that returns [ErrUnresolved] leaves the
// conflict, as it was, to the next. What the last one returns stands.
func FirstOf[T any](merges ...MergeFunc[T]) MergeFunc[T] {
	return func(ctx context.Context, c Conflict[T]) (v T, err error) {
		err = ErrUnresolved
		for _, m := range merges {
			fresh, ferr := c.clone()
			if ferr != nil {
				return v, ferr
			}
			if v, err = m(ctx, fresh); !errors.Is(err, ErrUnresolved) {
				return v, err
			}
		}
		return v, err
	}
}

// clone returns the conflict with values of its own, so that one function's changes do not show to
// the next.
func (c Conflict[T]) clone() (Conflict[T], error) {
	for _, side := range []struct {
		value   *T
		content []byte
	}{{&c.Base, c.BaseContent}, {&c.Local, c.LocalContent}, {&c.Remote, c.RemoteContent}} {
		if side.content == nil {
			continue
		}
		content, err := render(side.content, *side.value, c.rules)
		if err == nil {
			*side.value, err = decode[T](content)
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

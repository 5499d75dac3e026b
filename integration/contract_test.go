package integration_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A row is one clause of the contract.
type row[T any] struct {
	name string
	try  func(*testing.T, *exam[T])
}

// contract is what ifmatch promises on every server.
func contract[T any]() []row[T] {
	return []row[T]{
		{"read", readGivesContentAndValidator[T]},
		{"conditional write", writesChain[T]},
		{"stale write", staleWriteIsRefused[T]},
		{"create only", createNeverOverwrites[T]},
		{"missing precondition", unguardedWritesAreAskedFor[T]},
		{"delete", deleteDeletes[T]},
		{"stale delete", staleDeleteIsRefused[T]},
		{"deleted under us", deletedStaysDeleted[T]},
		{"merge loop", mergeKeepsBothChanges[T]},
		{"unknown members", nothingFallsOut[T]},
		{"concurrent writers", concurrentWritersLoseNothing[T]},
	}
}

// rowNames are the columns of the report; they are the same for every form.
func rowNames() (names []string) {
	for _, r := range contract[document]() {
		names = append(names, r.name)
	}
	return names
}

// An exam is one row tried on one peer: a resource of its own, with ifmatch on one side and
// somebody else on the other.
type exam[T any] struct {
	subject[T]
	url    string
	client *ifmatch.Client
	other  other

	weak      bool                        // see server
	slow      bool                        // see server
	unguarded error                       // see server
	bare      func(content []byte) []byte // see server

	// has reports whether the peer has the quirk, and makes the row's result an expected deviation
	// if it does.
	has func(quirk) bool
}

// seed stores the first content, as somebody else.
func (x *exam[T]) seed(t *testing.T) { t.Helper(); x.other.puts(t, x.content) }

// get reads the resource with ifmatch.
func (x *exam[T]) get(t *testing.T) *ifmatch.Representation[T] {
	t.Helper()
	u, err := ifmatch.Get[T](t.Context(), x.client, x.url)
	require.NoError(t, err)
	return u
}

// change applies change to the value in hand.
func (x *exam[T]) change(t *testing.T, u *ifmatch.Representation[T], change func(*document)) {
	t.Helper()
	require.NoError(t, x.edit(&u.Value, change))
}

// same compares content, but for what the server adds to it.
func (x *exam[T]) same(t *testing.T, want, got []byte, why ...any) {
	t.Helper()
	require.Equal(t, string(x.bare(want)), string(x.bare(got)), why...)
}

// holds checks that the resource is the first content with d in it.
func (x *exam[T]) holds(t *testing.T, d document, why ...any) {
	t.Helper()
	x.same(t, with(x.content, d), x.other.sees(t), why...)
}

func retitle(d *document) { d.Title = "second" }

func readGivesContentAndValidator[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	x.same(t, x.content, u.Content)
	require.NotEmpty(t, u.ETag)
	require.Equal(t, x.weak, u.ETag.IsWeak(), "%s", u.ETag)
	x.change(t, u, func(d *document) {
		assert.Equal(t, document{Title: "first"}, *d)
	})

	x.other.deletes(t)
	old, err := ifmatch.Get[T](t.Context(), x.client, x.url)
	if x.has(oldReads) {
		require.NoError(t, err)
		require.Equal(t, u.ETag, old.ETag, "the peer shows what is there: the quirk is gone")
		return
	}
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusNotFound, refused.StatusCode)
}

func writesChain[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	for n := range 3 {
		x.change(t, u, addOne)
		v, err := ifmatch.Put(t.Context(), x.client, u)
		require.NoError(t, err)
		x.holds(t, document{"first", n + 1})
		u = v
	}
}

func staleWriteIsRefused[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	theirs := x.other.addsOne(t)
	x.change(t, u, retitle)
	back, err := ifmatch.Put(t.Context(), x.client, u)
	if x.has(ifMatchIgnored) {
		require.NoError(t, err)
		x.holds(t, document{"second", 0}, "the peer kept what was changed: the quirk is gone")
		return
	}

	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.StaleVersion, conflict.Kind, "%v", err)
	require.ErrorIs(t, err, ifmatch.StaleVersion)
	x.same(t, theirs, x.other.sees(t), "the write took effect")
	require.Same(t, u, back, "what the caller typed is lost")

	// The edit can be taken up from the error alone.
	resumed, ok := ifmatch.Resume[T](err)
	require.True(t, ok)
	_, err = ifmatch.Save(t.Context(), x.client, resumed, ifmatch.ThreeWay)
	require.NoError(t, err)
	x.holds(t, document{"second", 1})
}

func createNeverOverwrites[T any](t *testing.T, x *exam[T]) {
	var v T
	x.seed(t)
	v = x.get(t).Value
	require.NoError(t, x.edit(&v, retitle))
	_, err := ifmatch.Create(t.Context(), x.client, x.url, v)
	var conflict *ifmatch.ConflictError
	switch {
	case x.has(createOverwrites):
		require.NoError(t, err)
		d, err := documentIn(x.other.sees(t))
		require.NoError(t, err)
		require.Equal(t, "second", d.Title, "the creation overwrote nothing: the quirk is gone")
	case x.has(createFails):
		require.ErrorIs(t, err, ifmatch.ErrUncertain)
		x.holds(t, document{Title: "first"}, "the creation overwrote")
	default:
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, ifmatch.AlreadyExists, conflict.Kind, "%v", err)
		x.holds(t, document{Title: "first"}, "the creation overwrote")
	}

	x.other.deletes(t)
	u, err := ifmatch.Create(t.Context(), x.client, x.url, v)
	if x.has(putCreatesNothing) {
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, http.StatusNotFound, refused.StatusCode)
		require.False(t, x.other.finds(t), "PUT created it: the quirk is gone")
		return
	}
	require.NoError(t, err)
	require.Equal(t, v, u.Value)
	x.same(t, u.Content, x.other.sees(t))
	x.change(t, u, addOne)
	_, err = ifmatch.Put(t.Context(), x.client, u)
	require.NoError(t, err, "what was created cannot be written on")
}

func unguardedWritesAreAskedFor[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	u.ETag, u.LastModified, u.Content = "", "", x.bare(u.Content) // as if the server had no versions
	x.change(t, u, retitle)
	_, err := ifmatch.Put(t.Context(), x.client, u)
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	x.holds(t, document{Title: "first"})

	_, err = ifmatch.Put(t.Context(), x.client.With(func(o *ifmatch.Options) { o.AllowLostUpdates = true }), u)
	if x.unguarded == nil {
		require.NoError(t, err)
		x.holds(t, document{Title: "second"})
		return
	}
	require.ErrorIs(t, err, x.unguarded)
	x.holds(t, document{Title: "first"})
}

func deleteDeletes[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	err := ifmatch.Delete(t.Context(), x.client, x.get(t))
	if x.has(deletionsRepeated) {
		var conflict *ifmatch.ConflictError
		require.ErrorAs(t, err, &conflict, "the deletion was not sent again: the quirk is gone")
	} else {
		require.NoError(t, err)
	}
	require.False(t, x.other.finds(t))
}

func staleDeleteIsRefused[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	theirs := x.other.addsOne(t)
	err := ifmatch.Delete(t.Context(), x.client, u)
	if x.has(deleteIgnoresIfMatch) {
		require.NoError(t, err)
		require.False(t, x.other.finds(t), "the peer kept what was changed: the quirk is gone")
		return
	}
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.StaleVersion, conflict.Kind, "%v", err)
	x.same(t, theirs, x.other.sees(t))
}

func deletedStaysDeleted[T any](t *testing.T, x *exam[T]) {
	for _, end := range []struct {
		name  string
		write func(*ifmatch.Representation[T]) error
	}{
		{"Save", func(u *ifmatch.Representation[T]) error {
			x.change(t, u, retitle)
			x.other.deletes(t)
			_, err := ifmatch.Save(t.Context(), x.client, u, ifmatch.ThreeWay)
			return err
		}},
		{"Update", func(*ifmatch.Representation[T]) error {
			first := true
			_, err := ifmatch.Update(t.Context(), x.client, x.url, func(v *T) error {
				if first {
					first = false
					x.other.deletes(t)
				}
				return x.edit(v, addOne)
			})
			return err
		}},
	} {
		x.seed(t)
		err := end.write(x.get(t))
		if x.has(putRecreates) {
			require.NoError(t, err, end.name)
			require.True(t, x.other.finds(t), "%s: the peer created nothing: the quirk is gone", end.name)
			x.other.deletes(t)
			continue
		}
		var conflict *ifmatch.ConflictError
		require.ErrorAs(t, err, &conflict, end.name)
		require.Equal(t, ifmatch.Deleted, conflict.Kind, "%s: %v", end.name, err)
		require.False(t, x.other.finds(t), "%s brought back what was deleted", end.name)
	}
}

func mergeKeepsBothChanges[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	x.change(t, u, retitle)
	x.other.addsOne(t)
	merges := 0
	v, err := ifmatch.Save(t.Context(), x.client, u, func(ctx context.Context, c ifmatch.Conflict[T]) (T, error) {
		if merges++; merges == 1 {
			x.other.addsOne(t) // so that the merged write loses as well
		}
		return ifmatch.ThreeWay(ctx, c)
	})
	require.NoError(t, err)
	if x.has(ifMatchIgnored) {
		require.Zero(t, merges, "there was a conflict: the quirk is gone")
		x.holds(t, document{"second", 0})
		return
	}
	require.Equal(t, 2, merges)
	x.holds(t, document{"second", 2})
	x.same(t, x.other.sees(t), v.Content)
}

func nothingFallsOut[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u, err := ifmatch.Update(t.Context(), x.client, x.url, func(v *T) error { return x.edit(v, addOne) })
	require.NoError(t, err)
	x.holds(t, document{"first", 1})

	x.change(t, u, retitle)
	_, err = ifmatch.Save(t.Context(), x.client, u, nil)
	require.NoError(t, err)
	x.holds(t, document{"second", 1})
}

// concurrentWritersLoseNothing has several programs (a client each) count up the same number. All
// have read the first version before anyone writes, so that all but one are certain to be refused
// at least once.
func concurrentWritersLoseNothing[T any](t *testing.T, x *exam[T]) {
	writers, each := 8, 10
	if x.slow {
		writers, each = 3, 1
	}
	x.seed(t)
	patient := func(o *ifmatch.Options) { o.MaxRounds = 1000 } // what is asked here is whether anything is lost, not how soon
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	errs := make([]error, writers)
	var edits atomic.Int64
	var all, readers sync.WaitGroup
	readers.Add(writers)
	for w := range writers {
		all.Go(func() {
			hasRead := sync.OnceFunc(readers.Done)
			defer hasRead() // whatever happened, the others shall not wait for ever
			client := x.client.With(patient)
			for range each {
				_, err := ifmatch.Update(ctx, client, x.url, func(v *T) error {
					hasRead()
					readers.Wait()
					edits.Add(1)
					return x.edit(v, addOne)
				})
				errs[w] = errors.Join(errs[w], err)
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	if x.has(ifMatchIgnored) {
		d, err := documentIn(x.other.sees(t))
		require.NoError(t, err)
		require.LessOrEqual(t, d.Count, writers*each-(writers-1), "nothing was lost: the quirk is gone")
		return
	}
	x.holds(t, document{"first", writers * each})
	require.GreaterOrEqual(t, edits.Load(), int64(writers*each+writers-1), "there was no contention to speak of")
}

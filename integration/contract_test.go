package integration_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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

// An exam is one row tried on one peer: a resource of its own, with ifmatch on one side and somebody else on the other.
type exam[T any] struct {
	subject[T]
	url    string
	client *ifmatch.Client
	other  other
	// has reports whether the peer has the quirk, and makes the row's result an expected deviation if it does.
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

func retitle(d *document) { d.Title = "second" }

func readGivesContentAndValidator[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	require.Equal(t, string(x.content), string(u.Content))
	require.NotEmpty(t, u.ETag)
	require.False(t, u.ETag.IsWeak(), "%s", u.ETag)
	x.change(t, u, func(d *document) {
		assert.Equal(t, document{Title: "first"}, *d)
	})

	x.other.deletes(t)
	_, err := ifmatch.Get[T](t.Context(), x.client, x.url)
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
		require.Equal(t, string(with(x.content, document{"first", n + 1})), string(x.other.sees(t)))
		u = v
	}
}

func staleWriteIsRefused[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	u := x.get(t)
	theirs := x.other.addsOne(t)
	x.change(t, u, retitle)
	back, err := ifmatch.Put(t.Context(), x.client, u)

	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.StaleVersion, conflict.Kind, "%v", err)
	require.ErrorIs(t, err, ifmatch.StaleVersion)
	require.Equal(t, string(theirs), string(x.other.sees(t)), "the write took effect")
	require.Same(t, u, back, "what the caller typed is lost")

	// The edit can be taken up from the error alone.
	resumed, ok := ifmatch.Resume[T](err)
	require.True(t, ok)
	_, err = ifmatch.Save(t.Context(), x.client, resumed, ifmatch.ThreeWay)
	require.NoError(t, err)
	require.Equal(t, string(with(x.content, document{"second", 1})), string(x.other.sees(t)))
}

func createNeverOverwrites[T any](t *testing.T, x *exam[T]) {
	var v T
	x.seed(t)
	v = x.get(t).Value
	require.NoError(t, x.edit(&v, retitle))
	_, err := ifmatch.Create(t.Context(), x.client, x.url, v)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.AlreadyExists, conflict.Kind, "%v", err)
	require.Equal(t, string(x.content), string(x.other.sees(t)), "the creation overwrote")

	x.other.deletes(t)
	u, err := ifmatch.Create(t.Context(), x.client, x.url, v)
	require.NoError(t, err)
	require.Equal(t, v, u.Value)
	require.Equal(t, string(u.Content), string(x.other.sees(t)))
	x.change(t, u, addOne)
	_, err = ifmatch.Put(t.Context(), x.client, u)
	require.NoError(t, err, "what was created cannot be written on")
}

func deleteDeletes[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	require.NoError(t, ifmatch.Delete(t.Context(), x.client, x.get(t)))
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
	require.Equal(t, string(theirs), string(x.other.sees(t)))
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
	require.Equal(t, 2, merges)
	want := string(with(x.content, document{"second", 2}))
	require.Equal(t, want, string(x.other.sees(t)))
	require.Equal(t, want, string(v.Content))
}

func nothingFallsOut[T any](t *testing.T, x *exam[T]) {
	x.seed(t)
	_, err := ifmatch.Update(t.Context(), x.client, x.url, func(v *T) error { return x.edit(v, addOne) })
	require.NoError(t, err)
	require.Equal(t, strings.Replace(string(x.content), `"count": 0`, `"count": 1`, 1), string(x.other.sees(t)))

	u := x.get(t)
	x.change(t, u, retitle)
	_, err = ifmatch.Save(t.Context(), x.client, u, nil)
	require.NoError(t, err)
	require.Equal(t, string(with(x.content, document{"second", 1})), string(x.other.sees(t)))
}

// concurrentWritersLoseNothing has several programs (a client each) count up the same number. All have read the first
// version before anyone writes, so that all but one are certain to be refused at least once.
func concurrentWritersLoseNothing[T any](t *testing.T, x *exam[T]) {
	const writers, each = 8, 10
	x.seed(t)
	patient := &ifmatch.Options{MaxRounds: 1000} // what is asked here is whether anything is lost, not how soon
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
				_, err := ifmatch.Update(t.Context(), client, x.url, func(v *T) error {
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
	require.Equal(t, string(with(x.content, document{"first", writers * each})), string(x.other.sees(t)))
	require.GreaterOrEqual(t, edits.Load(), int64(writers*each+writers-1), "there was no contention to speak of")
}

package ifmatch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestSaveMergesFromTheOriginalBaseInEveryRound(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"1","count":0}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	// A merge of a merge would take the second rival's "1" for a change of our "2".
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"name":"2","count":1}`),
		ifmatchtest.RivalWrite(`{"name":"1","count":2}`))
	u.Value.Name = "2"
	u.Value.Tags = []string{"x"}
	var bases, locals []string
	_, err = ifmatch.Save(t.Context(), brisk(), u, func(ctx context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		bases, locals = append(bases, c.Base.Name), append(locals, c.Local.Name)
		return ifmatch.ThreeWay(ctx, c)
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"2","count":2,"tags":["x"]}`, origin.Body("/doc"))
	assert.Equal(t, []string{"1", "1"}, bases)
	assert.Equal(t, []string{"2", "2"}, locals)
}

func TestADeletionIsAMergeInput(t *testing.T) {
	const base = `{"name":"a","count":1,"unknown":true}`
	for _, tc := range []struct {
		name  string
		merge ifmatch.MergeFunc[doc]
		err   error
		want  string
	}{
		{name: "nobody asked", err: ifmatch.Deleted, want: ""},
		{name: "three-way", merge: ifmatch.ThreeWay[doc], err: ifmatch.Deleted, want: ""},
		{name: "discard", merge: ifmatch.KeepRemote[doc], err: ifmatch.Deleted, want: ""},
		{name: "overwrite creates anew, with what the type does not show", merge: ifmatch.KeepLocal[doc],
			want: `{"name":"b","count":1,"unknown":true}`},
		{name: "by field",
			merge: ifmatch.Field(func(d *doc) *string { return &d.Name },
				func(_, l, _ string) (string, error) { return l, nil }, ifmatch.KeepLocal),
			want: `{"name":"b","count":1,"unknown":true}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, base)
			u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Delete("/doc")
			u.Value.Name = "b"
			_, err = ifmatch.Save(t.Context(), brisk(), u, tc.merge)
			if tc.err != nil {
				assert.ErrorIs(t, err, tc.err)
			} else {
				assert.NoError(t, err)
				assert.Equal(t, "If-None-Match: *", conditions(origin, "PUT")[1])
			}
			assert.Equal(t, tc.want, origin.Body("/doc"))
		})
	}
}

func TestASavedCounterIsNotTakenFromARivals(t *testing.T) {
	type counter struct {
		N int `json:"n" merge:"counter"`
	}
	origin, url := serve(t, nil, `{"n":5}`)
	u, err := ifmatch.Get[counter](t.Context(), brisk(), url)
	require.NoError(t, err)
	rival := ifmatchtest.Before(func() { origin.Set("/doc", `{"n":6}`) })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	u.Value.N++
	_, err = ifmatch.Save(t.Context(), brisk(), u, ifmatch.ThreeWay)
	requireUncertain(t, err)
	assert.Equal(t, 0, origin.Applied("PUT"))
}

func TestALostSaveAsksTheCallersOwnMerge(t *testing.T) {
	type merge = ifmatch.MergeFunc[thing]
	failing := errors.New("ask a person")
	var asked []ifmatch.Conflict[thing]
	for name, c := range map[string]struct {
		merge   merge
		rival   string // lands in the place of the write
		success bool
	}{
		"nothing to write over the newest": {
			merge: ifmatch.ThreeWay[thing], rival: `{"n":2,"note":"theirs"}`, success: true,
		},
		"keeping the remote writes nothing": {merge: ifmatch.KeepRemote[thing], rival: `{"n":9}`, success: true},
		"keeping the local would write":     {merge: ifmatch.KeepLocal[thing], rival: `{"n":2,"note":"theirs"}`},
		"something to write":                {merge: ifmatch.ThreeWay[thing], rival: `{"n":1,"note":"theirs"}`},
		"an error": {rival: `{"n":2}`, merge: func(_ context.Context, cf ifmatch.Conflict[thing]) (thing, error) {
			asked = append(asked, cf)
			return cf.Local, failing
		}},
		"unresolved":                           {rival: `{"n":3}`, merge: ifmatch.ThreeWay[thing]},
		"no merge: the change is in force":     {rival: `{"n":2,"note":"theirs"}`, success: true},
		"no merge: the change is not in force": {rival: `{"n":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"n":1}`)
			u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
			require.NoError(t, err)
			rival := ifmatchtest.Before(func() { origin.Set("/doc", c.rival) })
			origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
			u.Value.N = 2
			_, err = ifmatch.Save(t.Context(), brisk(), u, c.merge)
			if c.success {
				require.NoError(t, err)
			} else {
				requireUncertain(t, err)
			}
			assert.Equal(t, c.rival, origin.Body("/doc"), "nothing is written over it")
			assert.Equal(t, 1, origin.Arrived("PUT"))
		})
	}
	require.Len(t, asked, 1)
	assert.EqualValues(t, 1, asked[0].Base.N)
	assert.EqualValues(t, 2, asked[0].Local.N)
	assert.EqualValues(t, 2, asked[0].Remote.N)
}

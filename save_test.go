package ifmatch_test

import (
	"context"
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

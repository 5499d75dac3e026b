package ifmatch_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestResumeFindsNothingWhereThereIsNothing(t *testing.T) {
	_, ok := ifmatch.Resume[doc](fmt.Errorf("other"))
	assert.False(t, ok)
	_, ok = ifmatch.Resume[doc](nil)
	assert.False(t, ok)
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
	_, err := ifmatch.Update(context.Background(), brisk(), url, increment)
	_, ok = ifmatch.Resume[doc](err)
	assert.True(t, ok)
	_, ok = ifmatch.Resume[[]int](err)
	assert.False(t, ok, "another type")
}

func TestResumeKeepsTheMediaType(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.SetContent("/doc", "image/png", []byte("png"))
	c := ifmatch.New(nil)
	r, err := ifmatch.Get[[]byte](t.Context(), c, url)
	require.NoError(t, err)
	r.Value = []byte("png2")
	origin.SetContent("/doc", "image/png", []byte("png3"))
	_, err = ifmatch.Save(t.Context(), c, r, nil)
	require.Error(t, err)
	again, ok := ifmatch.Resume[[]byte](err)
	require.True(t, ok)
	_, err = ifmatch.Save(t.Context(), c, again, ifmatch.KeepLocal)
	require.NoError(t, err)
	puts := origin.Requests("PUT")
	assert.Equal(t, "image/png", puts[len(puts)-1].Header.Get("Content-Type"))
}

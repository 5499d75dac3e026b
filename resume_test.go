package ifmatch_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

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

package ifmatch_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// undone plays a write that lands, whose answer is lost, and which a rival undoes.
func undone(t *testing.T, tag func(content string) string, o ifmatch.Options) (string, error) {
	t.Helper()
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, "ETag: "+tag(thingV1)), nil
		}
		if a.n == 1 {
			return nil, errLost
		}
		return reply(204, ""), nil
	}, &o)
	_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
	return s.methods(), err
}

func TestATagThatIsAHashOfTheContentDoesNotProveThatAWriteDidNotLand(t *testing.T) {
	m := func(c string) []byte { h := md5.Sum([]byte(c)); return h[:] }
	s1 := func(c string) []byte { h := sha1.Sum([]byte(c)); return h[:] }
	s2 := func(c string) []byte { h := sha256.Sum256([]byte(c)); return h[:] }
	for name, tag := range map[string]func(string) string{
		"MD5 (S3, Django)": func(c string) string { return `"` + hex.EncodeToString(m(c)) + `"` },
		"upper case":       func(c string) string { return `"` + strings.ToUpper(hex.EncodeToString(m(c))) + `"` },
		"weak (Rails)":     func(c string) string { return `W/"` + hex.EncodeToString(s2(c))[:32] + `"` },
		"SHA-1, base64, cut": func(c string) string {
			return `"2f-` + base64.StdEncoding.EncodeToString(s1(c))[:27] + `"`
		},
		"SHA-256, base64url": func(c string) string {
			return `"` + base64.RawURLEncoding.EncodeToString(s2(c)) + `"`
		},
		"SHA-256, in braces":   func(c string) string { return `"{sha256:` + hex.EncodeToString(s2(c)) + `}"` },
		"SHA-1, eight digits":  func(c string) string { return `"` + hex.EncodeToString(s1(c))[:8] + `"` },
		"with a suffix (gzip)": func(c string) string { return `"` + hex.EncodeToString(m(c)) + `-gzip"` },
	} {
		t.Run(name, func(t *testing.T) {
			story, err := undone(t, tag, ifmatch.Options{})
			requireUncertain(t, err)
			assert.Equal(t, "GET PUT GET", story, "it is not sent again")
			assert.ErrorContains(t, err, "hash of the content")
		})
	}
}

func TestATagThatNoHashExplainsNamesAVersionUnlessItIsSaidOtherwise(t *testing.T) {
	tag := func(string) string { return `"deadbeef"` }
	story, err := undone(t, tag, ifmatch.Options{})
	require.NoError(t, err)
	assert.Equal(t, "GET PUT GET PUT", story)

	story, err = undone(t, tag, ifmatch.Options{HashTags: true})
	requireUncertain(t, err)
	assert.Equal(t, "GET PUT GET", story)

	story, err = undone(t, tag, ifmatch.Options{Dialect: &ifmatch.Dialect{Name: "hashing", HashTags: true}})
	requireUncertain(t, err)
	assert.Equal(t, "GET PUT GET", story)

	// Seven characters of a hash are no hash: a counter could be spelled so.
	short := func(c string) string { h := md5.Sum([]byte(c)); return `"` + hex.EncodeToString(h[:])[:7] + `"` }
	_, err = undone(t, short, ifmatch.Options{})
	require.NoError(t, err)
}

func TestAnIncrementThatWasUndoneUnderAHashIsNotCountedTwice(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, `{"count":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.HashTags = true })
	undo := ifmatchtest.After(func() { origin.Set("/doc", `{"count":0}`) })
	origin.Next("PUT", ifmatchtest.Together(undo, ifmatchtest.LoseResponse()))
	_, err := ifmatch.Update(t.Context(), c, url, increment)
	requireUncertain(t, err)
	assert.Equal(t, 1, origin.Applied("PUT"))
}

func TestADeletionIsNotRepeatedOnWhatWasCreatedAnewUnderTheSameHash(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, `{"count":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.HashTags = true })
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	recreate := ifmatchtest.After(func() { origin.Set("/doc", `{"count":0}`) })
	origin.Next("DELETE", ifmatchtest.Together(recreate, ifmatchtest.LoseResponse()))
	requireUncertain(t, ifmatch.Delete(t.Context(), c, u))
	assert.True(t, origin.Exists("/doc"))
	assert.Equal(t, 1, origin.Arrived("DELETE"))
}

func TestADeclaredStateIsStillSeenUnderAHash(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, `{"count":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.HashTags = true })
	origin.Next("PUT", ifmatchtest.LoseResponse())
	_, err := ifmatch.Ensure(t.Context(), c, url, func(d *doc) error { d.Count = 7; return nil })
	require.NoError(t, err)
	assert.Equal(t, 1, origin.Applied("PUT"))
}

func TestAHashThatIsRefusedStaysAConflict(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, `{"count":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.HashTags = true })
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":5}`))
	u, err := ifmatch.Update(t.Context(), c, url, increment)
	require.NoError(t, err)
	assert.Equal(t, 6, u.Value.Count)
}

func TestAnUnchangedTagOutOfACacheProvesNothing(t *testing.T) {
	for age, uncertain := range map[string]bool{"": false, "0": false, "3600": true, "-5": false, "soon": false} {
		client, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.method == http.MethodGet && a.n == 1:
				return reply(200, thingV1, `ETag: "1"`), nil
			case a.method == http.MethodGet:
				return reply(200, thingV1, `ETag: "1"`, "Age: "+age), nil
			case a.n == 1:
				return nil, errLost
			}
			return reply(204, ""), nil
		}, &ifmatch.Options{MaxWait: time.Millisecond})
		_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
		assert.Equal(t, uncertain, errors.Is(err, ifmatch.ErrUncertain), fmt.Sprintf("Age %q: %s", age, s.methods()))
	}
}

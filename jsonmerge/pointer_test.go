package jsonmerge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPointersFollowRFC6901(t *testing.T) {
	var file struct {
		Doc   string
		Valid []struct {
			Pointer     string
			URIFragment string `json:"uri_fragment"`
			Value       string
		}
		Own []string `json:"own_invalid_or_missing"`
	}
	vectors(t, "patch/rfc6901_pointers.json", &file)
	require.Equal(t, 26, len(file.Valid)+len(file.Own))
	for _, c := range file.Valid {
		p, err := jsonmerge.ParsePointer(c.Pointer)
		require.NoError(t, err, c.Pointer)
		assert.Equal(t, c.Pointer, p.String())
		value, err := p.Get([]byte(file.Doc))
		require.NoError(t, err, c.Pointer)
		assert.Equal(t, c.Value, string(value))

		fragment, err := jsonmerge.ParsePointerFragment(c.URIFragment)
		require.NoError(t, err, c.URIFragment)
		assert.Equal(t, p, fragment)
	}
	for _, c := range file.Own {
		p, err := jsonmerge.ParsePointer(c)
		if err == nil {
			_, err = p.Get([]byte(file.Doc))
		}
		assert.Error(t, err, c)
	}
}

func TestPointersThatLeadNowhereAreNotFound(t *testing.T) {
	doc := []byte(`{"list":[10,20],"o":{"a":1},"s":"text"}`)
	for _, pointer := range []string{"/x", "/list/2", "/list/-", "/list/01", "/list/+1", "/list/1e0", "/list/",
		"/list/99999999999999999999", "/o/a/b", "/s/0", "/o/A"} {
		p, err := jsonmerge.ParsePointer(pointer)
		require.NoError(t, err)
		_, err = p.Get(doc)
		assert.ErrorIs(t, err, jsonmerge.ErrNotFound, pointer)
		assert.ErrorContains(t, err, `no such value: "`+pointer+`"`)
	}
	_, err := jsonmerge.Pointer{}.Get([]byte(`{`))
	var syntax *jsonmerge.SyntaxError
	assert.ErrorAs(t, err, &syntax)
	assert.False(t, errors.Is(err, jsonmerge.ErrNotFound))
}

func TestPointersThatAreNoneAreRefused(t *testing.T) {
	for pointer, want := range map[string]string{
		"a":     `jsonmerge: pointer "a" does not begin with /`,
		"/a~":   `jsonmerge: pointer "/a~": in "a~", ~ is not followed by 0 or 1`,
		"/x/~2": `jsonmerge: pointer "/x/~2": in "~2", ~ is not followed by 0 or 1`,
		"#/a":   `jsonmerge: pointer "#/a" does not begin with /`,
	} {
		_, err := jsonmerge.ParsePointer(pointer)
		assert.EqualError(t, err, want)
	}
	for fragment, want := range map[string]string{
		"/a":   `jsonmerge: fragment "/a" does not begin with #`,
		"#/%z": `jsonmerge: fragment "#/%z": bad percent-encoding`,
		"#a":   `jsonmerge: pointer "a" does not begin with /`,
	} {
		_, err := jsonmerge.ParsePointerFragment(fragment)
		assert.EqualError(t, err, want)
	}
}

func TestPointerFindsMembersOfLargeObjectsAndEscapedNames(t *testing.T) {
	doc := []byte(`{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7,"i":8,"\u006a":9,"":10}`)
	for name, want := range map[string]string{"a": "0", "i": "8", "j": "9", "": "10"} {
		value, err := jsonmerge.Pointer{name}.Get(doc)
		require.NoError(t, err)
		assert.Equal(t, want, string(value))
	}
}

func FuzzPointer(f *testing.F) {
	for _, s := range []string{"", "/", "/a~1b/m~0n/0", "/~01", "a", "/~", "#/a", "/é/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := jsonmerge.ParsePointer(s)
		if err != nil {
			require.True(t, strings.Contains(s, "~") || s[0] != '/')
			return
		}
		require.Equal(t, s, p.String())
		if len(p) > 100 {
			return
		}
		// A document that is made so that the pointer leads somewhere.
		doc := "1"
		for i := len(p) - 1; i >= 0; i-- {
			doc = "{" + strings.TrimSpace(string(encodeString(p[i]))) + ":" + doc + "}"
		}
		value, err := p.Get([]byte(doc))
		if strings.ToValidUTF8(s, "") == s {
			require.NoError(t, err)
			require.Equal(t, "1", string(value))
		}
	})
}

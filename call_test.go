package ifmatch_test

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// keeper is a server that makes something of its own of what it is sent: it counts revisions in the
// document, gives it and its items an id, and writes names in capitals. Its tags are hashes of what
// it stores, or count.
type keeper struct {
	mu     sync.Mutex
	doc    map[string]any
	writes int
	answer func(w http.ResponseWriter, tag string, stored []byte) // to a write
	hashes bool
}

func newKeeper(answer func(w http.ResponseWriter, tag string, stored []byte)) *keeper {
	k := &keeper{answer: answer}
	k.store(map[string]any{"name": "ann", "items": []any{}})
	return k
}

// noted answers a write with its tag alone, which proves nothing: what was sent is not what is stored.
func noted(w http.ResponseWriter, tag string, _ []byte) {
	w.Header().Set("ETag", tag)
	_, _ = io.WriteString(w, `{"ok":true}`)
}

func silent(w http.ResponseWriter, _ string, _ []byte) { w.WriteHeader(http.StatusNoContent) }

func (k *keeper) store(doc map[string]any) {
	k.writes++
	doc["updatedAt"] = fmt.Sprintf("second %d", k.writes)
	doc["id"] = "k-1"
	if name, ok := doc["name"].(string); ok {
		doc["name"] = strings.ToUpper(name)
	}
	items, _ := doc["items"].([]any)
	for i := range items {
		if item, ok := items[i].(map[string]any); ok && item["id"] == nil {
			item["id"] = fmt.Sprintf("i-%d-%d", k.writes, i)
		}
	}
	k.doc = doc
}

func (k *keeper) shown() (content []byte, tag string) {
	content, _ = json.Marshal(k.doc)
	if k.hashes {
		return content, fmt.Sprintf(`"%x"`, md5.Sum(content))
	}
	return content, fmt.Sprintf(`"%d"`, k.writes)
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	content, tag := k.shown()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodGet && k.doc == nil:
		w.WriteHeader(404)
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", tag)
		_, _ = w.Write(content)
	case r.Header.Get("If-Match") != tag:
		w.WriteHeader(412)
	case r.Method == http.MethodDelete:
		k.doc = nil
		w.WriteHeader(204)
	default:
		var doc map[string]any
		sent, _ := io.ReadAll(r.Body)
		if json.Unmarshal(sent, &doc) != nil {
			w.WriteHeader(400)
			return
		}
		if r.Method == http.MethodPatch {
			merged, _ := jsonmerge.ApplyMergePatch(content, sent)
			doc = nil
			_ = json.Unmarshal(merged, &doc)
		}
		k.store(doc)
		content, tag = k.shown()
		k.answer(w, tag, content)
	}
}

// rival is a write of somebody else's.
func (k *keeper) rival(change func(doc map[string]any)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(k.doc)
	k.store(k.doc)
}

func (k *keeper) now() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	content, _ := k.shown()
	return string(content)
}

type order struct {
	Name      string `json:"name"`
	Items     []item `json:"items"`
	Note      string `json:"note,omitempty"`
	UpdatedAt string `json:"updatedAt,omitempty"`
}

type item struct {
	SKU string `json:"sku"`
	N   int    `json:"n"`
}

func TestNobodyIsInConflictWithWhatTheServerMadeOfTheirOwnWrite(t *testing.T) {
	serversOwn := &ifmatch.Options{ServerMembers: []string{"/updatedAt", "/id", "/name", "/items/*/id"}}
	for _, c := range []struct {
		name    string
		answer  func(http.ResponseWriter, string, []byte)
		hashes  bool
		options *ifmatch.Options
	}{
		{name: "the tag of the answer is that of the next GET", answer: noted, options: &ifmatch.Options{}},
		{name: "and a hash", answer: noted, hashes: true, options: &ifmatch.Options{}},
		{name: "no tag, and the members are declared", answer: silent, options: serversOwn},
		{name: "by the dialect", answer: silent, options: &ifmatch.Options{Dialect: &ifmatch.Dialect{
			Member:        jsonmerge.Pointer{"updatedAt"},
			ServerMembers: []jsonmerge.Pointer{{"id"}, {"name"}, {"items", "*", "id"}}}}},
	} {
		start := func(t *testing.T) (*keeper, *ifmatch.Client, *recorder, *ifmatch.Representation[order]) {
			k := newKeeper(c.answer)
			k.hashes = c.hashes
			client, log := over(k, *c.options)
			u, err := ifmatch.Get[order](t.Context(), client, thingURL)
			require.NoError(t, err)
			u.Value.Items = append(u.Value.Items, item{SKU: "a", N: 1})
			u.Value.Name = "bob" // stored as BOB
			u, err = ifmatch.Put(t.Context(), client, u)
			require.NoError(t, err)
			require.Empty(t, u.ETag, "the answer proves nothing by itself")
			return k, client, log, u
		}
		t.Run(c.name+": Put, Put", func(t *testing.T) {
			k, client, log, u := start(t)
			u.Value.Items = append(u.Value.Items, item{SKU: "b", N: 2})
			u, err := ifmatch.Put(t.Context(), client, u)
			require.NoError(t, err)
			require.Equal(t, "GET PUT GET PUT", log.methods())
			sent := log.writes()[1].body
			require.JSONEq(t, `{"id":"k-1","items":[{"id":"i-2-0","sku":"a","n":1},{"sku":"b","n":2}],"name":"BOB",
				"updatedAt":"second 2"}`, sent, "the server's document with the caller's change in it")
			require.JSONEq(t, `{"id":"k-1","items":[{"id":"i-2-0","sku":"a","n":1},{"id":"i-3-1","sku":"b","n":2}],
				"name":"BOB","updatedAt":"second 3"}`, k.now())
			u.Value.Note = "third"
			_, err = ifmatch.Put(t.Context(), client, u)
			require.NoError(t, err, "and so on")
		})
		t.Run(c.name+": the caller's change wins over the server's", func(t *testing.T) {
			k, client, _, u := start(t)
			u.Value.Name = "cid"
			_, err := ifmatch.Put(t.Context(), client, u)
			require.NoError(t, err)
			require.Contains(t, k.now(), `"name":"CID"`)
		})
		t.Run(c.name+": Put, Save(nil)", func(t *testing.T) {
			k, client, _, u := start(t)
			u.Value.Items[0].N = 7
			_, err := ifmatch.Save(t.Context(), client, u, nil)
			require.NoError(t, err)
			require.Contains(t, k.now(), `"items":[{"id":"i-2-0","n":7,"sku":"a"}]`)
		})
		t.Run(c.name+": Put, a rival in the middle of Save", func(t *testing.T) {
			k, client, _, u := start(t)
			u.Value.Note = "mine"
			raced := false
			client = client.With(func(o *ifmatch.Options) {
				through := o.HTTPClient.Transport
				o.HTTPClient = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodPut && !raced {
						raced = true
						k.rival(func(doc map[string]any) { doc["theirs"] = true })
					}
					return through.RoundTrip(r)
				})}
			})
			_, err := ifmatch.Save(t.Context(), client, u, ifmatch.ThreeWay)
			require.NoError(t, err)
			require.Contains(t, k.now(), `"note":"mine"`)
			require.Contains(t, k.now(), `"theirs":true`)
			require.Contains(t, k.now(), `"items":[{"id":"i-2-0","n":1,"sku":"a"}]`)
		})
		t.Run(c.name+": Put, Patch", func(t *testing.T) {
			k, client, _, u := start(t)
			_, err := ifmatch.Patch(t.Context(), client, u, "application/merge-patch+json", []byte(`{"note":"n"}`))
			require.NoError(t, err)
			require.Contains(t, k.now(), `"note":"n"`)
		})
		t.Run(c.name+": Put, Delete", func(t *testing.T) {
			k, client, _, u := start(t)
			require.NoError(t, ifmatch.Delete(t.Context(), client, u))
			require.Equal(t, "null", k.now())
		})
		t.Run(c.name+": a rival is a conflict all the same", func(t *testing.T) {
			k, client, _, u := start(t)
			k.rival(func(doc map[string]any) { doc["note"] = "theirs" })
			before := k.now()
			u.Value.Items = nil
			_, err := ifmatch.Put(t.Context(), client, u)
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			require.ErrorContains(t, err, `"/note"`)
			require.ErrorIs(t, ifmatch.Delete(t.Context(), client, u), ifmatch.StaleVersion)
			_, err = ifmatch.Save(t.Context(), client, u, nil)
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			require.Equal(t, before, k.now())
		})
		t.Run(c.name+": a deletion is one too", func(t *testing.T) {
			k, client, _, u := start(t)
			k.mu.Lock()
			k.doc = nil
			k.mu.Unlock()
			_, err := ifmatch.Put(t.Context(), client, u)
			require.ErrorIs(t, err, ifmatch.Deleted)
		})
	}
}

func TestAConflictAfterAnUntoldWriteNamesWhatDiffers(t *testing.T) {
	k := newKeeper(silent)
	client, _ := over(k, ifmatch.Options{ServerMembers: []string{"/updatedAt"}})
	u, err := ifmatch.Get[order](t.Context(), client, thingURL)
	require.NoError(t, err)
	u.Value.Name, u.Value.Items = "bob", []item{{SKU: "a"}}
	u, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	for name, write := range map[string]func() error{
		"Put":    func() error { _, err := ifmatch.Put(t.Context(), client, u); return err },
		"Delete": func() error { return ifmatch.Delete(t.Context(), client, u) },
		"Save(nil)": func() error {
			u.Value.Note = "x"
			_, err := ifmatch.Save(t.Context(), client, u, nil)
			return err
		},
	} {
		err := write()
		require.ErrorIs(t, err, ifmatch.StaleVersion, name)
		require.ErrorContains(t, err, `"/items/0/id", "/name": if these`, name)
		require.ErrorContains(t, err, "Options.ServerMembers", name)
		require.NotContains(t, err.Error(), "updatedAt", name)
	}
	t.Run("bounded, and without what a terminal acts on", func(t *testing.T) {
		k.rival(func(doc map[string]any) {
			for i := range 100 {
				doc[fmt.Sprintf("%03d%s%s", i, escape, kilobyte)] = i
			}
		})
		_, err := ifmatch.Put(t.Context(), client, u)
		require.ErrorIs(t, err, ifmatch.StaleVersion)
		assertPrintable(t, "Put", err)
	})
}

func TestATagOfTheAnswerIsNoProofWhereItMayBeOfSomethingElse(t *testing.T) {
	for name, fields := range map[string][]string{
		"that of a receipt elsewhere":       {`ETag: "3"`, "Content-Location: /receipts/3"},
		"that of what was created":          {`ETag: "3"`, "Location: /things/8"},
		"that of the state before":          {`ETag: "1"`},
		"the same, weakened on the way":     {`ETag: W/"1"`},
		"two tags, of which one is current": {`ETag: "3"`, `ETag: "4"`},
	} {
		t.Run(name, func(t *testing.T) {
			tag := `"3"`
			if strings.Contains(fields[0], `"1"`) {
				tag = strings.TrimPrefix(fields[0], "ETag: ")
			}
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, `{"n":2,"kept":9007199254740993,"rival":true}`, "ETag: "+tag), nil
				}
				return reply(200, `{"ok":true}`, fields...), nil
			}, nil)
			u, err := ifmatch.Put(t.Context(), client, bump())
			require.NoError(t, err)
			u.Value.N = 3
			_, err = ifmatch.Put(t.Context(), client, u)
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			require.ErrorContains(t, err, `"/rival"`)
			require.Equal(t, "PUT GET", s.methods())
		})
	}
}

func TestAResourceWithAnotherIdentityIsNobodysOwn(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"no tag": reply(204, ""), "the tag of the one before": reply(200, `{"ok":true}`, `ETag: "3"`),
	} {
		t.Run(name, func(t *testing.T) { anotherIdentity(t, answer) })
	}
}

func anotherIdentity(t *testing.T, answer *http.Response) {
	client, _ := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, `{"n":2,"meta":{"uid":"second"}}`, `ETag: "3"`), nil
		}
		return answer, nil
	}, &ifmatch.Options{Identity: "/meta/uid", ServerMembers: []string{"/meta"}})
	u := &ifmatch.Representation[thing]{Value: thing{N: 2}, URL: thingURL, ETag: `"1"`,
		Content: []byte(`{"n":1,"meta":{"uid":"first"}}`)}
	u, err := ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	u.Value.N = 3
	_, err = ifmatch.Put(t.Context(), client, u)
	require.ErrorIs(t, err, ifmatch.StaleVersion)
	_, err = ifmatch.Save(t.Context(), client, u, nil)
	require.ErrorIs(t, err, ifmatch.Recreated)
}

func TestTextThatTheServerMadeItsOwnIsReplacedWhole(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, "one\n", `ETag: "2"`), nil
		}
		return reply(200, "stored", `ETag: "2"`), nil
	}, nil)
	u := &ifmatch.Representation[string]{Value: "one", URL: thingURL, ETag: `"1"`, Content: []byte("nought")}
	u, err := ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	u.Value = "two"
	_, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	require.Equal(t, "two", s.writes()[1].body)
	require.Equal(t, `If-Match: "2"`, s.writes()[1].condition())
}

func TestAChangeThatTheServerHasMadeItselfIsNotWritten(t *testing.T) {
	k := newKeeper(noted)
	client, log := over(k, ifmatch.Options{})
	u, err := ifmatch.Get[order](t.Context(), client, thingURL)
	require.NoError(t, err)
	u.Value.Name = "bob"
	u, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	u.Value.Name = "BOB" // as the server has it
	u, err = ifmatch.Save(t.Context(), client, u, nil)
	require.NoError(t, err)
	require.Equal(t, "GET PUT GET", log.methods())
	require.Equal(t, "second 2", u.Value.UpdatedAt)
	require.NotEmpty(t, u.ETag)
}

func TestAMemberOfTheServersHasAPointer(t *testing.T) {
	_, err := ifmatch.Get[thing](t.Context(), ifmatch.New(&ifmatch.Options{ServerMembers: []string{"id"}}), thingURL)
	assert.ErrorContains(t, err, "Options.ServerMembers")
}

package dialect_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// doc is the view that the tests have of their documents.
type doc struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// foreign is what the view does not show, and what a careless client loses: long numbers, digits,
// spacing, escapes.
const foreign = `"limits": {"bytes": 18446744073709551615, "ratio": 1.10, "none": null,  "huge": 1E400},` +
	` "note": "caf\u00e9 \/ <b>&amp;</b>"`

// first is a document that all families can store.
const first = `{"kind": "Doc", "metadata": {"name": "doc", "labels": {"a": "b"}}, "resourceType": "Doc",` +
	` "PartitionKey": "p",` +
	` "RowKey": "r", "id": "doc", "name": "first", ` + foreign + `,   "count": 0}`

const (
	jsonPatch  = "application/json-patch+json"
	mergePatch = "application/merge-patch+json"
)

// A subject is a dialect with a fake of its family.
type subject struct {
	name    string
	dialect *ifmatch.Dialect
	family  family
	url     string // of the resource, below the server
	key     string // under which the fake stores it; url if empty
	patch   string // Options.PatchFormat

	creates bool // Create is guarded
	silent  bool // the answer to a write tells no version: the next write looks first
}

const tableURL = "/acct/Docs(PartitionKey='p',RowKey='r')"

var lockVersion = dialect.VersionOptions{
	Member: "/lock_version", DeleteQuery: "lock_version", Create: dialect.PostToCollection, ID: "/id",
	Kinds: map[dialect.Refusal]ifmatch.Kind{
		{Code: "stale_object"}: ifmatch.StaleVersion, {Status: 422, Code: "taken"}: ifmatch.AlreadyExists,
	},
}

func receipts(o dialect.VersionOptions) dialect.VersionOptions { o.Receipt = "/now"; return o }

var subjects = []subject{
	{name: "Kubernetes", dialect: dialect.Kubernetes(), family: kubernetes{}, url: "/apis/x/docs/doc", creates: true},
	{
		name: "Kubernetes merge patch", dialect: dialect.Kubernetes(), family: kubernetes{}, url: "/apis/x/docs/doc",
		creates: true, patch: mergePatch,
	},
	{
		name: "Kubernetes JSON Patch", dialect: dialect.Kubernetes(), family: kubernetes{}, url: "/apis/x/docs/doc",
		creates: true, patch: jsonPatch,
	},
	{
		name: "CouchDB", dialect: dialect.CouchDB(), family: couchDB{}, url: "/db/doc", creates: true,
	},
	{name: "OData", dialect: dialect.OData(), family: odata{}, url: "/v4/Docs(7)", creates: true},
	{name: "OData, minimal", dialect: dialect.OData(), family: odata{minimal: true}, url: "/v4/Docs(7)", creates: true},
	{
		name: "OData PATCH", dialect: dialect.OData(), family: odata{}, url: "/v4/Docs(7)", creates: true,
		patch: mergePatch,
	},
	{
		name: "Azure Blob", dialect: dialect.AzureBlob(), family: azureBlob{}, url: "/c/doc", creates: true,
	},
	{name: "Azure Table", dialect: dialect.AzureTable(), family: azureTable{}, url: tableURL, creates: true},
	{
		name: "Azure Table merge", dialect: dialect.AzureTable(), family: azureTable{}, url: tableURL, creates: true,
		patch: mergePatch,
	},
	{name: "S3", dialect: dialect.S3(), family: s3{}, url: "/bucket/doc", creates: true},
	{name: "Google", dialect: dialect.Google(), family: google{}, url: "/v1/docs/doc"},
	{name: "Google PATCH", dialect: dialect.Google(), family: google{}, url: "/v1/docs/doc", patch: mergePatch},
	{
		name: "GCS media", dialect: dialect.GCS(), family: gcs{}, url: "/storage/v1/b/bu/o/a%2Fdoc?alt=media",
		key: "/storage/v1/b/bu/o/a%2Fdoc", creates: true,
	},
	{
		name: "GCS XML", dialect: dialect.GCS(), family: gcs{}, url: "/bu/a/doc", creates: true,
	},
	{name: "GCS metadata", dialect: dialect.GCS(), family: gcsMetadata{}, url: "/storage/v1/b/bu/o/doc"},
	{
		name: "GCS metadata PATCH", dialect: dialect.GCS(), family: gcsMetadata{}, url: "/storage/v1/b/bu/o/doc",
		patch: mergePatch,
	},
	{
		name: "GitHub contents", dialect: dialect.GitHubContents("update"), family: gitHub{},
		url: "/repos/o/r/contents/doc?ref=side", key: "/repos/o/r/contents/doc@side", creates: true,
	},
	{
		name: "Elasticsearch", dialect: dialect.Elasticsearch(), family: elastic{}, url: "/i/_doc/doc", creates: true,
	},
	{name: "FHIR", dialect: dialect.FHIR(), family: fhir{}, url: "/Doc/doc", creates: true},
	{
		name: "FHIR, receipts", dialect: dialect.FHIR(), family: fhir{receipt: true}, url: "/Doc/doc", creates: true,
	},
	{name: "version", dialect: dialect.Version(lockVersion), family: locking{}, url: "/docs/doc", creates: true},
	{
		name: "version merge patch", dialect: dialect.Version(lockVersion), family: locking{}, url: "/docs/doc",
		creates: true, patch: mergePatch,
	},
	{
		name: "version JSON Patch", dialect: dialect.Version(lockVersion), family: locking{}, url: "/docs/doc",
		creates: true, patch: jsonPatch,
	},
	{
		name: "version, receipts", dialect: dialect.Version(receipts(lockVersion)), family: locking{receipt: true},
		url: "/docs/doc", creates: true,
	},
	{
		name: "version, silent", dialect: dialect.Version(lockVersion), family: locking{silent: true}, url: "/docs/doc",
		creates: true, silent: true,
	},
	{
		name: "version in header fields", url: "/docs/doc", family: headed{}, creates: true,
		dialect: dialect.Version(dialect.VersionOptions{
			Header: "X-Revision", ToHeader: "X-If-Revision", First: "none",
			Kinds: map[dialect.Refusal]ifmatch.Kind{
				{Code: "OLD"}: ifmatch.StaleVersion, {Code: "THERE"}: ifmatch.AlreadyExists,
			},
		}),
	},
}

// An exam is one clause tried on one subject.
type exam struct {
	subject
	*fake
	client *ifmatch.Client
	url    string
}

func (x *exam) seed() { x.seeds(x.key, first) }

func (x *exam) get(t *testing.T) *ifmatch.Representation[doc] {
	t.Helper()
	u, err := ifmatch.Get[doc](t.Context(), x.client, x.url)
	require.NoError(t, err)
	return u
}

// holds checks what is stored, with all that the view does not show.
func (x *exam) holds(t *testing.T, name, count string) {
	t.Helper()
	s, ok := x.sees(x.key)
	require.True(t, ok, "there is nothing")
	require.Equal(t, name, get(s.content, "/name"))
	require.Equal(t, count, get(s.content, "/count"))
	if strings.HasPrefix(x.patch, "application/") {
		// What the server makes of a patch is spelled by the server.
		require.Equal(t, "18446744073709551615", get(s.content, "/limits/bytes"))
		return
	}
	require.Contains(t, string(s.content), foreign)
}

func (x *exam) conflict(t *testing.T, err error, kind ifmatch.Kind) {
	t.Helper()
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, kind, conflict.Kind, "%v", err)
}

func TestEveryDialectKeepsTheContract(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			for _, clause := range []struct {
				name string
				try  func(*testing.T, *exam)
			}{
				{"a read gives document and version", readGivesDocumentAndVersion},
				{"writes chain the versions of their answers", writesChain},
				{"a stale write is refused", staleWriteIsRefused},
				{"a creation never overwrites", creationNeverOverwrites},
				{"what was created can be written on", creationCanBeWrittenOn},
				{"a deletion deletes", deletionDeletes},
				{"a stale deletion is refused", staleDeletionIsRefused},
				{"what was deleted stays deleted", deletedStaysDeleted},
				{"a merge keeps both changes", mergeKeepsBothChanges},
				{"the local side can be written over", localSideCanBeWrittenOver},
				{"two loops lose nothing", twoLoopsLoseNothing},
				{"a lost answer is looked after", lostAnswerIsLookedAfter},
				{"a lost creation is looked after", lostCreationIsLookedAfter},
			} {
				t.Run(clause.name, func(t *testing.T) {
					x := &exam{subject: s}
					if x.key == "" {
						x.key = s.url
					}
					f, server := newFake(t, s.family)
					x.fake, x.url = f, server.URL+s.url
					x.client = ifmatch.New(&ifmatch.Options{
						Dialect: s.dialect, PatchFormat: s.patch, HTTPClient: server.Client(),
						MaxWait: 50 * time.Millisecond, MaxRounds: 100,
					})
					clause.try(t, x)
					assert.Empty(t, f.unguarded, "writes without any condition")
				})
			}
		})
	}
}

func readGivesDocumentAndVersion(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	assert.Equal(t, doc{Name: "first"}, u.Value)
	assert.NotEmpty(t, u.ETag)
	assert.Contains(t, string(u.Content), foreign)

	x.rivalDeletes(x.key)
	_, err := ifmatch.Get[doc](t.Context(), x.client, x.url)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Contains(t, []int{http.StatusNotFound, http.StatusGone}, refused.StatusCode)
}

func writesChain(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	before := x.reads()
	for n, count := range []string{"1", "2", "3"} {
		u.Value.Count++
		v, err := ifmatch.Put(t.Context(), x.client, u)
		x.settled(t, &err, func() error { v, err = ifmatch.Put(t.Context(), x.client, u); return err })
		require.NoError(t, err)
		require.Equal(t, n+1, v.Value.Count)
		x.holds(t, "first", count)
		s, _ := x.sees(x.key)
		if !x.silent {
			require.NotEmpty(t, v.ETag)
			require.Equal(t, get(s.content, "/lock_version"), get(v.Content, "/lock_version"),
				"the document has its old version")
		}
		u = v
	}
	if x.silent {
		before += 2
	}
	assert.Equal(t, before, x.reads(), "the answers tell the version, and yet it was looked for")
}

func staleWriteIsRefused(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	u.Value.Name = "mine"
	x.rivalSets(t, x.key, "count", "7")
	_, err := ifmatch.Put(t.Context(), x.client, u)
	x.settled(t, &err, func() error { _, err := ifmatch.Put(t.Context(), x.client, u); return err })
	x.conflict(t, err, ifmatch.StaleVersion)
	x.holds(t, "first", "7")
}

// settled repeats a write that met a race inside of the server.
func (x *exam) settled(t *testing.T, err *error, again func() error) {
	t.Helper()
	for range 3 {
		if c, ok := (*err).(*ifmatch.ConflictError); ok && c.Kind == ifmatch.Transient {
			*err = again()
		}
	}
}

func creationNeverOverwrites(t *testing.T, x *exam) {
	x.seed()
	create := func() error {
		_, err := ifmatch.Create(t.Context(), x.client, x.url, doc{Name: "mine"})
		return err
	}
	err := create()
	x.settled(t, &err, create)
	if x.creates {
		x.conflict(t, err, ifmatch.AlreadyExists)
	} else {
		require.ErrorContains(t, err, x.dialect.Name)
	}
	x.holds(t, "first", "0")
}

func creationCanBeWrittenOn(t *testing.T, x *exam) {
	if !x.creates {
		t.Skip("a creation is refused")
	}
	add := func(d *doc) error { d.Name, d.Count = "new", d.Count+1; return nil }
	u, err := ifmatch.Update(t.Context(), x.client.With(func(o *ifmatch.Options) {
		o.CreateIfAbsent = true
	}), x.url, add)
	require.NoError(t, err)
	require.Equal(t, x.url, u.URL)
	require.Equal(t, doc{"new", 1}, u.Value)
	u.Value.Count++
	var merge ifmatch.MergeFunc[doc] // none: nobody else has written
	if x.silent {
		merge = ifmatch.ThreeWay // what the server has added, only a look shows
	}
	save := func() error { _, err := ifmatch.Save(t.Context(), x.client, u, merge); return err }
	err = save()
	x.settled(t, &err, save)
	require.NoError(t, err)
	s, ok := x.sees(x.key)
	require.True(t, ok)
	assert.Equal(t, "2", get(s.content, "/count"))
	assert.Equal(t, "new", get(s.content, "/name"))
}

func deletionDeletes(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	err := ifmatch.Delete(t.Context(), x.client, u)
	x.settled(t, &err, func() error { return ifmatch.Delete(t.Context(), x.client, u) })
	require.NoError(t, err)
	_, ok := x.sees(x.key)
	assert.False(t, ok)
}

func staleDeletionIsRefused(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	x.rivalSets(t, x.key, "count", "7")
	err := ifmatch.Delete(t.Context(), x.client, u)
	x.settled(t, &err, func() error { return ifmatch.Delete(t.Context(), x.client, u) })
	x.conflict(t, err, ifmatch.StaleVersion)
	x.holds(t, "first", "7")
}

func deletedStaysDeleted(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	u.Value.Name = "mine"
	x.rivalDeletes(x.key)
	put := func() error { _, err := ifmatch.Put(t.Context(), x.client, u); return err }
	err := put()
	x.settled(t, &err, put)
	x.conflict(t, err, ifmatch.Deleted)

	_, err = ifmatch.Save(t.Context(), x.client, u, ifmatch.ThreeWay)
	x.conflict(t, err, ifmatch.Deleted)

	x.seed()
	once := sync.OnceFunc(func() { x.rivalDeletes(x.key) })
	_, err = ifmatch.Update(t.Context(), x.client, x.url, func(d *doc) error { once(); d.Count++; return nil })
	x.conflict(t, err, ifmatch.Deleted)
	_, ok := x.sees(x.key)
	assert.False(t, ok, "what was deleted is back")
}

func mergeKeepsBothChanges(t *testing.T, x *exam) {
	x.seed()
	u := x.get(t)
	u.Value.Name = "mine"
	x.rivalSets(t, x.key, "count", "7")
	merges := 0
	v, err := ifmatch.Save(t.Context(), x.client, u, func(ctx context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		if merges++; merges == 1 {
			x.rivalSets(t, x.key, "count", "8")
		}
		return ifmatch.ThreeWay(ctx, c)
	})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, merges, 2)
	assert.Equal(t, doc{"mine", 8}, v.Value)
	x.holds(t, "mine", "8")
}

// The whole document is local here, with the version that it was read as: a write has to carry that
// of the document which it replaces.
func localSideCanBeWrittenOver(t *testing.T, x *exam) {
	x.seed()
	u, err := ifmatch.Get[map[string]json.RawMessage](t.Context(), x.client, x.url)
	require.NoError(t, err)
	u.Value["name"] = json.RawMessage(`"mine"`)
	x.rivalSets(t, x.key, "name", `"theirs"`)
	_, err = ifmatch.Save(t.Context(), x.client, u, ifmatch.KeepLocal)
	require.NoError(t, err)
	x.holds(t, "mine", "0")
}

func twoLoopsLoseNothing(t *testing.T, x *exam) {
	const each = 8
	x.seed()
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		both.Go(func() {
			for range each {
				if _, err := ifmatch.Update(t.Context(), x.client, x.url, func(d *doc) error {
					d.Count++
					return nil
				}); err != nil {
					errs[i] = err
				}
			}
		})
	}
	both.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	x.holds(t, "first", "16")
}

func lostAnswerIsLookedAfter(t *testing.T, x *exam) {
	x.seed()
	x.loses(1)
	u, err := ifmatch.Ensure(t.Context(), x.client, x.url, func(d *doc) error {
		d.Name, d.Count = "mine", 5
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, doc{"mine", 5}, u.Value)
	x.holds(t, "mine", "5")

	v := x.get(t)
	v.Value.Count = 6
	x.loses(1)
	v, err = ifmatch.Save(t.Context(), x.client, v, ifmatch.ThreeWay)
	require.NoError(t, err)
	x.holds(t, "mine", "6")

	x.loses(1)
	err = ifmatch.Delete(t.Context(), x.client, v)
	x.settled(t, &err, func() error { return ifmatch.Delete(t.Context(), x.client, v) })
	require.NoError(t, err)
	_, ok := x.sees(x.key)
	assert.False(t, ok)
}

func lostCreationIsLookedAfter(t *testing.T, x *exam) {
	if !x.creates {
		t.Skip("a creation is refused")
	}
	x.loses(1)
	create := func() error {
		ours := x.client.With(func(o *ifmatch.Options) { o.UniqueURL = true })
		_, err := ifmatch.Create(t.Context(), ours, x.url, doc{"new", 3})
		return err
	}
	err := create()
	x.settled(t, &err, create)
	require.NoError(t, err)
	s, ok := x.sees(x.key)
	require.True(t, ok)
	assert.Equal(t, "3", get(s.content, "/count"))
}

// The local side shows the version that it was read as; that is no part of the change that has to
// be found again.
func TestALostAnswerToAWriteOverTheirsIsLookedAfter(t *testing.T) {
	for _, s := range subjects {
		if s.dialect.Member == nil || s.name == "FHIR" || s.name == "FHIR, receipts" {
			continue // FHIR stamps a date beside the version
		}
		t.Run(s.name, func(t *testing.T) {
			f, server := newFake(t, s.family)
			x := &exam{subject: s, fake: f, url: server.URL + s.url}
			x.key = s.url
			x.client = ifmatch.New(&ifmatch.Options{Dialect: s.dialect, PatchFormat: s.patch})
			x.seed()
			u, err := ifmatch.Get[map[string]json.RawMessage](t.Context(), x.client, x.url)
			require.NoError(t, err)
			u.Value["name"] = json.RawMessage(`"mine"`)
			x.rivalSets(t, x.key, "name", `"theirs"`)
			type members = map[string]json.RawMessage
			keep := func(ctx context.Context, c ifmatch.Conflict[members]) (members, error) {
				x.loses(1)
				return ifmatch.KeepLocal(ctx, c)
			}
			_, err = ifmatch.Save(t.Context(), x.client, u, keep)
			require.NoError(t, err)
			x.holds(t, "mine", "0")
		})
	}
}

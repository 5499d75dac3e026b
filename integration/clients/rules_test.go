package clients_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-github/v88/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/ifmatch-go/ifmatch"
)

type spy struct {
	next http.RoundTripper
	sent *[]string
}

func (s spy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		line := r.Method + " " + r.URL.RequestURI()
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(b)))
			line += " " + string(b)
		}
		*s.sent = append(*s.sent, line)
	}
	return s.next.RoundTrip(r)
}

func spied(t *testing.T, c cluster) (dynamic.ResourceInterface, *[]string) {
	sent := new([]string)
	config := rest.CopyConfig(c.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return spy{next, sent} })
	c.config = config
	return c.objects(t, overKubernetes), sent
}

func TestDeleteOptionsAreKept(t *testing.T) {
	_, c := small(t)
	client, sent := spied(t, c)
	ctx := ifmatch.UnitOfWork(t.Context())
	_, err := client.Get(ctx, "tally", metav1.GetOptions{})
	require.NoError(t, err)
	orphan := metav1.DeletePropagationOrphan
	require.NoError(t,
		client.Delete(ctx, "tally", metav1.DeleteOptions{PropagationPolicy: &orphan, DryRun: []string{"All"}}))
	assert.Contains(t, (*sent)[0], `"dryRun":["All"]`, "what was asked for as a rehearsal is done")
	assert.Contains(t, (*sent)[0], "Orphan")
}

func TestGoGitHubsOwnSHAIsNotReplacedByANewerOne(t *testing.T) {
	for name, h := range map[string]*http.Client{
		"net/http": http.DefaultClient, "over ifmatch": ifmatch.New(overGitHub).HTTPClient(),
	} {
		t.Run(name, func(t *testing.T) {
			c, url := serveContents(t)
			client := githubClient(t, url, h)
			ctx := ifmatch.UnitOfWork(t.Context())
			readAgain := func(ctx context.Context, client *github.Client, read *github.RepositoryContent,
				put func(*string) error) error {
				if _, _, _, err := client.Repositories.GetContents(ctx, "shop", "config", "tally.json",
					nil); err != nil {
					return err
				}
				return put(read.SHA)
			}
			somebody := func() {
				_, err := raiseFile(githubClient(t, url, http.DefaultClient), withSHARead)(t.Context(), 1, func() {})
				require.NoError(t, err)
			}
			refused, err := raiseFile(client, readAgain)(ctx, 0, somebody)
			require.NoError(t, err)
			assert.True(t, refused)
			assert.JSONEq(t, `{"b":1}`, string(c.content("tally.json")))
		})
	}
}

// The query of the write is not that of the read.
func TestAWriteWithAFieldManagerIsGuarded(t *testing.T) {
	_, c := small(t)
	withManager := func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured,
		key, value string) error {
		if err := unstructured.SetNestedField(object.Object, value, "data", key); err != nil {
			return err
		}
		patch, _ := json.Marshal(map[string]any{"data": object.Object["data"]})
		_, err := client.Patch(ctx, object.GetName(), types.MergePatchType, patch,
			metav1.PatchOptions{FieldManager: "me"})
		return err
	}
	contendAll(t, c.contender(t, "client-go Patch with a field manager, over ifmatch", 0, someRefused, overKubernetes,
		withManager))
}

func TestAzblobWithSignaturesAboveIfmatch(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", "{}")
	client := signingAs(account, accountKey, url)(t,
		policy.ClientOptions{Transport: ifmatch.New(nil), Retry: policy.RetryOptions{MaxRetries: -1}})
	_, err := raiseBlob(client, "tally")(ifmatch.UnitOfWork(t.Context()), 0, func() {})
	for _, condition := range b.conditions() {
		assert.NotEmpty(t, condition, "sent without a condition, though its unit of work has read it (%v)", err)
	}
}

// A refusal of ifmatch's own is retried as if the network had failed: 3 more times, 8 s.
func TestARefusalIsNotRetriedByTheSDK(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", "{}")
	client := signingAs(account, accountKey, url)(t, policy.ClientOptions{
		Transport: ifmatch.New(&ifmatch.Options{Plain: ifmatch.PlainOptions{RequireCondition: true}}),
		// a retry would not be over in time
		Retry: policy.RetryOptions{RetryDelay: time.Hour, MaxRetryDelay: time.Hour},
	})
	ctx, cancel := context.WithTimeout(ifmatch.UnitOfWork(t.Context()), 20*time.Second)
	defer cancel()
	_, err := raiseBlob(client, "tally")(ctx, 0, func() {})
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.NoError(t, ctx.Err())
}

func TestAWatchHasNoTimeout(t *testing.T) {
	h, err := rest.HTTPClientFor(&rest.Config{Host: "http://h"})
	require.NoError(t, err)
	require.Zero(t, h.Timeout)
	assert.Zero(t, ifmatch.New(&ifmatch.Options{HTTPClient: h, Dialect: overKubernetes.Dialect}).HTTPClient().Timeout)
}

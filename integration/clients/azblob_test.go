package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// anonymous makes a client whose requests nothing signs: as with a shared access signature, which
// is in the URL.
func anonymous(t *testing.T, url string, transport policy.Transporter) *azblob.Client {
	t.Helper()
	client, err := azblob.NewClientWithNoCredential(url,
		&azblob.ClientOptions{ClientOptions: policy.ClientOptions{Transport: transport}})
	require.NoError(t, err)
	return client
}

// signingAs makes clients that sign each request with the account's key.
func signingAs(account, key, url string) func(*testing.T, policy.ClientOptions) *azblob.Client {
	return func(t *testing.T, o policy.ClientOptions) *azblob.Client {
		t.Helper()
		credential, err := azblob.NewSharedKeyCredential(account, key)
		require.NoError(t, err)
		client, err := azblob.NewClientWithSharedKeyCredential(url, credential, &azblob.ClientOptions{ClientOptions: o})
		require.NoError(t, err)
		return client
	}
}

// raiseBlob is a worker who knows nothing of tags.
func raiseBlob(client *azblob.Client, name string) raising {
	return func(ctx context.Context, worker int, meet func()) (refused bool, err error) {
		content, err := download(ctx, client, name)
		meet()
		if err != nil {
			return false, err
		}
		if content, err = raised(content, worker); err != nil {
			return false, err
		}
		_, err = client.UploadBuffer(ctx, "docs", name, content, nil)
		if bloberror.HasCode(err, bloberror.ConditionNotMet) {
			return true, nil
		}
		return false, err
	}
}

func download(ctx context.Context, client *azblob.Client, name string) ([]byte, error) {
	got, err := client.DownloadStream(ctx, "docs", name, nil)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}

func TestAzblob(t *testing.T) {
	_, url := serveBlobs(t)
	contendForBlobs(t, signingAs(account, accountKey, url), url)
}

func TestAzblobAgainstAzurite(t *testing.T) {
	packages := installed(t, "azurite")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed")
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(peers, "azurite", "server.js"), "blob")
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(packages, "node_modules"))
	socket, address := listening(t)
	cmd.Stdin = socket
	run(t, cmd)

	// The account of the emulator's documentation.
	const account = "devstoreaccount1"
	const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	signed := signingAs(account, key, "http://"+address+"/"+account)
	client := signed(t, policy.ClientOptions{})
	_, err = client.CreateContainer(t.Context(), "docs", nil)
	require.NoError(t, err)
	open, err := client.ServiceClient().GetSASURL(sas.AccountResourceTypes{Object: true},
		sas.AccountPermissions{Read: true, Write: true, Create: true},
		time.Now().Add(time.Hour), nil)
	require.NoError(t, err)
	contendForBlobs(t, signed, open)
}

func contendForBlobs(t *testing.T, signed func(*testing.T, policy.ClientOptions) *azblob.Client, open string) {
	plain := signed(t, policy.ClientOptions{})
	number := 0
	of := func(name string, lost, refused int, client *azblob.Client) contender {
		number++
		blob := fmt.Sprintf("tally-%d", number)
		_, err := plain.UploadBuffer(t.Context(), "docs", blob, []byte("{}"), nil)
		require.NoError(t, err)
		return contender{
			name: name, lost: lost, refused: refused, raise: raiseBlob(client, blob), number: func(t *testing.T) int {
				content, err := download(t.Context(), plain, blob)
				require.NoError(t, err)
				return sumOf(t, content)
			},
		}
	}
	policies := func(merge ifmatch.MergeFunc[json.RawMessage]) policy.ClientOptions {
		return policy.ClientOptions{PerCallPolicies: []policy.Policy{beforeSigning(merge)}}
	}
	contendAll(t,
		of("azblob", mostLost, 0, anonymous(t, open, nil)),
		of("azblob over ifmatch", 0, someRefused, anonymous(t, open, ifmatch.New(nil))),
		of("azblob over ifmatch, merging", 0, 0, anonymous(t, open, ifmatch.New(mergeAll))),
		of("azblob with signatures", mostLost, 0, plain),
		of("azblob with signatures over ifmatch", 0, someRefused, signed(t, policies(nil))),
		of("azblob with signatures over ifmatch, merging", 0, 0, signed(t, policies(mergeAll.Plain.Merge))),
	)
}

// An aroundPolicies is ifmatch as a policy of the pipeline, for requests that a later policy signs:
// a condition has to be there before. What ifmatch sends goes on through the rest of the pipeline,
// with its retries.
type aroundPolicies struct{ client *ifmatch.Client }

func beforeSigning(merge ifmatch.MergeFunc[json.RawMessage]) policy.Policy {
	sending := &http.Client{Transport: restOfPipeline{}}
	return aroundPolicies{ifmatch.New(&ifmatch.Options{
		HTTPClient: sending,
		Plain:      ifmatch.PlainOptions{RequireCondition: true, Merge: merge},
	})}
}

type pipelineKey struct{}

func (a aroundPolicies) Do(r *policy.Request) (*http.Response, error) {
	raw := r.Raw()
	return a.client.Do(raw.WithContext(context.WithValue(raw.Context(), pipelineKey{}, r)))
}

type restOfPipeline struct{}

func (restOfPipeline) RoundTrip(r *http.Request) (*http.Response, error) {
	next := r.Context().Value(pipelineKey{}).(*policy.Request).Clone(r.Context())
	raw := next.Raw()
	raw.Method, raw.URL, raw.Header = r.Method, r.URL, r.Header.Clone()
	var body io.ReadSeekCloser // not that of the SDK's request: it may have been merged, or this be a read
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		body = streaming.NopCloser(bytes.NewReader(content))
	}
	if err := next.SetBody(body, r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	return next.Next()
}

// As the transport, ifmatch comes after the signature. The URL was then read with another signature
// than the write has, which makes it another identity, and a condition would break the signature
// besides. RequireCondition refuses such a write instead of letting it pass without one.
func TestAzblobWithSignaturesAboveIfmatchIsRefusedWhereAConditionIsRequired(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", "{}")
	client := signingAs(account, accountKey, url)(t, policy.ClientOptions{
		Transport: ifmatch.New(&ifmatch.Options{
			Plain: ifmatch.PlainOptions{RequireCondition: true},
		}), Retry: policy.RetryOptions{MaxRetries: -1},
	})
	_, err := raiseBlob(client, "tally")(ifmatch.UnitOfWork(t.Context()), 0, func() {})
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Empty(t, b.conditions())
}

// A ranged read and a list of blocks go by other requests than GET and PUT of the URL: what ifmatch
// cannot guard it does not let pass where a condition is required.
func TestAzblobInPartsIsRefusedWhereAConditionIsRequired(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", `{"a":1}`)
	client, err := azblob.NewClientWithNoCredential(url, &azblob.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: ifmatch.New(&ifmatch.Options{
			Plain: ifmatch.PlainOptions{RequireCondition: true},
		}), Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	require.NoError(t, err)

	ctx := ifmatch.UnitOfWork(t.Context())
	content := make([]byte, 7)
	_, err = client.DownloadBuffer(ctx, "docs", "tally", content, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":1}`, string(content))
	_, err = client.UploadBuffer(ctx, "docs", "tally", []byte(`{"a":2}`), nil)
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)

	ctx = ifmatch.UnitOfWork(t.Context())
	got, err := client.DownloadStream(ctx, "docs", "tally", nil)
	require.NoError(t, err)
	got.Body.Close()
	_, err = client.UploadStream(ctx, "docs", "tally", strings.NewReader(strings.Repeat(" ", 3<<19)), nil) // two blocks
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.JSONEq(t, `{"a":1}`, string(b.content("tally")))
}

// The SDK's own conditions stand.
func TestAzblobsOwnConditionIsLeftAlone(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", "{}")
	client := anonymous(t, url, ifmatch.New(nil))
	ctx := ifmatch.UnitOfWork(t.Context())
	got, err := client.DownloadStream(ctx, "docs", "tally", nil)
	require.NoError(t, err)
	got.Body.Close()
	b.set("tally", `{"b":1}`)
	now, err := client.DownloadStream(ifmatch.UnitOfWork(t.Context()), "docs", "tally", nil)
	require.NoError(t, err)
	now.Body.Close()
	_, err = client.UploadBuffer(ctx, "docs", "tally", []byte(`{"b":2}`), &azblob.UploadBufferOptions{
		AccessConditions: &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: now.ETag},
		},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{string(*now.ETag)}, b.conditions())
}

// The SDK sends a write again whose answer was lost. Under a condition the second copy is refused,
// because the first has landed, and a worker who takes that for a conflict counts twice. So the
// SDK's retries have to be off; then the worker is told that something broke. ifmatch.Update looks
// at the blob before it says so.
func TestAzblobAndAnAnswerThatIsLost(t *testing.T) {
	b, url := serveBlobs(t)
	b.set("tally", "{}")
	client, err := azblob.NewClientWithNoCredential(url, &azblob.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: ifmatch.New(nil), Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	require.NoError(t, err)
	b.loseNext()
	refused, err := raiseBlob(client, "tally")(ifmatch.UnitOfWork(t.Context()), 0, func() {})
	require.Error(t, err)
	require.False(t, refused)
	require.JSONEq(t, `{"a":1}`, string(b.content("tally")))

	b.loseNext()
	beside := ifmatch.New(&ifmatch.Options{Dialect: dialect.AzureBlob()})
	_, err = ifmatch.Update(t.Context(), beside, url+"/docs/tally", func(n *tally) error { (*n)["a"]++; return nil })
	require.ErrorIs(t, err, ifmatch.ErrUncertain, "another worker may have made the same of the same")
	require.JSONEq(t, `{"a":2}`, string(b.content("tally")))
}

package clients_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-github/v88/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

func githubClient(t *testing.T, url string, h *http.Client) *github.Client {
	t.Helper()
	client, err := github.NewClient(github.WithHTTPClient(h), github.WithURLs(&url, nil), github.WithAuthToken(token))
	require.NoError(t, err)
	return client
}

// A committing decides which sha a write of a file that was read names, and makes it with put.
type committing func(ctx context.Context, client *github.Client, read *github.RepositoryContent,
	put func(sha *string) error) error

// raiseFile is a worker.
func raiseFile(client *github.Client, commit committing) raising {
	return func(ctx context.Context, worker int, meet func()) (refused bool, err error) {
		read, _, _, err := client.Repositories.GetContents(ctx, "shop", "config", "tally.json", nil)
		if err != nil {
			return false, err
		}
		text, err := read.GetContent()
		if err != nil {
			return false, err
		}
		meet()
		content, err := raised([]byte(text), worker)
		if err != nil {
			return false, err
		}
		err = commit(ctx, client, read, func(sha *string) error {
			_, _, err := client.Repositories.UpdateFile(ctx, "shop", "config", "tally.json",
				&github.RepositoryContentFileOptions{
					Message: github.Ptr("raise"), Content: content, SHA: sha,
				})
			return err
		})
		if statusOf(err) == http.StatusConflict {
			return true, nil
		}
		return false, err
	}
}

func statusOf(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) {
		return answer.Response.StatusCode
	}
	return 0
}

func withSHARead(_ context.Context, _ *github.Client, read *github.RepositoryContent, put func(*string) error) error {
	return put(read.SHA)
}

func withoutSHA(_ context.Context, _ *github.Client, _ *github.RepositoryContent, put func(*string) error) error {
	return put(nil)
}

// withNewestSHA is how programs avoid the 409: they ask for the sha once more, just before they
// write. Here one after the other does, or the outcome would depend on luck.
func withNewestSHA() committing {
	var turn sync.Mutex
	return func(ctx context.Context, client *github.Client, _ *github.RepositoryContent,
		put func(*string) error) error {
		turn.Lock()
		defer turn.Unlock()
		now, _, _, err := client.Repositories.GetContents(ctx, "shop", "config", "tally.json", nil)
		if err != nil {
			return err
		}
		return put(now.SHA)
	}
}

// updateBeside is ifmatch with go-github's own http.Client below it, which brings the token.
func updateBeside(client *github.Client, url string) raising {
	return func(ctx context.Context, worker int, meet func()) (refused bool, err error) {
		// Each worker has a client of its own, as if it were another process.
		own := ifmatch.New(&ifmatch.Options{HTTPClient: client.Client(), Dialect: dialect.GitHubContents("raise")})
		_, err = ifmatch.Update(ctx, own, url+"repos/shop/config/contents/tally.json", func(n *tally) error {
			meet()
			(*n)[workerName(worker)]++
			return nil
		})
		return false, err
	}
}

// overGitHub adds the sha that was read to the writes that go-github makes.
var overGitHub = &ifmatch.Options{Dialect: dialect.GitHubContents("raise")}

func TestGoGitHub(t *testing.T) {
	of := func(name string, lost, refused int, h *http.Client, commit committing) contender {
		c, url := serveContents(t)
		client := githubClient(t, url, h)
		raise := raiseFile(client, commit)
		if commit == nil {
			raise = updateBeside(client, url)
		}
		return contender{
			name: name, lost: lost, refused: refused, raise: raise,
			number: func(t *testing.T) int { return sumOf(t, c.content("tally.json")) },
		}
	}
	over := func() *http.Client { return ifmatch.New(overGitHub).HTTPClient() }
	contendAll(t,
		of("go-github, the sha asked for anew", mostLost, 0, http.DefaultClient, withNewestSHA()),
		of("go-github, the sha that was read", 0, someRefused, http.DefaultClient, withSHARead),
		of("go-github, the sha that was read, over ifmatch", 0, someRefused, over(), withSHARead),
		of("go-github, no sha, over ifmatch", 0, someRefused, over(), withoutSHA),
		of("ifmatch.Update beside go-github", 0, 0, http.DefaultClient, nil),
	)
}

func TestGoGitHubNeedsADialectBecauseGitHubRefusesIfMatch(t *testing.T) {
	for _, c := range []struct {
		name    string
		options *ifmatch.Options
		status  int
	}{{"plain tracking", nil, http.StatusBadRequest}, {"dialect", overGitHub, 0}} {
		t.Run(c.name, func(t *testing.T) {
			_, url := serveContents(t)
			client := githubClient(t, url, ifmatch.New(c.options).HTTPClient())
			_, err := raiseFile(client, withSHARead)(ifmatch.UnitOfWork(t.Context()), 0, func() {})
			assert.Equal(t, c.status, statusOf(err), "%v", err)
		})
	}
}

func TestGoGitHubDeletesOnlyTheFileThatItRead(t *testing.T) {
	c, url := serveContents(t)
	client := githubClient(t, url, ifmatch.New(overGitHub).HTTPClient())
	remove := func(ctx context.Context) error {
		_, _, err := client.Repositories.DeleteFile(ctx, "shop", "config", "tally.json",
			&github.RepositoryContentFileOptions{Message: github.Ptr("gone")})
		return err
	}
	first, second := ifmatch.UnitOfWork(t.Context()), ifmatch.UnitOfWork(t.Context())
	_, _, _, err := client.Repositories.GetContents(first, "shop", "config", "tally.json", nil)
	require.NoError(t, err)
	_, err = raiseFile(client, withoutSHA)(second, 0, func() {})
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, statusOf(remove(first)))
	require.JSONEq(t, `{"a":1}`, string(c.content("tally.json")))

	third := ifmatch.UnitOfWork(t.Context())
	_, _, _, err = client.Repositories.GetContents(third, "shop", "config", "tally.json", nil)
	require.NoError(t, err)
	require.NoError(t, remove(third))
	require.Nil(t, c.content("tally.json"))
}

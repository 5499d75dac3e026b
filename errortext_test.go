package ifmatch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestSecretsInAURLDoNotShowInErrors(t *testing.T) {
	calls := map[string]func(context.Context, *ifmatch.Client, string) error{
		"Get": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Get[thing](ctx, c, url)
			return err
		},
		"Create": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Create(ctx, c, url, thing{})
			return err
		},
		"Put": func(ctx context.Context, c *ifmatch.Client, url string) error {
			u := bump()
			u.URL = url
			_, err := ifmatch.Put(ctx, c, u)
			return err
		},
		"Update": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, func(v *thing) error { v.N++; return nil })
			return err
		},
	}
	networks := map[string]func(arrival) (*http.Response, error){
		"broken":  func(arrival) (*http.Response, error) { return nil, errLost },
		"refused": func(arrival) (*http.Response, error) { return reply(403, ""), nil },
		"busy":    func(arrival) (*http.Response, error) { return reply(503, "", "Retry-After: 9999"), nil },
		"html":    func(arrival) (*http.Response, error) { return reply(200, "<html>", `ETag: "1"`), nil },
	}
	for _, url := range []string{
		"http://origin.test/a?token=SECRET", "http://user:SECRET@origin.test/a", "http://SECRET@origin.test/a",
		"http://origin.test/a#SECRET", "http://origin.test/%zz?token=SECRET", "http://user:SECRET@origin.test:port/",
		"http://origin.test/a\n?token=SECRET", "gopher://origin.test/?token=SECRET", "/no/host?token=SECRET",
		"://?token=SECRET",
	} {
		for network, answer := range networks {
			client, s := through(answer, &ifmatch.Options{MaxWait: -1})
			for name, call := range calls {
				err := call(t.Context(), client, url)
				if err == nil {
					require.Equal(t, "html", network, "%s %q", name, url) // a page that answers a PUT is a success
					continue
				}
				assertPrintable(t, fmt.Sprintf("%s %q, %s", name, url, network), err)
			}
			for _, w := range s.writes() {
				assert.NotEmpty(t, w.condition())
			}
		}
	}
}

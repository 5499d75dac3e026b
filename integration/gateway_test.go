package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/require"
)

// gateway is nginx in front of an origin server that does everything right, so that what goes wrong
// is nginx's: one thing that gateways do to conditional writes. Somebody else in the contract works
// on the origin itself.
type gateway struct {
	title string

	// location goes into nginx's location block, and http around it.
	location, http string

	// replays has the first of two upstream servers perform each write and close the connection in
	// place of an answer.
	replays bool

	slow bool // see server

	options ifmatch.Options
	forms   []form
	bare    func([]byte) []byte
	departs map[quirk]string
}

var (
	// nginx makes the tag of what it compresses weak, and the origin compares strongly (RFC 9110
	// §13.1.1).
	gzipGateway = gateway{
		title:    "nginx, gzip",
		location: "gzip on; gzip_types application/json text/plain;",
	}

	// proxy_next_upstream is "error timeout" by default and PUT and DELETE are idempotent, so a
	// write whose answer was lost is sent to the next server: the client is told that its own
	// successful write conflicts. Only an identifier that the write leaves in the document tells it
	// from a stranger's.
	replayingGateway = gateway{
		title:   "nginx, replay",
		replays: true,
		options: ifmatch.Options{WriteID: "/writers"},
		forms: []form{
			subject[document]{
				form: typed.form, extension: typed.extension, mediaType: typed.mediaType, edit: typed.edit,
				content: bytes.Replace(typed.content, []byte("{"), []byte(`{"writers": ["created"],`), 1),
			},
			inapplicable{raw.form, "Raw content has no place for the write identifier by which a write is recognised " +
				"that a gateway sent twice."},
		},
		bare: func(content []byte) []byte { return writersIn.ReplaceAllLiteral(content, nil) },
		departs: map[quirk]string{
			deletionsRepeated: "The gateway sends a DELETE to a second server when the first, which performed it, " +
				"closed the connection. The client is told that the resource is gone, and nothing says by whose hand.",
		},
	}

	// The status passes, and what the origin said about the conflict does not.
	pagesGateway = gateway{
		title:    "nginx, error pages",
		location: "proxy_intercept_errors on; error_page 404 409 412 428 /sorry.html;",
	}

	// The cache answers any GET, whatever its Cache-Control, with what it got up to two seconds
	// ago.
	cachingGateway = gateway{
		title:    "nginx, cache",
		http:     "proxy_cache_path cache keys_zone=c:1m;",
		location: "proxy_cache c; proxy_cache_valid 200 1s; proxy_ignore_headers Cache-Control Expires;",
		slow:     true,
		departs: map[quirk]string{
			oldReads: "The cache answers a GET with what it got up to two seconds ago. A write that starts " +
				"from there is refused, and then ifmatch waits until it sees the new version.",
		},
	}
)

// writersIn finds the write identifiers, with the comma that separates them from the other members.
var writersIn = regexp.MustCompile(`,\s*"writers": ?("[^"]*"|\[[^\]]*\])|"writers": ?("[^"]*"|\[[^\]]*\]),`)

func (g gateway) name() string             { return g.title }
func (g gateway) quirks() map[quirk]string { return g.departs }

func (g gateway) start(t *testing.T) (server, error) {
	s, _, err := g.serve(t)
	return s, err
}

// serve starts the gateway and returns the origin behind it, too.
func (g gateway) serve(t *testing.T) (server, *ifmatchtest.Origin, error) {
	origin := ifmatchtest.New(nil)
	direct := origin.Serve(t)
	upstreams := "server " + direct.Listener.Addr().String() + ";"
	if g.replays {
		// max_fails=0: nginx would otherwise leave the server alone for ten seconds after each
		// failure, and a test would see the replay only sometimes.
		first := httptest.NewServer(performsAndHangsUp(origin))
		t.Cleanup(first.Close)
		upstreams = "server " + first.Listener.Addr().String() + " max_fails=0; " +
			"server " + direct.Listener.Addr().String() + " backup;"
	}
	base, err := startNginx(t, g.http, upstreams, g.location)
	if err != nil {
		return server{}, nil, err
	}
	options := g.options
	options.HTTPClient = ordinaryClient(t)
	return server{base: base, origin: direct.URL + "/", options: options, forms: g.forms, bare: g.bare, slow: g.slow},
		origin, nil
}

// performsAndHangsUp answers reads, and performs writes without ever answering.
func performsAndHangsUp(origin http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			origin.ServeHTTP(w, r)
			return
		}
		origin.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// startNginx runs nginx in front of the upstream servers and returns its base URL.
func startNginx(t *testing.T, inHTTP, upstreams, inLocation string) (string, error) {
	program, err := exec.LookPath("nginx")
	if errors.Is(err, exec.ErrNotFound) {
		program, err = exec.LookPath("/usr/sbin/nginx") // where Debian puts it, and what the PATH of a user may lack
	}
	if err != nil {
		return "", fmt.Errorf("nginx is %w", errNotInstalled)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()

	// t.TempDir lies in a directory that nobody else may enter, so the workers run as whoever runs
	// the test.
	dir, account := t.TempDir(), ""
	if os.Geteuid() == 0 {
		me, err := user.Current()
		require.NoError(t, err)
		account = "user " + me.Username + ";"
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sorry.html"),
		[]byte("<!doctype html><title>Sorry</title><p>Something went wrong.\n"), 0o644))
	config := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
daemon off; %s
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	%s
	upstream origin { %s }
	server {
		listen %s;
		location / {
			proxy_pass http://origin;
			%s
		}
		location = /sorry.html { root .; internal; }
	}
}
`, account, inHTTP, upstreams, listener.Addr(), inLocation), 0o600))

	serve := exec.CommandContext(t.Context(), program, "-p", dir, "-e", "stderr", "-c", config)
	// nginx takes over the sockets that this variable lists (it is how it replaces its own program
	// while it runs), so the port is free for certain, and a request that comes before nginx is up
	// waits in the socket's queue.
	serve.ExtraFiles = append(serve.ExtraFiles, socket)
	serve.Env = append(os.Environ(), "NGINX=3;")
	if err := runUntilEnd(t, serve); err != nil {
		return "", err
	}
	return "http://" + listener.Addr().String() + "/", nil
}

// begin starts the gateway for a test of its own.
func (g gateway) begin(t *testing.T) (server, *ifmatchtest.Origin) {
	t.Helper()
	s, origin, err := g.serve(t)
	if errors.Is(err, errNotInstalled) {
		t.Skipf("not run: %v", err)
	}
	require.NoError(t, err)
	return s, origin
}

func countAt(t *testing.T, origin *ifmatchtest.Origin) int {
	t.Helper()
	d, err := documentIn([]byte(origin.Body("/doc.json")))
	require.NoError(t, err)
	return d.Count
}

func increment(d *document) error { d.Count++; return nil }

func TestAWriteThatAGatewaySentTwiceIsNeitherAConflictNorDoneTwice(t *testing.T) {
	for _, tc := range []struct {
		name    string
		content string
		options ifmatch.Options
		write   func(context.Context, *ifmatch.Client, string) error
		want    document
	}{
		{
			name: "Save, by what it finds in force", content: `{"title": "first", "count": 0}`,
			write: func(ctx context.Context, c *ifmatch.Client, url string) error {
				u, err := ifmatch.Get[document](ctx, c, url)
				if err != nil {
					return err
				}
				u.Value.Title = "second"
				_, err = ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				return err
			},
			want: document{"second", 0},
		},
		{
			name: "Update, by the edit that changes nothing more", content: `{"title": "first", "count": 0}`,
			write: func(ctx context.Context, c *ifmatch.Client, url string) error {
				_, err := ifmatch.Update(ctx, c, url, func(d *document) error { d.Title = "second"; return nil })
				return err
			},
			want: document{"second", 0},
		},
		{
			name: "Update, by its identifier among others", content: `{"title": "first", "count": 0, "writers": []}`,
			options: ifmatch.Options{WriteID: "/writers"},
			write: func(ctx context.Context, c *ifmatch.Client, url string) error {
				_, err := ifmatch.Update(ctx, c, url, increment)
				return err
			},
			want: document{"first", 1},
		},
		{
			name: "Update, by its identifier", content: `{"title": "first", "count": 0}`,
			options: ifmatch.Options{WriteID: "/writer"},
			write: func(ctx context.Context, c *ifmatch.Client, url string) error {
				_, err := ifmatch.Update(ctx, c, url, increment)
				return err
			},
			want: document{"first", 1},
		},
		{
			name: "Put, by its identifier", content: `{"title": "first", "count": 0}`,
			options: ifmatch.Options{WriteID: "/writer"},
			write: func(ctx context.Context, c *ifmatch.Client, url string) error {
				u, err := ifmatch.Get[document](ctx, c, url)
				if err != nil {
					return err
				}
				u.Value.Count++
				_, err = ifmatch.Put(ctx, c, u)
				return err
			},
			want: document{"first", 1},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, origin := replayingGateway.begin(t)
			origin.Set("/doc.json", tc.content)
			tc.options.HTTPClient = s.options.HTTPClient
			require.NoError(t, tc.write(t.Context(), ifmatch.New(&tc.options), s.base+"doc.json"))
			d, err := documentIn([]byte(origin.Body("/doc.json")))
			require.NoError(t, err)
			require.Equal(t, tc.want, d)
			require.Equal(t, 1, origin.Applied("PUT"), "%v", origin.Requests())
			require.Equal(t, 2, origin.Deliveries("PUT"), "nginx did not send it twice: %v", origin.Requests())
		})
	}
}

// A re-fetch that shows the refused version tells nothing new. A client that takes it for the
// newest state writes on what was refused, again and again.
func TestAnOldAnswerOutOfACacheIsNotTakenForTheNewestState(t *testing.T) {
	s, origin := cachingGateway.begin(t)
	origin.Set("/doc.json", `{"title": "first", "count": 0}`)
	client := ifmatch.New(&s.options)
	_, err := ifmatch.Get[document](t.Context(), client, s.base+"doc.json") // so that it is in the cache
	require.NoError(t, err)
	origin.Set("/doc.json", `{"title": "first", "count": 1}`)

	edits := 0
	_, err = ifmatch.Update(t.Context(), client, s.base+"doc.json", func(d *document) error {
		edits++
		return increment(d)
	})
	require.NoError(t, err)
	require.Equal(t, 2, countAt(t, origin))
	require.Equal(t, 2, edits, "once on the old version, once on the new one")
	require.Equal(t, 2, origin.Arrived("PUT"), "%v", origin.Requests())
}

// After a write whose answer was lost, an old answer shows the very version that it was made from.
// That does not prove that the write did not take effect.
func TestAnOldAnswerOutOfACacheDoesNotProveThatALostWriteDidNotLand(t *testing.T) {
	for _, tc := range []struct {
		name, content, writeID string
		err                    error
	}{
		{"it cannot be known", `{"title": "first", "count": 0}`, "", ifmatch.ErrUncertain},
		{"the identifier tells", `{"title": "first", "count": 0, "writers": []}`, "/writers", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, origin := cachingGateway.begin(t)
			origin.Set("/doc.json", tc.content)
			origin.Next("PUT", ifmatchtest.LoseResponse())
			s.options.WriteID = tc.writeID
			_, err := ifmatch.Update(t.Context(), ifmatch.New(&s.options), s.base+"doc.json", increment)
			require.Equal(t, 1, countAt(t, origin), "%v, %v", err, origin.Requests())
			require.ErrorIs(t, err, tc.err)
		})
	}
}

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// An Exchange is a way to read a resource and to write it back: one GET and one PUT, nobody else
// writing.
type Exchange struct {
	Name    string
	Guarded bool // the write carries If-Match; tests hold it to that

	// Start returns a function that does it once, for a resource at url that transport reaches.
	Start func(transport http.RoundTripper, url string) func() error
}

// Exchanges come in two groups, each after the hand-written code that it is compared with: bytes
// that are read and written back as they are, and a struct of which a field is changed. The
// hand-written code stands there without a limit of time, as http.DefaultClient has it, and with
// the one that ifmatch sets on every exchange.
var Exchanges = [][]Exchange{
	{
		{"net/http, no condition", false, func(transport http.RoundTripper, url string) func() error {
			return echo((&http.Client{Transport: transport}).Do, url, false)
		}},
		{"net/http, If-Match by hand and a Timeout", true, func(transport http.RoundTripper, url string) func() error {
			return echo((&http.Client{Transport: transport, Timeout: timeout}).Do, url, true)
		}},
		{"ifmatch, Client.HTTPClient", true, func(transport http.RoundTripper, url string) func() error {
			return echo(newClient(transport).HTTPClient().Do, url, false)
		}},
		{"ifmatch, Client.Do", true, func(transport http.RoundTripper, url string) func() error {
			return echo(newClient(transport).Do, url, false)
		}},
	},
	{
		{
			"net/http and encoding/json, If-Match by hand", true,
			func(transport http.RoundTripper, url string) func() error {
				return increment((&http.Client{Transport: transport}).Do, url)
			},
		},
		{
			"net/http and encoding/json, If-Match by hand and a Timeout", true,
			func(transport http.RoundTripper, url string) func() error {
				return increment((&http.Client{Transport: transport, Timeout: timeout}).Do, url)
			},
		},
		{"ifmatch.Update", true, func(transport http.RoundTripper, url string) func() error {
			client := newClient(transport)
			return func() error {
				_, err := ifmatch.Update(context.Background(), client, url, func(a *Account) error {
					a.Quota++
					return nil
				})
				return err
			}
		}},
	},
}

// timeout is ifmatch's default for one exchange.
const timeout = 30 * time.Second

func newClient(transport http.RoundTripper) *ifmatch.Client {
	return ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: transport}})
}

// An Account is the resource of a [Server].
type Account struct {
	Name    string   `json:"name"`
	Quota   int      `json:"quota"`
	Roles   []string `json:"roles"`
	Comment string   `json:"comment"`
}

type do func(*http.Request) (*http.Response, error)

// echo reads the resource and writes back what it read.
func echo(do do, url string, guard bool) func() error {
	return func() error {
		content, tag, err := read(do, url)
		if err != nil {
			return err
		}
		if !guard {
			tag = ""
		}
		return write(do, url, content, tag)
	}
}

// increment reads the resource, decodes it, changes a field and writes it.
func increment(do do, url string) func() error {
	return func() error {
		content, tag, err := read(do, url)
		if err != nil {
			return err
		}
		var a Account
		if err := json.Unmarshal(content, &a); err != nil {
			return err
		}
		a.Quota++
		if content, err = json.Marshal(a); err != nil {
			return err
		}
		return write(do, url, content, tag)
	}
}

func read(do do, url string) (content []byte, tag string, err error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("bench: GET was answered %s", resp.Status)
	}
	content, err = io.ReadAll(resp.Body)
	return content, resp.Header.Get("ETag"), err
}

func write(do do, url string, content []byte, tag string) error {
	req, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(content))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if tag != "" {
		req.Header.Set("If-Match", tag)
	}
	resp, err := do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("bench: PUT was answered %s", resp.Status)
	}
	return nil
}

// A Server holds one resource of about 1 KB under a strong entity tag and honours If-Match (RFC
// 9110 §13.1.1). It does as little as a server can, so that what the clients do shows.
type Server struct {
	mu              sync.Mutex
	content         []byte
	version         int
	writes, guarded int
}

// NewServer returns a server whose resource has been written once.
func NewServer() *Server {
	content, err := json.Marshal(Account{
		Name: "Ann", Roles: []string{"reader", "writer"}, Comment: string(bytes.Repeat([]byte("comment "), 120)),
	})
	if err != nil {
		panic(err) // a struct of strings always encodes
	}
	return &Server{content: content, version: 1}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", s.tag())
		w.Write(s.content)
	case http.MethodPut:
		condition := r.Header.Get("If-Match")
		if condition != "" && condition != s.tag() {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		content, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.content = content
		s.version++
		s.writes++
		if condition != "" {
			s.guarded++
		}
		w.Header().Set("ETag", s.tag())
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *Server) tag() string { return strconv.Quote(strconv.Itoa(s.version)) }

// Writes returns how many writes took effect, and how many of them were conditional.
func (s *Server) Writes() (all, guarded int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes, s.guarded
}

// RoundTrip implements [http.RoundTripper] without a network: what is left is the work of the
// clients.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	resp := recorder.Result()
	resp.Request = r
	return resp, nil
}

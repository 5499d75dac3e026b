package bench_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryExchangeWritesOnceAndGuardsAsItsRowSays(t *testing.T) {
	for _, group := range bench.Exchanges {
		for _, e := range group {
			t.Run(e.Name, func(t *testing.T) {
				server := bench.NewServer()
				once := e.Start(server, "http://server.example/account")
				network := httptest.NewServer(server)
				defer network.Close()
				over := e.Start(http.DefaultTransport, network.URL+"/account")
				for range 3 {
					require.NoError(t, once())
					require.NoError(t, over())
				}
				all, guarded := server.Writes()
				assert.Equal(t, 6, all)
				if e.Guarded {
					assert.Equal(t, 6, guarded)
				} else {
					assert.Zero(t, guarded)
				}
			})
		}
	}
}

func TestEveryExchangeReportsARefusal(t *testing.T) {
	refuse := func(method string) *httptest.Server {
		server := bench.NewServer()
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			server.ServeHTTP(w, r)
		}))
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		server := refuse(method)
		defer server.Close()
		for _, group := range bench.Exchanges {
			for _, e := range group {
				assert.Error(t, e.Start(http.DefaultTransport, server.URL)(), "%s refused: %s", method, e.Name)
			}
		}
	}
}

func TestTheServerRefusesStaleWritesAndOtherMethods(t *testing.T) {
	server := bench.NewServer()
	for method, want := range map[string]int{
		http.MethodPut: http.StatusPreconditionFailed, http.MethodDelete: http.StatusMethodNotAllowed,
	} {
		req := httptest.NewRequest(method, "/", nil)
		req.Header.Set("If-Match", `"0"`)
		resp, err := server.RoundTrip(req)
		require.NoError(t, err)
		assert.Equal(t, want, resp.StatusCode)
	}
	all, _ := server.Writes()
	assert.Zero(t, all)
}

func TestTheServerRefusesAWriteThatBreaksOff(t *testing.T) {
	server := bench.NewServer()
	resp, err := server.RoundTrip(httptest.NewRequest(http.MethodPut, "/", iotest.ErrReader(errors.New("broke off"))))
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	all, _ := server.Writes()
	assert.Zero(t, all)
}

func TestEveryExchangeReportsAServerThatIsNotThere(t *testing.T) {
	gone := httptest.NewServer(bench.NewServer())
	gone.Close()
	for _, group := range bench.Exchanges[:1] { // Update waits before it tries again
		for _, e := range group {
			assert.Error(t, e.Start(http.DefaultTransport, gone.URL)(), e.Name)
			assert.Error(t, e.Start(http.DefaultTransport, "http://%")(), e.Name)
		}
	}
}

func TestAnAnswerThatIsNoAccountIsAnErrorToTypedExchanges(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Write([]byte("no JSON"))
	}))
	defer server.Close()
	for _, e := range bench.Exchanges[1] {
		assert.Error(t, e.Start(http.DefaultTransport, server.URL)(), e.Name)
	}
}

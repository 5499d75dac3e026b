package ifmatchtest

import "net/http/httptest"

// Serve starts the origin on a loopback port, for HTTP/1.1, and closes it when the test t (a
// [testing.TB]) ends, together with connections that are still held. For use outside a test there
// is [httptest.NewServer].
func (o *Origin) Serve(t interface{ Cleanup(func()) }) *httptest.Server {
	s := httptest.NewServer(o)
	closeAfter(t, s)
	return s
}

// ServeTLS is [Origin.Serve] with TLS and HTTP/2. The server's Client method returns a client that
// trusts it.
func (o *Origin) ServeTLS(t interface{ Cleanup(func()) }) *httptest.Server {
	s := httptest.NewUnstartedServer(o)
	s.EnableHTTP2 = true
	s.StartTLS()
	closeAfter(t, s)
	return s
}

func closeAfter(t interface{ Cleanup(func()) }, s *httptest.Server) {
	t.Cleanup(func() {
		s.CloseClientConnections() // ends what the script still holds, or Close would wait for it
		s.Close()
	})
}

package integration_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// lighttpd is lighttpd 1.4 with mod_webdav: files behind strong entity tags. With deflate it
// compresses what it can, and gives the compressed form a tag of its own ("x-gzip", RFC 9110
// §8.8.3.3), which If-Match does not accept.
type lighttpd struct{ deflate bool }

func (l lighttpd) name() string {
	if l.deflate {
		return "lighttpd + deflate"
	}
	return "lighttpd"
}

func (lighttpd) quirks() map[quirk]string { return nil }

func (l lighttpd) start(t *testing.T) (server, error) {
	program, err := exec.LookPath("lighttpd")
	if errors.Is(err, exec.ErrNotFound) {
		program, err = exec.LookPath("/usr/sbin/lighttpd") // where Debian puts it, and what the PATH of a user may lack
	}
	if err != nil {
		return server{}, fmt.Errorf("lighttpd is %w", errNotInstalled)
	}
	root := documentRoot(t)
	config := filepath.Join(t.TempDir(), "lighttpd.conf")
	require.NoError(t, os.WriteFile(config, []byte(l.config(root)), 0o600))

	// lighttpd takes its socket as standard input ("wait" in inetd's words). So the port is free
	// for certain, and a request that comes before the server is up waits in the socket's queue
	// instead of failing.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()

	check := exec.CommandContext(t.Context(), program, "-tt", "-f", config)
	check.Stdin = socket
	if output, err := check.CombinedOutput(); err != nil {
		if strings.Contains(string(output), "dlopen() failed") { // how lighttpd reports a module that is not there
			return server{}, fmt.Errorf("mod_webdav of lighttpd is %w", errNotInstalled)
		}
		return server{}, fmt.Errorf("lighttpd -tt: %w: %s", err, output)
	}

	serve := exec.CommandContext(t.Context(), program, "-D", "-f", config)
	serve.Stdin = socket
	if err := runUntilEnd(t, serve); err != nil {
		return server{}, err
	}
	s := server{
		base:    "http://" + listener.Addr().String() + "/",
		options: ifmatch.Options{HTTPClient: ordinaryClient(t)},
	}
	if l.deflate && !compresses(t, s, root) {
		return server{}, fmt.Errorf("mod_deflate of lighttpd is %w", errNotInstalled)
	}
	return s, nil
}

// compresses reports whether the server does: Debian's lighttpd starts without a message when
// mod_deflate is not there, and a test would take it for one that compresses.
func compresses(t *testing.T, s server, root string) bool {
	require.NoError(t, os.WriteFile(filepath.Join(root, "probe.json"), typed.content, 0o644))
	resp, err := s.options.HTTPClient.Get(s.base + "probe.json")
	require.NoError(t, err)
	content, err := read(resp)
	require.NoError(t, err)
	require.Equal(t, string(typed.content), string(content))
	return resp.Uncompressed
}

func (l lighttpd) config(root string) string {
	config := fmt.Sprintf(`
server.modules = ( "mod_webdav" )
server.bind = "/dev/stdin"
server.document-root = "%s"
webdav.activate = "enable"
mimetype.assign = ( ".json" => "application/json", ".txt" => "text/plain" )
`, root)
	if l.deflate {
		config += `
server.modules += ( "mod_deflate" )
deflate.mimetypes = ( "application/json", "text/plain" )
deflate.allowed-encodings = ( "gzip" )
`
	}
	return config
}

// documentRoot returns an empty directory, in memory where the system has that. lighttpd's tag is a
// hash of the file's inode, size and time. Most disk file systems give a new file the inode that
// the last deletion freed, and many kernels' file times move in steps of milliseconds, so that two
// versions of one size could share a tag: the server would lose an update that no client can save.
// A file system in memory does not use an inode again soon.
func documentRoot(t *testing.T) string {
	const memory = "/dev/shm"
	root, err := os.MkdirTemp(memory, "ifmatch-integration-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	return root
}

package clients_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// This file starts the real servers that integration/install.sh has put into its cache folder. A
// test whose server is not there is skipped; the small ones of this package always run.

const peers = "../peers"

// installed returns the path of what install.sh made for a peer, or skips the test.
func installed(t *testing.T, name string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	path := filepath.Join(cache, "ifmatch-peers", name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not installed: see integration/install.sh", name)
	}
	return path
}

// kubernetesProgram is the API server that install.sh built of the sources as they are, or the test
// is skipped.
func kubernetesProgram(t *testing.T) string {
	t.Helper()
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		content, err := os.ReadFile(filepath.Join(peers, "kubernetes", name))
		require.NoError(t, err)
		hash.Write(content)
	}
	return installed(t, fmt.Sprintf("kubernetes-%x", hash.Sum(nil)[:8]))
}

// run starts cmd, which was made with t.Context(), and ends it when the test ends.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var output bytes.Buffer
	var told atomic.Bool
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error {
		told.Store(true)
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	cmd.WaitDelay = 5 * time.Second
	endWithParent(cmd)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { // t's context has ended by now
		err := cmd.Wait()
		if !told.Load() {
			t.Errorf("%s ended by itself: %v", cmd.Path, err)
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s", cmd.Path, &output)
		}
	})
}

// listening returns a socket for a server to inherit: a request that comes before the server is up
// waits in its queue.
func listening(t *testing.T) (socket *os.File, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err = listener.(*net.TCPListener).File()
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	return socket, listener.Addr().String()
}

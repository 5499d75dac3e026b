package integration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// This file starts peers that are programs in an interpreter: Node, Python, Java.

// listening starts cmd with a listening socket as its standard input, and returns the socket's URL.
// So the port is free for certain, and a request that comes before the program is up waits in the
// socket's queue instead of failing.
func listening(t *testing.T, cmd *exec.Cmd) (base string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return "", err
	}
	defer socket.Close()
	cmd.Stdin = socket
	return "http://" + listener.Addr().String() + "/", runUntilEnd(t, cmd)
}

// inNode returns the command that runs a program in Node with the packages that
// peers/<peer>/package-lock.json names. They are where install.sh put them, outside of the
// repository.
func inNode(t *testing.T, peer string, args ...string) (*exec.Cmd, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("Node is %w", errNotInstalled)
	}
	packages, err := packagesOf(peer)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), node, args...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(packages, "node_modules"))
	return cmd, nil
}

// cacheFolder is where install.sh puts what is no package of the system.
func cacheFolder() (string, error) {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "ifmatch-peers"), nil
}

func packagesOf(peer string) (folder string, err error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	folder = filepath.Join(cache, peer)
	installed, err := os.ReadFile(filepath.Join(folder, "installed.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the npm packages of %s are %w", peer, errNotInstalled)
	}
	if err != nil {
		return "", err
	}
	wanted, err := os.ReadFile(filepath.Join("peers", peer, "package-lock.json"))
	if err == nil && !bytes.Equal(wanted, installed) {
		err = fmt.Errorf("the npm packages of %s, in these versions, are %w", peer, errNotInstalled)
	}
	return folder, err
}

// anyVersion sends writes on whatever version is there, for servers that demand a condition. method
// is the one on which they do; empty: on all.
type anyVersion struct {
	next   http.RoundTripper
	method string
}

func (v anyVersion) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && (v.method == "" || r.Method == v.method) {
		r = r.Clone(r.Context())
		r.Header.Set("If-Match", "*")
	}
	return v.next.RoundTrip(r)
}

// through is client with a RoundTripper around its own.
func through(client *http.Client, around func(http.RoundTripper) http.RoundTripper) *http.Client {
	c := *client
	c.Transport = around(c.Transport)
	return &c
}

// membersBut removes from a JSON object the members that the server adds, and brings the rest into
// one form.
func membersBut(names ...string) func([]byte) []byte {
	return func(content []byte) []byte {
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		if d.Decode(&object) != nil {
			return content
		}
		for _, name := range names {
			delete(object, name)
		}
		spelled, err := json.Marshal(object)
		if err != nil {
			return content
		}
		return spelled
	}
}

package integration_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch"
)

// A handler is one of the little servers of peers/ that answer a late write as programmers write it
// in that framework: a 409 with a sentence, an error page, nothing, or JSON. None of these bodies
// says what sort of conflict it is, and some are not what their Content-Type claims. All keep
// documents byte for byte.
type handler struct {
	framework string
	way       string // in which the 409 is answered: text, page, json or empty
	program   func(t *testing.T, way string) (*exec.Cmd, error)
	weak      bool // the entity tags are those that the framework makes by itself
	demanding bool // a write without a condition is a 428
}

var handlers = []peer{
	handler{framework: "Flask", way: "text", program: flask},
	handler{framework: "Flask", way: "page", program: flask},
	handler{framework: "Flask", way: "json", program: flask},
	handler{framework: "Express 4", way: "text", program: express("express4"), demanding: true},
	handler{framework: "Express 4", way: "page", program: express("express4"), demanding: true},
	handler{framework: "Express 4", way: "json", program: express("express4"), demanding: true},
	handler{framework: "Express 5", way: "text", program: express("express5"), demanding: true, weak: true},
	handler{framework: "Express 5", way: "page", program: express("express5"), demanding: true, weak: true},
	handler{framework: "Express 5", way: "json", program: express("express5"), demanding: true, weak: true},
	handler{framework: "Spring", way: "text", program: spring},
	handler{framework: "Spring", way: "empty", program: spring},
	handler{framework: "Spring", way: "json", program: spring},
}

func (h handler) name() string           { return h.framework + ", " + h.way }
func (handler) quirks() map[quirk]string { return nil }

func (h handler) start(t *testing.T) (server, error) {
	cmd, err := h.program(t, h.way)
	if err != nil {
		return server{}, err
	}
	base, err := listening(t, cmd)
	s := server{base: base + "docs/", options: ifmatch.Options{HTTPClient: ordinaryClient(t)}, weak: h.weak}
	if h.demanding {
		s.unguarded = ifmatch.PreconditionRequired
		s.someone = through(s.options.HTTPClient, func(next http.RoundTripper) http.RoundTripper {
			return anyVersion{next: next}
		})
	}
	return s, err
}

func express(version string) func(*testing.T, string) (*exec.Cmd, error) {
	return func(t *testing.T, way string) (*exec.Cmd, error) {
		return inNode(t, "express", filepath.Join("peers", "express", "server.js"), version, way)
	}
}

// flask takes the first Python that has it: Debian's own is where the package went, and need not be
// first on the PATH.
func flask(t *testing.T, way string) (*exec.Cmd, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import flask").Run() == nil {
			return exec.CommandContext(t.Context(), python, filepath.Join("peers", "flask", "server.py"), way), nil
		}
	}
	return nil, fmt.Errorf("Flask is %w", errNotInstalled)
}

// springJars are those of Debian's packages (install.sh), where they put them.
var springJars = strings.Fields(`
	spring3-aop spring3-beans spring3-context spring3-core spring3-expression spring3-web spring3-web.servlet
	jetty9-http jetty9-io jetty9-security jetty9-server jetty9-servlet jetty9-util
	jackson-annotations jackson-core jackson-databind servlet-api commons-logging`)

func spring(t *testing.T, way string) (*exec.Cmd, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("Java is %w", errNotInstalled)
	}
	var jars []string
	for _, name := range springJars {
		jar := filepath.Join("/usr/share/java", name+".jar")
		if _, err := os.Stat(jar); err != nil {
			return nil, fmt.Errorf("%s.jar, for Spring MVC, is %w", name, errNotInstalled)
		}
		jars = append(jars, jar)
	}
	// Debian's Spring reads no class files newer than Java 8's.
	return exec.CommandContext(t.Context(), java, "-XX:TieredStopAtLevel=1", "-Xshare:auto", "--source", "8",
		"-cp", strings.Join(jars, string(filepath.ListSeparator)), filepath.Join("peers", "spring", "Server.java"),
		way), nil
}

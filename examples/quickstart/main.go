// Quickstart shows what package ifmatch is for, in four short scenes around one document, a
// Kubernetes Deployment that several programs change at the same time:
//
//  1. The way it is often written (GET, decode, change, PUT): changes are lost.
//  2. The same writers with ifmatch.Update: none is lost.
//  3. ifmatch.Save with ThreeWay: an edit that was made elsewhere is merged.
//  4. A conflict that somebody has to decide, and the three ways to decide it.
//
// It brings a server of its own, or runs against one that is named:
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -url http://localhost:8080/dav/test.json -disposable
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"time"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// patience bounds the whole story: a server that is named may be slow, or not answer at all.
const patience = time.Minute

// run is the program: 0 for a story that ended well, 1 for a failure, 2 for flags that make no
// sense.
func run(args []string, stdout, stderr io.Writer) int {
	settings, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "quickstart:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()

	target := settings.url
	if target == "" {
		server, err := serve()
		if err != nil {
			fmt.Fprintln(stderr, "quickstart:", err)
			return 1
		}
		defer server.Close()
		target = "http://" + server.Addr + "/apis/apps/v1/namespaces/shop/deployments/checkout"
	}
	p := &page{out: stdout, coloured: !settings.plain && colours(stdout)}
	if err := tell(ctx, p, target); err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 1
	}
	return 0
}

// serve starts the embedded origin server on a free port of the loopback interface.
func serve() (*http.Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{Addr: l.Addr().String(), Handler: ifmatchtest.New(nil), ReadHeaderTimeout: patience}
	go s.Serve(l) // ends with Close; before that, the story's requests tell what went wrong
	return s, nil
}

type settings struct {
	url   string // "" for the embedded origin
	plain bool
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.StringVar(&s.url, "url", "", "run against the resource at this `URL`, which is created or overwritten")
	disposable := flags.Bool("disposable", false, "confirm that the resource at -url may be overwritten")
	flags.BoolVar(&s.plain, "no-color", false, "no colours on a terminal (as with the environment's NO_COLOR)")
	flags.Usage = func() {
		fmt.Fprint(stderr, `Usage: quickstart [-no-color] [-url URL -disposable]

Several writers change one document at once: first in the usual way, then with ifmatch.
Without -url the document lives in a server that the program brings along.

With -url the program creates the resource there (PUT), or overwrites it, several times,
and leaves it as the last scene made it: name one that nobody needs, and say -disposable.
The server must store what is PUT and give entity tags, or a Last-Modified that is a
strong validator; HTTP servers with WebDAV do, for example.

`)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	if err = flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q; see -h", flags.Arg(0))
	}
	if s.url == "" {
		return s, nil
	}
	u, err := url.Parse(s.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return s, errors.New("-url is not the URL of a resource (http://host/path or https://host/path)")
	}
	if !*disposable {
		return s,
			fmt.Errorf("%s would be overwritten, several times: confirm with -disposable that nobody needs what is "+
				"there", show(u))
	}
	return s, nil
}

// show removes from a URL what may be secret.
func show(u *url.URL) string {
	shown := *u
	shown.User, shown.RawQuery, shown.Fragment = nil, "", ""
	return shown.String()
}

// Probe tells what an API does before somebody trusts it with their writes: its entity tags, what
// compression makes of them, whether conditional writes are honoured, what a refusal looks like.
//
//	go run ./examples/probe                                       three origins of its own, to see what it tells
//	go run ./examples/probe https://api.example.com/things/7      reads only
//	go run ./examples/probe -disposable -header 'Authorization: Bearer ...' URL
//
// With -disposable the resource is written to: name one that nobody needs. What is sent then stands
// in the documentation of internal/probe.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/internal/probe"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// patience bounds the whole run: the server that is named may be slow.
const patience = 5 * time.Minute

// run is the program: 0 for a run that came to its end, whatever it found, 1 for one that did not,
// 2 for arguments that make no sense.
func run(args []string, stdout, stderr io.Writer) int {
	target, options, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "probe:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if target == "" {
		err = show(ctx, stdout)
	} else {
		err = report(ctx, stdout, target, options)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// report probes one resource and prints what was found, also if the run broke off.
func report(ctx context.Context, out io.Writer, target string, o *probe.Options) error {
	r, err := probe.Run(ctx, target, o)
	if r != nil {
		if _, werr := fmt.Fprint(out, r); werr != nil {
			return errors.Join(err, werr)
		}
	}
	return err
}

// origins are the servers that the program brings along.
var origins = []struct {
	title string
	start func() *ifmatchtest.Origin
}{
	{"An origin that does everything right", func() *ifmatchtest.Origin { return ifmatchtest.New(nil) }},
	{"An origin that has never heard of If-Match", func() *ifmatchtest.Origin {
		o := ifmatchtest.New(nil)
		o.Always("", ifmatchtest.IgnoreConditions())
		return o
	}},
	{"An origin behind a gateway that compresses", func() *ifmatchtest.Origin {
		return ifmatchtest.New(&ifmatchtest.Options{Compress: ifmatchtest.CompressWeaken})
	}},
}

// show probes the origins that the program brings along.
func show(ctx context.Context, out io.Writer) error {
	for i, o := range origins {
		origin := o.start()
		origin.Set("/users/7", `{"name":"Ann","quota":10}`)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &http.Server{Handler: origin, ReadHeaderTimeout: patience}
		go s.Serve(l) // ends with Close; before that, the probe tells what went wrong
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%d. %s\n\n", i+1, o.title)
		err = report(ctx, out, "http://"+l.Addr().String()+"/users/7",
			&probe.Options{Disposable: true, Unguarded: true})
		s.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func parse(args []string, stderr io.Writer) (target string, o *probe.Options, err error) {
	o = &probe.Options{Header: http.Header{}}
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.BoolVar(&o.Disposable, "disposable", false, "write to the resource, too: nobody needs what is there")
	flags.BoolVar(&o.Unguarded, "unguarded", false, "with -disposable: also write once without any condition")
	flags.DurationVar(&o.Timeout, "timeout", 30*time.Second, "longest `time` for one request")
	flags.Func("header", "a `field` of every request, such as 'Authorization: Bearer ...'; may be repeated",
		func(s string) error {
			name, value, ok := strings.Cut(s, ":")
			if name = strings.TrimSpace(name); !ok || name == "" {
				return errors.New("not of the form 'Name: value'")
			}
			o.Header.Add(name, strings.TrimSpace(value))
			return nil
		})
	flags.Usage = func() {
		fmt.Fprint(stderr, `Usage: probe [-disposable [-unguarded]] [-header 'Name: value']... [-timeout time] [URL]

Tells what an API does, before you trust it with your writes. Without a URL it probes three
origins that it brings along.

Without -disposable it only reads. With it, the resource is written again several times, and
what others write meanwhile may be lost: name one that nobody needs.

`)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	if err = flags.Parse(args); err != nil {
		return "", nil, err
	}
	switch {
	case flags.NArg() > 1:
		return "", nil, fmt.Errorf("unexpected argument %q; flags go before the URL", flags.Arg(1))
	case flags.NArg() == 0 && flags.NFlag() > 0:
		return "", nil, errors.New("the flags need a URL; see -h")
	case o.Unguarded && !o.Disposable:
		return "", nil, errors.New("-unguarded needs -disposable")
	}
	return flags.Arg(0), o, nil
}

package probe_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/internal/probe"
)

// exampleServer stands for an API, right in everything but for the faults.
func exampleServer(faults ...ifmatchtest.Fault) *httptest.Server {
	return httptest.NewServer(origin(nil, faults...))
}

func ExampleRun() {
	api := exampleServer()
	defer api.Close()

	// Only reads. What is behind If-Match on PUT stays unknown.
	report, err := probe.Run(context.Background(), api.URL+path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		fmt.Printf("%s: %s: %s\n", f.Severity, f.About, f.Text)
	}

	// Output:
	// note: If-Match on GET: a wrong tag is answered 412; weak evidence: often other code handles writes
	// note: writes: not tested: whether If-Match is honoured cannot be seen by reading
	// good: entity tag: strong: "v1"
	// good: two reads: the tag stays while the content does
	// good: If-None-Match on GET: answered 304
}

func ExampleOptions() {
	api := exampleServer(ifmatchtest.IgnoreConditions())
	defer api.Close()

	// Disposable says that nobody needs what is there, and lets the probe write.
	report, err := probe.Run(context.Background(), api.URL+path, &probe.Options{Disposable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	if report.Worst() == probe.Danger {
		fmt.Println(report.Findings[0].About, report.Findings[0].Text)
	}
	fmt.Println("what was found is there again:", report.Writes.Restored)

	// Output:
	// If-Match on PUT IGNORED: updates get lost here
	// what was found is there again: yes
}

func ExampleReport() {
	api := exampleServer()
	defer api.Close()
	report, err := probe.Run(context.Background(), api.URL+path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(strings.ReplaceAll(report.String(), api.URL, "http://api.example.com"))

	// Output:
	// http://api.example.com/users/7
	// 200, 25 bytes of application/json
	//
	// note  If-Match on GET       a wrong tag is answered 412; weak evidence: often other code handles writes
	// note  writes                not tested: whether If-Match is honoured cannot be seen by reading
	//                             > name a resource that nobody needs (Options.Disposable)
	// good  entity tag            strong: "v1"
	// good  two reads             the tag stays while the content does
	// good  If-None-Match on GET  answered 304
	//
	// 7 requests
	//   GET -> 200 "v1"                                       read it
	//   GET -> 200 "v1"                                       read it again: is the tag the same?
	//   HEAD -> 200 "v1"                                      HEAD: the same tag?
	//   GET -> 200 "v1"                                       compressed: the same tag?
	//   GET If-None-Match: "v1" -> 304 "v1"                   unchanged?
	//   GET If-Match: "ifmatch-probe-no-such-version" -> 412  a tag that nothing has
	//   OPTIONS -> 405                                        methods and patch formats
}

func ExampleWrites() {
	api := exampleServer()
	defer api.Close()
	report, err := probe.Run(context.Background(), api.URL+path, &probe.Options{Disposable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := report.Writes
	fmt.Println("PUT honours If-Match:", w.Honoured)
	fmt.Println("a stale write:", w.Stale.Status, w.Stale.Refusal.Kind)
	fmt.Println("the answer's tag is the new version's:", w.Answer.TagIsVersions)
	for _, p := range w.Patches {
		fmt.Printf("%s: taken %s, guarded %s\n", p.MediaType, p.Taken, p.Guarded)
	}

	// Output:
	// PUT honours If-Match: yes
	// a stale write: 412 stale version
	// the answer's tag is the new version's: yes
	// application/merge-patch+json: taken yes, guarded yes
	// application/json-patch+json: taken no, guarded not tested
}

func ExampleFinding() {
	// A proxy makes the tags weak that the origin compares as strong ones.
	weakening := httptest.NewServer(on(origin(nil), "GET", ifmatchtest.AlterETag(func(tag string) string {
		return "W/" + tag
	})))
	defer weakening.Close()

	report, err := probe.Run(context.Background(), weakening.URL+path, &probe.Options{Disposable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		if f.Severity >= probe.Warning && f.About == "entity tag" {
			fmt.Println(f.Text)
			fmt.Println("advice:", f.Advice)
		}
	}

	// Output:
	// weak on the way, strong at the origin: W/"v1" is refused, without W/ it is taken
	// advice: Options.StripWeakTags
}

func ExampleTag() {
	gzipping := httptest.NewServer(origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix}))
	defer gzipping.Close()
	report, err := probe.Run(context.Background(), gzipping.URL+path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Tag.Value, report.GzipTag.Value, report.Compressed)

	// Output:
	// "v1" "v1-gzip" suffixed
}

func ExampleExchange() {
	api := exampleServer()
	defer api.Close()
	report, err := probe.Run(context.Background(), api.URL+path, &probe.Options{Disposable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range report.Exchanges {
		if e.Method == "PUT" {
			fmt.Println(e)
		}
	}

	// Output:
	// PUT If-Match: "ifmatch-probe-no-such-version" -> 412   the same content, under a condition that cannot hold
	// PUT If-Match: "v1" -> 200 "v2"   the same content, under the current condition
	// PUT If-Match: "v1" -> 412   the same content, under an outdated condition
	// PUT If-None-Match: * -> 412   create only, though it exists
}

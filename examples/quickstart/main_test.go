package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// play runs the program and returns what it printed.
func play(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

// scenes cuts the story at its titles.
func scenes(story string) []string {
	return regexp.MustCompile(`(?m)^\d\. `).Split(story, -1)
}

func TestStoryLosesChangesInTheUsualWayAndNoneWithUpdate(t *testing.T) {
	code, story, stderr := play(t)
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	s := scenes(story)
	require.Len(t, s, 5)

	usual, updated, saved, decided := s[1], s[2], s[3], s[4]
	assert.Contains(t, usual, "writes: 4 taken, 0 refused")
	assert.Equal(t, 3, strings.Count(usual, "\n   lost  ")-1, "the last writer's change alone is kept:\n%s", usual)
	assert.Regexp(t, `lost  \d+ members that the struct does not know`, usual)

	assert.Contains(t, updated, "writes: 4 taken, 6 refused")
	assert.NotContains(t, updated, "lost")
	for _, w := range writers {
		assert.Contains(t, updated, "kept  "+w.name+": "+w.intent)
	}
	assert.Contains(t, updated, "replicas 5 → 6", "the second to count replicas counted on")

	assert.Regexp(t, `merged +replicas 6 +image 1\.9\.1 +LOG_LEVEL warn`, saved)

	assert.Contains(t, decided, "/spec/template/spec/containers/1/image")
	for _, side := range []string{`base +"\S+:1\.9\.1"`, `local +"\S+:1\.10\.0"`, `remote +"\S+:1\.9\.2"`} {
		assert.Regexp(t, side, decided)
	}
	assert.Regexp(t, `overwrite +replicas 8 +image 1\.10\.0 +LOG_LEVEL warn +written as "v\d+"`, decided)
	assert.Regexp(t, `review +replicas 8 +image 1\.9\.2 +LOG_LEVEL warn +incident INC-7 +written as "v\d+"`, decided)
	assert.Regexp(t, `discard +replicas 6 +image 1\.9\.2 +LOG_LEVEL warn +incident INC-7 +nothing written`, decided)
}

func TestStoryIsTheSameOnEveryRun(t *testing.T) {
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	_, first, _ := play(t)
	for range 5 {
		_, again, _ := play(t)
		require.Equal(t, port.ReplaceAllString(first, "host"), port.ReplaceAllString(again, "host"))
	}
	assert.NotContains(t, first, "\x1b", "a buffer is no terminal")
}

func TestServerThatIsNamedSeesWhatTheStoryTells(t *testing.T) {
	for name, prepare := range map[string]func(*ifmatchtest.Origin){
		"an absent resource": func(*ifmatchtest.Origin) {},
		"a resource of JSON": func(o *ifmatchtest.Origin) { o.Set("/disposable", `{"kind":"Sock"}`) },
		"a resource of bytes": func(o *ifmatchtest.Origin) {
			o.SetContent("/disposable", "image/png", []byte("\x89PNG"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			origin := ifmatchtest.New(nil)
			prepare(origin)
			server := origin.Serve(t)
			code, story, stderr := play(t, "-url", server.URL+"/disposable?key=secret", "-disposable", "-no-color")
			require.Zero(t, code, stderr)
			assert.Contains(t, story, server.URL+"/disposable\n")
			assert.NotContains(t, story, "secret")

			unguarded, refused := 0, 0
			for _, r := range origin.Requests("PUT") {
				if r.Condition == "" {
					unguarded++
				}
				if r.Status == http.StatusPreconditionFailed {
					refused++
				}
			}
			assert.Equal(t, len(writers), unguarded, "only the usual way writes without a condition")
			assert.Equal(t, 6+1+1+len(choices), refused,
				"6 in scene 2, 1 in scene 3, the conflict and each choice in scene 4")

			gone, changed, err := compare(document, []byte(origin.Body("/disposable")))
			require.NoError(t, err)
			assert.Empty(t, gone)
			assert.Equal(t, []string{
				"/spec/replicas",
				"/spec/template/spec/containers/1/env/0/value",
				"/spec/template/spec/containers/1/image",
			}, changed)
			for _, digits := range []string{"9007199254740993", "0.50", "2.0,"} {
				assert.Contains(t, origin.Body("/disposable"), digits)
			}
		})
	}
}

func TestResourceIsNotTouchedUnlessItIsCalledDisposable(t *testing.T) {
	origin := ifmatchtest.New(nil)
	server := origin.Serve(t)
	code, story, stderr := play(t, "-url", "http://user:secret@"+strings.TrimPrefix(server.URL, "http://")+"/precious")
	assert.Equal(t, 2, code)
	assert.Empty(t, story)
	assert.Contains(t, stderr, "/precious would be overwritten, several times: confirm with -disposable")
	assert.NotContains(t, stderr, "secret")
	assert.Empty(t, origin.Requests())
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	for args, message := range map[string]string{
		"-url ftp://host/x -disposable": "-url is not the URL of a resource",
		"-url http:///x -disposable":    "-url is not the URL of a resource",
		"-url : -disposable":            "-url is not the URL of a resource",
		"-unknown":                      "not defined: -unknown",
		"argument":                      `unexpected argument "argument"`,
	} {
		code, story, stderr := play(t, strings.Fields(args)...)
		assert.Equal(t, 2, code, args)
		assert.Empty(t, story, args)
		assert.Contains(t, stderr, message, args)
	}
}

func TestHelpSaysThatTheResourceIsOverwritten(t *testing.T) {
	code, story, stderr := play(t, "-h")
	assert.Zero(t, code)
	assert.Empty(t, story)
	assert.Contains(t, stderr, "or overwrites it")
	assert.Contains(t, stderr, "-disposable")
}

func TestServersThatCannotKeepThePromiseAreNamed(t *testing.T) {
	for _, c := range []struct {
		name    string
		options *ifmatchtest.Options
		script  func(*ifmatchtest.Origin)
		says    string
		story   string // the last scene that is told contains it
	}{
		{name: "no validators", options: &ifmatchtest.Options{Tags: ifmatchtest.NoTags, HideLastModified: true},
			says: "the representation has no validator that could guard a write"},
		{name: "If-Match is ignored", script: func(o *ifmatchtest.Origin) {
			o.Always("PUT", ifmatchtest.IgnoreConditions())
		}, says: "with Update: 3 changes lost: does the server evaluate If-Match",
			story: "lost  autoscaler: 2 more replicas"},
		{name: "what is PUT is not what is stored", options: &ifmatchtest.Options{
			Transform: func(_ string, version int, content []byte) []byte {
				if version > 7 { // from scene 2 on
					return bytes.Replace(content, []byte(`"uid"`), []byte(`"UID"`), 1)
				}
				return content
			}}, says: "with Update: 1 member fell out, such as /metadata/uid"},
		{name: "not JSON", script: func(o *ifmatchtest.Origin) {
			o.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: "<html>"}))
		}, says: "decoding"},
		{name: "nothing works", script: func(o *ifmatchtest.Origin) {
			o.Always("", ifmatchtest.Answer(ifmatchtest.Response{Status: 403}))
		}, says: "403"},
		{name: "the usual way fails at once", script: func(o *ifmatchtest.Origin) {
			o.Next("GET", ifmatchtest.Pass(), ifmatchtest.Pass())
			o.Next("GET", ifmatchtest.Times(len(writers),
				ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: "<html>"}))...)
		}, says: "the usual way: autoscaler: "},
		{name: "connections break", script: func(o *ifmatchtest.Origin) {
			o.Next("PUT", ifmatchtest.Pass(), ifmatchtest.LoseResponse())
		}, says: "the usual way: autoscaler: Put "},
		{name: "the document is another one", options: &ifmatchtest.Options{
			Transform: func(string, int, []byte) []byte { return []byte(`{"spec":{}}`) },
		}, says: `the Deployment has no container "web"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := ifmatchtest.New(c.options)
			if c.script != nil {
				c.script(origin)
			}
			server := origin.Serve(t)
			code, story, stderr := play(t, "-url", server.URL+"/x", "-disposable")
			assert.Equal(t, 1, code, story)
			assert.Contains(t, stderr, c.says)
			assert.Contains(t, story, c.story)
		})
	}
}

func TestServerThatRefusesAtAnyPointEndsTheStoryWithAnError(t *testing.T) {
	steps := ifmatchtest.New(nil)
	code, _, stderr := play(t, "-url", steps.Serve(t).URL+"/x", "-disposable")
	require.Zero(t, code, stderr)

	for i := range steps.Arrived("") {
		t.Run(fmt.Sprint("request ", i+1), func(t *testing.T) {
			t.Parallel()
			origin := ifmatchtest.New(nil)
			origin.Next("", ifmatchtest.Times(i, ifmatchtest.Pass())...)
			origin.Next("", ifmatchtest.Answer(ifmatchtest.Response{Status: http.StatusForbidden}))
			code, story, stderr := play(t, "-url", origin.Serve(t).URL+"/x", "-disposable")
			require.Zero(t, origin.Pending())
			if strings.Contains(story, "refused: 403 Forbidden") && len(scenes(story)) == 5 {
				assert.Zero(t, code, "a writer of the usual way that is refused is part of the story")
				assert.Contains(t, scenes(story)[1], "refused: 403 Forbidden")
				return
			}
			assert.Equal(t, 1, code)
			assert.Contains(t, stderr, "403 Forbidden")
		})
	}
}

func TestServerThatDemandsConditionsRefusesTheUsualWay(t *testing.T) {
	server := ifmatchtest.New(&ifmatchtest.Options{RequireConditions: true}).Serve(t)
	code, story, stderr := play(t, "-url", server.URL+"/x", "-disposable")
	require.Zero(t, code, stderr)
	assert.Contains(t, scenes(story)[1], "refused: 428 Precondition Required")
	assert.Contains(t, scenes(story)[1], "writes: 0 taken, 4 refused")
	assert.Contains(t, scenes(story)[2], "writes: 4 taken, 6 refused")
}

func TestServerThatDoesNotAnswerIsAFailure(t *testing.T) {
	server := ifmatchtest.New(nil).Serve(t)
	url := server.URL
	server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	require.ErrorIs(t, tell(ctx, &page{out: &out}, url), context.Canceled)
}

func TestCompareSeesDigitsAndNamesWhatFellOut(t *testing.T) {
	gone, changed, err := compare(
		[]byte(`{"a":1.0,"b":{"c":1,"d~/e":2},"f":[1,{"g":1}],"h":{},"i":null,"j":9007199254740993}`),
		[]byte(`{"a":1,"b":{"c":1},"f":[1,{}],"h":[],"i":0,"j":9007199254740993,"k":1}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"/b/d~0~1e", "/f/1/g"}, gone)
	assert.Equal(t, []string{"/a", "/i"}, changed)

	_, _, err = compare([]byte(`{`), []byte(`{}`))
	require.Error(t, err)
	_, _, err = compare([]byte(`{}`), []byte(`{`))
	require.Error(t, err)
}

func TestDocumentHasWhatTheStructDoesNotKnow(t *testing.T) {
	var d Deployment
	require.NoError(t, json.Unmarshal(document, &d))
	known, err := json.Marshal(d)
	require.NoError(t, err)
	gone, _, err := compare(document, known)
	require.NoError(t, err)
	assert.Greater(t, len(gone), 20)
}

func TestDeploymentWithoutItsContainerCannotBeEdited(t *testing.T) {
	d := new(Deployment)
	assert.EqualError(t, d.release("1"), `the Deployment has no container "web"`)
	assert.EqualError(t, d.setLogLevel("debug"), `the Deployment has no container "web"`)
	assert.Nil(t, d.image())
	assert.Equal(t, "replicas 0   image         LOG_LEVEL                      ", d.String())

	d.annotate("a", "b")
	assert.Equal(t, map[string]string{"a": "b"}, d.Metadata.Annotations)
	d.Spec.Template.Spec.Containers = []Container{{Name: "web", Image: "web"}}
	require.NoError(t, d.setLogLevel("debug"))
	require.NoError(t, d.release("1"))
	assert.Equal(t, []Container{{Name: "web", Image: "1", Env: []EnvVar{{Name: "LOG_LEVEL", Value: "debug"}}}},
		d.Spec.Template.Spec.Containers)
}

func TestWritersTakeTurnsInTheirOrderOnceAllHaveArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lockstep{atWork: 3}
		turns := make(chan int, 6)
		for _, writer := range []int{2, 0, 1} {
			go func() {
				defer l.done()
				for range writer + 1 {
					leave, err := l.enter(t.Context(), writer)
					if assert.NoError(t, err) {
						turns <- writer
						leave()
					}
				}
			}()
			synctest.Wait() // the first to arrive is not the first to have its turn
		}
		var order []int
		for range cap(turns) {
			order = append(order, <-turns)
		}
		assert.Equal(t, []int{0, 1, 2, 1, 2, 2}, order)
	})
}

func TestWriterThatGivesUpDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lockstep{atWork: 2}
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() {
			_, err := l.enter(ctx, 0)
			first <- err
			l.done()
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-first, context.Canceled)
		leave, err := l.enter(t.Context(), 1)
		require.NoError(t, err)
		leave()
	})
}

func TestColoursAreForTerminalsWhoseUsersWantThem(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	terminal, err := os.Open(os.DevNull) // a character device, as a terminal is
	require.NoError(t, err)
	defer terminal.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "story"))
	require.NoError(t, err)
	defer file.Close()

	assert.True(t, colours(terminal))
	assert.False(t, colours(file))
	assert.False(t, colours(new(bytes.Buffer)))
	t.Setenv("TERM", "dumb")
	assert.False(t, colours(terminal))
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	assert.False(t, colours(terminal))

	p := &page{coloured: true}
	assert.Equal(t, "\x1b[32mkept\x1b[0m", p.good("kept"))
	assert.Empty(t, p.good(""))
}

func TestServerCannotSteerTheTerminal(t *testing.T) {
	assert.Equal(t, "a?[31m?→", printable("a\x1b[31m\u009b→"))
	assert.Equal(t, strings.Repeat("ä", 80)+"…", printable(strings.Repeat("ä", 1000)))
}

func TestStoryThatCannotBeWrittenIsAFailure(t *testing.T) {
	closed, err := os.Open(os.DevNull) // not open for writing
	require.NoError(t, err)
	defer closed.Close()
	var stderr bytes.Buffer
	assert.Equal(t, 1, run(nil, closed, &stderr))
	assert.Contains(t, stderr.String(), "write")
}

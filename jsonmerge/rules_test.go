package jsonmerge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryStrategyDoesWhatItSays(t *testing.T) {
	for _, c := range []struct{ rule, base, local, remote, want string }{ // no want: a conflict at the rule's path
		{`"" local`, `1`, `2`, `3`, `2`},
		{`"" remote`, `1`, `2`, `3`, `3`},
		{`/a remote`, `{"a":1}`, `{"a":2}`, `{}`, `{}`},
		{`/a local`, `{"a":1}`, `{"a":2}`, `{}`, `{"a":2}`},
		{`/a delete-wins`, `{"a":1}`, `{"a":2}`, `{}`, `{}`},
		{`/a delete-wins`, `{"a":1}`, `{}`, `{"a":2}`, `{}`},
		{`/a modify-wins`, `{"a":1}`, `{"a":2}`, `{}`, `{"a":2}`},
		{`/a modify-wins`, `{"a":1}`, `{}`, `{"a":2}`, `{"a":2}`},
		{`/a modify-wins`, `{"a":1}`, `{"a":2}`, `{"a":3}`, ``},
		{`/a merge`, `{}`, `{"a":{"x":1}}`, `{"a":{"y":2}}`, `{"a":{"x":1,"y":2}}`},
		{`/a merge`, `{}`, `{"a":{"x":{"p":1}}}`, `{"a":{"x":{"q":2}}}`, `{"a":{"x":{"p":1,"q":2}}}`},
		{`/a merge`, `{}`, `{"a":[1]}`, `{"a":[2]}`, ``},
		{`/a atomic`, `{"a":{"x":1,"y":1}}`, `{"a":{"x":2,"y":1}}`, `{"a":{"x":1,"y":2}}`, ``},
		{`/a atomic,local`, `{"a":{"x":1,"y":1}}`, `{"a":{"x":2,"y":1}}`, `{"a":{"x":1,"y":2}}`, `{"a":{"x":2,"y":1}}`},
		{`/a atomic`, `{"a":{"x":1}}`, `{"a":{"x":2}}`, `{"a":{ "x":2.0}}`, `{"a":{"x":2}}`},
		{`/a set`, `{"a":[1,2,3]}`, `{"a":[3,2,4]}`, `{"a":[1,2,5,5]}`, `{"a":[2,4,5]}`},
		{`/a set`, `{}`, `{"a":[1,2]}`, `{"a":[2,3]}`, `{"a":[1,2,3]}`},
		{`/a set`, `{"a":[1]}`, `{"a":[1,2]}`, `{"a":{}}`, ``},
		{`/a set`, `{"a":[{"k":1}]}`, `{"a":[{"k":1},{"k":2}]}`, `{"a":[{"k":1.0},{"k":3}]}`,
			`{"a":[{"k":1},{"k":2},{"k":3}]}`},
		{`/a multiset`, `{"a":[1,1,2]}`, `{"a":[1,2,2]}`, `{"a":[1,1,1,2,3]}`, `{"a":[1,2,2,1,3]}`},
		{`/a multiset`, `{"a":[1,1]}`, `{"a":[1]}`, `{"a":[1,2]}`, `{"a":[2]}`},
		{`/a append`, `{"a":[1]}`, `{"a":[1,2,3]}`, `{"a":[1,4]}`, `{"a":[1,4,2,3]}`},
		{`/a append=local-first`, `{"a":[1]}`, `{"a":[1,2,3]}`, `{"a":[1,4]}`, `{"a":[1,2,3,4]}`},
		{`/a append`, `{"a":[1]}`, `{"a":[1,2,3]}`, `{"a":[1,2,4]}`, `{"a":[1,2,4,3]}`},
		{`/a append`, `{}`, `{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3,1,2]}`},
		{`/a append`, `{"a":[1,2]}`, `{"a":[1,9]}`, `{"a":[1,8]}`, ``},
		{`/a append`, `{"a":[1,2,3,4]}`, `{"a":[2,3,4,5]}`, `{"a":[1,2,3,4,6]}`, `{"a":[2,3,4,6,5]}`},
		{`/a sequence`, `{"a":[1]}`, `{"a":[1,2]}`, `{"a":[1,3]}`, ``},
		{`/a sequence,remote`, `{"a":[1]}`, `{"a":[1,2]}`, `{"a":[1,3]}`, `{"a":[1,3]}`},
		{`"" max`, `1`, `5`, `30e-1`, `5`},
		{`"" min`, `1`, `5`, `30e-1`, `30e-1`},
		{`"" max`, `1`, `5.0`, `5`, `5.0`},
		{`"" max`, `1`, `5`, `"9"`, ``},
		{`/a max`, `{}`, `{"a":1}`, `{"a":2}`, `{"a":2}`},
		{`/a max`, `{"a":1}`, `{}`, `{"a":2}`, ``},
		{`"" newest`, `null`, `"2026-02-01T00:00:00Z"`, `"2026-02-01T00:30:00+01:00"`, `"2026-02-01T00:00:00Z"`},
		{`"" newest`, `null`, `"2026-02-01T00:00:00Z"`, `"2026-02-01T00:00:00.1Z"`, `"2026-02-01T00:00:00.1Z"`},
		{`"" newest`, `null`, `"2026-02-01"`, `"2026-02-02"`, ``},
		{`"" newest`, `null`, `1`, `2`, ``},
		{`"" newest=at`, `{"v":1,"at":"2026-01-01T00:00:00Z"}`, `{"v":2,"at":"2026-01-02T00:00:00Z"}`,
			`{"v":3,"at":"2026-01-03T00:00:00Z"}`, `{"v":3,"at":"2026-01-03T00:00:00Z"}`},
		{`"" newest=/meta/rev`, `{"v":1,"meta":{"rev":1}}`, `{"v":2,"meta":{"rev":9}}`, `{"v":3,"meta":{"rev":8}}`,
			`{"v":2,"meta":{"rev":9}}`},
		{`"" newest=at`, `{"v":1}`, `{"v":2}`, `{"v":3}`, ``},
		{`"" newest=at`, `{"v":1}`, `{"v":2,"at":true}`, `{"v":3,"at":false}`, ``},
		{`"" text`, `"a\nb\nc\n"`, `"A\nb\nc\n"`, `"a\nb\n\u0043\n"`, `"A\nb\nC\n"`},
		{`"" text`, `"a\nb\nc\t\"\\\r\b\f\u0001/<é"`, `"A\nb\nc\t\"\\\r\b\f\u0001/<é"`, `"a\nb\nC\t\"\\\r\b\f\u0001/<é"`,
			`"A\nb\nC\t\"\\\r\b\f\u0001/<é"`},
		{`"" text`, `"a\n"`, `"b\n"`, `"c\n"`, ``},
		{`"" text,local`, `"a\n"`, `"b\n"`, `"c\n"`, `"b\n"`},
		{`"" text`, `"a\nb\nc"`, `"A\nb\nc"`, `"\u0041\nb\nC"`, `"\u0041\nb\nC"`},
		{`"" text`, `"a\nb\nc"`, `"\u0041\nb\nC"`, `"A\nb\nc"`, `"\u0041\nb\nC"`},
		{`"" text`, `"a"`, `"b"`, `7`, ``},
		{`"" counter`, `1`, `"2"`, `3`, ``},
		{`"" counter`, `"1"`, `2`, `3`, ``},
		{`/a ask`, `{"a":1}`, `{"a":2}`, `{"a":3}`, ``},
	} {
		m, err := jsonmerge.Merge([]byte(c.base), []byte(c.local), []byte(c.remote), rules(c.rule))
		if c.want == "" {
			var conflict *jsonmerge.ConflictError
			if assert.ErrorAs(t, err, &conflict, "%v: %s", c, m) {
				assert.Len(t, conflict.Conflicts, 1, "%v", c)
			}
			continue
		}
		if assert.NoError(t, err, "%v", c) {
			assert.Equal(t, c.want, string(m), "%v", c)
		}
	}
}

func TestAStrategyThatCannotBeFollowedIsTheReasonOfTheConflict(t *testing.T) {
	for rule, docs := range map[string][3]string{
		`"" counter`:   {`1`, `"2"`, `3`},
		`"" newest`:    {`1`, `2`, `3`},
		`"" set`:       {`[1]`, `2`, `[3]`},
		`"" key=a,ask`: {`1`, `2`, `3`},
	} {
		e := conflicts(t, docs[0], docs[1], docs[2], rules(rule))
		_, strategy, _ := strings.Cut(strings.TrimSuffix(rule, ",ask"), " ")
		assert.Equal(t, "strategy "+strategy+" is not for these values", e.Conflicts[0].Reason)
	}
	assert.Empty(t, conflicts(t, `1`, `2`, `3`, rules(`"" atomic`)).Conflicts[0].Reason)
}

func TestRulesReachTheirPathsAndNoOthers(t *testing.T) {
	both := func(doc string) [3]string {
		return [3]string{strings.ReplaceAll(doc, "#", "1"), strings.ReplaceAll(doc, "#", "2"),
			strings.ReplaceAll(doc, "#", "3")}
	}
	for _, c := range []struct {
		rule, doc string
		left      []string // pointers of conflicts that the rule does not reach
	}{
		{`/a local`, `{"a":#,"b":#}`, []string{"/b"}},
		{`/a local`, `{"a":{"x":#,"y":{"z":#}},"b":#}`, []string{"/b"}},
		{`/* local`, `{"a":#,"b":{"c":#}}`, nil},
		{`/*/c local`, `{"a":#,"b":{"c":#,"d":#}}`, []string{"/a", "/b/d"}},
		{`/**/c local`, `{"c":#,"a":{"b":{"c":#,"d":#}}}`, []string{"/a/b/d"}},
		{`/a/**/c local`, `{"c":#,"a":{"c":#,"b":{"c":#,"d":#}}}`, []string{"/c", "/a/b/d"}},
		{`/** local`, `{"c":#,"a":{"b":#}}`, nil},
		{`/**/** local`, `{"c":#}`, nil},
		{`"" local`, `{"c":#,"a":{"b":#}}`, nil},
		{`/~2 local`, `{"*":#,"a":#}`, []string{"/a"}},
		{`/~2~2 local`, `{"**":#,"*":#}`, []string{"/*"}},
		{`/a~1b~0 local`, `{"a/b~":#,"a":#}`, []string{"/a"}},
		{`/ local`, `{"":#,"a":#}`, []string{"/a"}},
		{`/é local`, `{"\u00e9":#,"a":#}`, []string{"/a"}},
		{`"/a b" local`, `{"a b":#,"a":#}`, []string{"/a"}},
		{`/l/*/v local`, `{"l":[{"v":#}],"v":#}`, []string{"/v"}},
		{`/l/0/v local`, `{"l":[{"v":#}]}`, []string{"/l/0/v"}}, // an index reaches nothing
		{`/l/*/v local`, `{"l":{"x":{"v":#}}}`, nil},
	} {
		docs := both(c.doc)
		_, err := jsonmerge.Merge([]byte(docs[0]), []byte(docs[1]), []byte(docs[2]), rules(c.rule))
		var conflict *jsonmerge.ConflictError
		if err != nil {
			require.ErrorAs(t, err, &conflict)
		}
		assert.Equal(t, c.left, pointers(conflict), "%s on %s", c.rule, c.doc)
	}
}

func TestTheLastRuleHolds(t *testing.T) {
	doc := func(n string) string { return `{"a":{"x":` + n + `,"y":` + n + `}}` }
	for _, c := range []struct {
		rules []string
		want  string
	}{
		{[]string{`/a local`, `/a/x remote`}, `{"a":{"x":3,"y":2}}`},
		{[]string{`/a/x remote`, `/a local`}, `{"a":{"x":2,"y":2}}`},
		{[]string{`/** remote`, `/a/x local`}, `{"a":{"x":2,"y":3}}`},
		{[]string{`/a local`, `/** remote`}, `{"a":{"x":3,"y":3}}`},
		{[]string{`/** remote`, `/a local`}, `{"a":{"x":2,"y":2}}`},
		{[]string{`/a/x max`, `/a/x min`, `/a/y min`, `/a/* max`}, `{"a":{"x":3,"y":3}}`},
		{[]string{`/a/* counter`, `/a local`}, `{"a":{"x":4,"y":4}}`}, // groups do not disturb one another
	} {
		assert.Equal(t, c.want, merged(t, doc("1"), doc("2"), doc("3"), rules(c.rules...)), c.rules)
	}
	e := conflicts(t, doc("1"), doc("2"), doc("3"), rules(`/a local`, `/a/x ask`))
	assert.Equal(t, []string{"/a/x"}, pointers(e))
}

func TestRulesPrintThemselvesAndReadBack(t *testing.T) {
	r, err := jsonmerge.NewRules(
		jsonmerge.Rule{Path: "", Strategy: "remote"},
		jsonmerge.Rule{Path: "/a b/\"q\"", Strategy: " set , local "},
		jsonmerge.Rule{Path: "/items", Strategy: jsonmerge.Key("id", "/meta/x", "a+b", "", "ü,", `q"\`)},
		jsonmerge.Rule{Path: "/doc", Strategy: jsonmerge.NewestBy("updated at")},
		jsonmerge.Rule{Path: "/t", Strategy: "newest,delete-wins"},
		jsonmerge.Rule{Path: "/log", Strategy: "modify-wins,append=local-first,merge"},
		jsonmerge.Rule{Path: "/log2", Strategy: "append=remote-first"},
		jsonmerge.Rule{Path: "/**/x", Strategy: "ask"},
	)
	require.NoError(t, err)
	want := `"" remote
"/a b/\"q\"" set,local
/items key=id+/meta/x+"a+b"+""+"ü,"+"q\"\\"
/doc newest="updated at"
/t newest,delete-wins
/log append=local-first,modify-wins,merge
/log2 append
/**/x ask
`
	assert.Equal(t, want, r.String())
	assert.Equal(t, 8, r.Len())
	back, err := jsonmerge.ParseRules("# a comment\n\n" + want)
	require.NoError(t, err)
	assert.Equal(t, want, back.String())

	withFunc, err := jsonmerge.NewRules(jsonmerge.Rule{Path: "/f", Strategy: "local",
		Func: func(jsonmerge.Conflict) (jsonmerge.Resolution, error) { return jsonmerge.Leave(), nil }})
	require.NoError(t, err)
	assert.Equal(t, "/f func,local\n", withFunc.String())
	assert.Equal(t, "", jsonmerge.Rules{}.String())
}

func TestRulesThatAreWrongNameThePlace(t *testing.T) {
	answer := func(jsonmerge.Conflict) (jsonmerge.Resolution, error) { return jsonmerge.Leave(), nil }
	for _, c := range []struct {
		rule jsonmerge.Rule
		want string
	}{
		{jsonmerge.Rule{Path: "a", Strategy: "set"}, `rule for "a": path does not begin with /`},
		{jsonmerge.Rule{Path: "/a~3", Strategy: "set"}, `rule for "/a~3": in "a~3", ~ is not followed by 0, 1 or 2`},
		{jsonmerge.Rule{Path: "/a", Strategy: "sett"}, `rule for "/a": unknown strategy "sett"`},
		{jsonmerge.Rule{Path: "/a", Strategy: "set,"}, `rule for "/a": unknown strategy ""`},
		{jsonmerge.Rule{Path: "/a"}, `rule for "/a": neither a strategy nor a function`},
		{jsonmerge.Rule{Path: "/a", Strategy: "set,counter"},
			`rule for "/a": strategy "set,counter": set and counter exclude each other`},
		{jsonmerge.Rule{Path: "/a", Strategy: "local,remote"},
			`rule for "/a": strategy "local,remote": local or remote only once`},
		{jsonmerge.Rule{Path: "/a", Strategy: "delete-wins,modify-wins"},
			`rule for "/a": strategy "delete-wins,modify-wins": delete-wins or modify-wins only once`},
		{jsonmerge.Rule{Path: "/a", Strategy: "local,ask"}, `rule for "/a": strategy "local,ask": ask only once`},
		{jsonmerge.Rule{Path: "/a", Strategy: "set=x"}, `rule for "/a": strategy "set=x": "set" takes no argument`},
		{jsonmerge.Rule{Path: "/a", Strategy: "key"}, `rule for "/a": strategy "key": key=: a member name is missing`},
		{jsonmerge.Rule{Path: "/a", Strategy: "key=id+"},
			`rule for "/a": strategy "key=id+": key=: a member name is missing`},
		{jsonmerge.Rule{Path: "/a", Strategy: `key="id`}, `rule for "/a": strategy "key=\"id": key=: bad quotes: "\"id"`},
		{jsonmerge.Rule{Path: "/a", Strategy: `key=/x~`},
			`rule for "/a": strategy "key=/x~": key=: pointer "/x~": in "x~", ~ is not followed by 0 or 1`},
		{jsonmerge.Rule{Path: "/a", Strategy: "newest=a+b"},
			`rule for "/a": strategy "newest=a+b": newest= takes one member`},
		{jsonmerge.Rule{Path: "/a", Strategy: "append=x"},
			`rule for "/a": strategy "append=x": append= takes local-first or remote-first`},
		{jsonmerge.Rule{Path: "/a", Strategy: "set", Func: answer},
			`rule for "/a": a function and strategy "set" exclude each other`},
	} {
		_, err := jsonmerge.NewRules(jsonmerge.Rule{Path: "/fine", Strategy: "set"}, c.rule)
		assert.EqualError(t, err, "jsonmerge: "+c.want)
		assert.PanicsWithError(t, "jsonmerge: "+c.want, func() { jsonmerge.MustRules(c.rule) })
	}
	_, err := jsonmerge.ParseRules("/a set\n/b sett\n")
	assert.EqualError(t, err, `jsonmerge: line 2: rule for "/b": unknown strategy "sett"`)
	_, err = jsonmerge.ParseRules("/a")
	assert.EqualError(t, err, `jsonmerge: line 1: rule for "/a": neither a strategy nor a function`)
	_, err = jsonmerge.Rules{}.Under("x")
	assert.EqualError(t, err, `jsonmerge: rules under "x": path does not begin with /`)
}

func TestRulesCompose(t *testing.T) {
	tags := jsonmerge.MustRules(jsonmerge.Rule{Path: "/tags", Strategy: jsonmerge.Set})
	under, err := tags.Under("/posts/*")
	require.NoError(t, err)
	all := under.With(jsonmerge.MustRules(jsonmerge.Rule{Path: "/posts/x/tags", Strategy: jsonmerge.Atomic}),
		jsonmerge.Rules{})
	assert.Equal(t, "/posts/*/tags set\n/posts/x/tags atomic\n", all.String())
	assert.Equal(t, "/posts/*/tags set\n", under.String(), "With leaves its receiver alone")
	opts := &jsonmerge.Options{Rules: all}
	assert.Equal(t, `{"posts":{"y":{"tags":[1,2,3]}}}`,
		merged(t, `{"posts":{"y":{"tags":[1]}}}`, `{"posts":{"y":{"tags":[1,2]}}}`, `{"posts":{"y":{"tags":[1,3]}}}`, opts))
	conflicts(t, `{"posts":{"x":{"tags":[1]}}}`, `{"posts":{"x":{"tags":[1,2]}}}`, `{"posts":{"x":{"tags":[1,3]}}}`, opts)
}

func TestAFunctionDecidesAtItsPath(t *testing.T) {
	var seen []jsonmerge.Conflict
	opts := func(answer jsonmerge.Resolution, err error) *jsonmerge.Options {
		return &jsonmerge.Options{Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/o/*",
			Func: func(c jsonmerge.Conflict) (jsonmerge.Resolution, error) {
				seen = append(seen, c)
				return answer, err
			}})}
	}
	base, remote := `{"o":{"a":{"x":1,"y":1},"b":1}}`, `{"o":{"a":{"x":1,"y":2},"b":1}}`
	local := `{"o":{"a":{"x":2,"y":1},"b":2}}`
	got := merged(t, base, local, remote, opts(jsonmerge.Use([]byte(`{"both":true}`)), nil))
	assert.Equal(t, `{"o":{"a":{"both":true},"b":2}}`, got)
	assert.Equal(t, []jsonmerge.Conflict{{Pointer: "/o/a", Kind: jsonmerge.ModifyModify,
		Base: []byte(`{"x":1,"y":1}`), Local: []byte(`{"x":2,"y":1}`), Remote: []byte(`{"x":1,"y":2}`)}}, seen)

	assert.Equal(t, `{"o":{"b":2}}`, merged(t, base, local, remote, opts(jsonmerge.Use(nil), nil)))
	assert.Equal(t, `{"o":{"a":{"x":2,"y":1},"b":2}}`, merged(t, base, local, remote,
		opts(jsonmerge.Take(jsonmerge.Local), nil)))
	assert.Equal(t, []string{"/o/a"}, pointers(conflicts(t, base, local, remote, opts(jsonmerge.Leave(), nil))))
	stop := errors.New("stop")
	_, err := jsonmerge.Merge([]byte(base), []byte(local), []byte(remote), opts(jsonmerge.Leave(), stop))
	assert.ErrorIs(t, err, stop)
	// It hears of deletions, too.
	seen = nil
	merged(t, `{"o":{"a":1}}`, `{"o":{}}`, `{"o":{"a":2}}`, opts(jsonmerge.Take(jsonmerge.Remote), nil))
	require.Len(t, seen, 1)
	assert.Equal(t, jsonmerge.DeleteModify, seen[0].Kind)
}

func FuzzRules(f *testing.F) {
	f.Add("/a/*/b key=id+\"x y\",delete-wins\n\"\" remote\n/** ask")
	f.Add("\"/a b\" append=local-first\n# comment\n/~2 newest=/x")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := jsonmerge.ParseRules(text)
		if err != nil {
			return
		}
		again, err := jsonmerge.ParseRules(r.String())
		require.NoError(t, err, "%s", r)
		require.Equal(t, r.String(), again.String())
		require.Equal(t, r.Len(), again.Len())
	})
}

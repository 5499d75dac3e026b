package jsonmerge_test

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func ExampleMerge() {
	base := []byte(`{"name": "Ann", "quota": 10.0, "tags": ["a"]}`)
	local := []byte(`{"name": "Anne", "quota": 10.0, "tags": ["a"]}`)
	remote := []byte(`{"name": "Ann", "quota": 10.0, "tags": ["a", "b"], "new": 1e2}`)

	merged, err := jsonmerge.Merge(base, local, remote, nil)
	fmt.Println(string(merged), err)
	// Output: {"name": "Anne", "quota": 10.0, "tags": ["a", "b"], "new": 1e2} <nil>
}

func ExampleConflictError() {
	_, err := jsonmerge.Merge(
		[]byte(`{"name":"Ann","quota":10}`),
		[]byte(`{"name":"Anne","quota":20}`),
		[]byte(`{"name":"Anna","quota":10,"seen":true}`), nil)

	var conflict *jsonmerge.ConflictError
	if errors.As(err, &conflict) {
		for _, c := range conflict.Conflicts {
			fmt.Printf("%s at %s: %s became %s here and %s there\n", c.Kind, c.Pointer, c.Base, c.Local, c.Remote)
		}
		fmt.Printf("with %s at the conflicts: %s\n", conflict.StandIn, conflict.Partial)
	}
	fmt.Println(err)
	// Output:
	// modify/modify at /name: "Ann" became "Anne" here and "Anna" there
	// with remote at the conflicts: {"name":"Anna","quota":20,"seen":true}
	// jsonmerge: 1 conflict: modify/modify at "/name"
}

func ExampleOptions_resolve() {
	merged, err := jsonmerge.Merge(
		[]byte(`{"name":"Ann","quota":10,"note":"x"}`),
		[]byte(`{"name":"Anne","quota":20,"note":"y"}`),
		[]byte(`{"name":"Anna","quota":30}`),
		&jsonmerge.Options{Resolve: func(c jsonmerge.Conflict) (jsonmerge.Resolution, error) {
			switch c.Pointer {
			case "/name":
				return jsonmerge.Take(jsonmerge.Local), nil
			case "/quota":
				return jsonmerge.Use([]byte(`25`)), nil
			}
			return jsonmerge.Take(jsonmerge.Remote), nil // which deleted it
		}})
	fmt.Println(string(merged), err)
	// Output: {"name":"Anne","quota":25} <nil>
}

func ExampleLeave() {
	_, err := jsonmerge.Merge([]byte(`1`), []byte(`2`), []byte(`3`), &jsonmerge.Options{
		Resolve: func(jsonmerge.Conflict) (jsonmerge.Resolution, error) { return jsonmerge.Leave(), nil },
	})
	fmt.Println(err)
	// Output: jsonmerge: 1 conflict: modify/modify at ""
}

func ExampleConflict_Value() {
	_, err := jsonmerge.Merge([]byte(`{"a":1}`), []byte(`{"a":2}`), []byte(`{}`), nil)
	var conflict *jsonmerge.ConflictError
	if errors.As(err, &conflict) {
		c := &conflict.Conflicts[0]
		for _, side := range []jsonmerge.Side{jsonmerge.Base, jsonmerge.Local, jsonmerge.Remote} {
			fmt.Printf("%s: %s, absent: %t\n", side, c.Value(side), c.Value(side) == nil)
		}
	}
	// Output:
	// base: 1, absent: false
	// local: 2, absent: false
	// remote: , absent: true
}

func ExampleNewRules() {
	rules, err := jsonmerge.NewRules(
		jsonmerge.Rule{Path: "/spec/containers", Strategy: jsonmerge.Key("name")},
		jsonmerge.Rule{Path: "/stats/*", Strategy: jsonmerge.Counter},
		jsonmerge.Rule{Path: "/etag", Strategy: jsonmerge.PreferRemote},
		jsonmerge.Rule{Path: "/labels", Strategy: jsonmerge.MergeAdded + "," + jsonmerge.DeleteWins},
	)
	fmt.Println(err)
	fmt.Print(rules)

	merged, err := jsonmerge.Merge(
		[]byte(`{"etag":"1","stats":{"reads":5},"spec":{"containers":[{"name":"web","image":"w:1"}]}}`),
		[]byte(`{"etag":"1","stats":{"reads":6},"spec":{"containers":[{"name":"log"},{"name":"web","image":"w:1"}]}}`),
		[]byte(`{"etag":"2","stats":{"reads":8},"spec":{"containers":[{"name":"web","image":"w:2"}]}}`),
		&jsonmerge.Options{Rules: rules})
	fmt.Println(string(merged), err)
	// Output:
	// <nil>
	// /spec/containers key=name
	// /stats/* counter
	// /etag remote
	// /labels delete-wins,merge
	// {"etag":"2","stats":{"reads":9},"spec":{"containers":[{"name":"log"},{"name":"web","image":"w:2"}]}} <nil>
}

func ExampleNewRules_wrong() {
	_, err := jsonmerge.NewRules(jsonmerge.Rule{Path: "/tags", Strategy: "sett"})
	fmt.Println(err)
	// Output: jsonmerge: rule for "/tags": unknown strategy "sett"
}

func ExampleRule_func() {
	shorter := func(c jsonmerge.Conflict) (jsonmerge.Resolution, error) {
		if len(c.Local) <= len(c.Remote) {
			return jsonmerge.Take(jsonmerge.Local), nil
		}
		return jsonmerge.Take(jsonmerge.Remote), nil
	}
	merged, err := jsonmerge.Merge([]byte(`{"title":"draft"}`), []byte(`{"title":"A long title"}`),
		[]byte(`{"title":"Title"}`),
		&jsonmerge.Options{Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/title", Func: shorter})})
	fmt.Println(string(merged), err)
	// Output: {"title":"Title"} <nil>
}

func ExampleParseRules() {
	rules, err := jsonmerge.ParseRules(`
		# one rule to a line
		/items       key=id
		/items/*/qty counter
		"/a b"       set,local
	`)
	fmt.Println(err, rules.Len())
	fmt.Print(rules)
	// Output:
	// <nil> 3
	// /items key=id
	// /items/*/qty counter
	// "/a b" set,local
}

func ExampleRulesFor() {
	type Comment struct {
		ID    int `json:"id"`
		Likes int `json:"likes" merge:"counter"`
	}
	type Post struct {
		Title    string    `json:"title" merge:"local"`
		Tags     []string  `json:"tags" merge:"set"`
		Comments []Comment `json:"comments" merge:"key=id"`
	}
	rules, err := jsonmerge.RulesFor[Post]()
	fmt.Println(err)
	fmt.Print(rules)

	merged, err := jsonmerge.Merge(
		[]byte(`{"title":"x","tags":["a"],"comments":[{"id":1,"likes":3}]}`),
		[]byte(`{"title":"y","tags":["a","b"],"comments":[{"id":1,"likes":4}]}`),
		[]byte(`{"title":"z","tags":["c","a"],"comments":[{"id":2,"likes":0},{"id":1,"likes":5}],"unknown":true}`),
		&jsonmerge.Options{Rules: rules})
	fmt.Println(string(merged), err)
	// Output:
	// <nil>
	// /title local
	// /tags set
	// /comments key=id
	// /comments/*/likes counter
	// {"title":"y","tags":["a","b","c"],"comments":[{"id":2,"likes":0},{"id":1,"likes":6}],"unknown":true} <nil>
}

func ExampleRules_With() {
	general := jsonmerge.MustRules(jsonmerge.Rule{Path: "/**/updatedAt", Strategy: jsonmerge.Newest})
	post := jsonmerge.MustRules(jsonmerge.Rule{Path: "/tags", Strategy: jsonmerge.Set})
	posts, err := post.Under("/posts/*")
	fmt.Println(err)
	fmt.Print(general.With(posts))
	// Output:
	// <nil>
	// /**/updatedAt newest
	// /posts/*/tags set
}

func ExampleKey() {
	fmt.Println(jsonmerge.Key("id"), jsonmerge.Key("port", "/meta/protocol"), jsonmerge.NewestBy("updatedAt"))
	// Output: key=id key=port+/meta/protocol newest=updatedAt
}

func ExampleEqual() {
	same, err := jsonmerge.Equal([]byte(`{"a": 1.0, "b": "\u00e9"}`), []byte(`{"b":"é","a":10e-1}`))
	fmt.Println(same, err)
	same, err = jsonmerge.Equal([]byte(`9007199254740993`), []byte(`9007199254740992`)) // equal as float64
	fmt.Println(same, err)
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleCheck() {
	fmt.Println(jsonmerge.Check([]byte(`{"a":{"b":1,"b":2}}`), jsonmerge.Limits{}))
	fmt.Println(jsonmerge.Check([]byte(`[[[[]]]]`), jsonmerge.Limits{MaxDepth: 3}))
	// Output:
	// jsonmerge: at byte 12, pointer "/a": name "b" occurs twice in one object
	// jsonmerge: document nests deeper than 3 levels at byte 3
}

func ExamplePointer_Get() {
	p, err := jsonmerge.ParsePointer("/items/1/a~1b")
	fmt.Println([]string(p), err)
	value, err := p.Get([]byte(`{"items":[{},{"a/b":1.50}]}`))
	fmt.Println(string(value), err)
	_, err = jsonmerge.Pointer{"items", "-"}.Get([]byte(`{"items":[]}`))
	fmt.Println(errors.Is(err, jsonmerge.ErrNotFound), err)
	// Output:
	// [items 1 a/b] <nil>
	// 1.50 <nil>
	// true jsonmerge: no such value: "/items/-"
}

func ExampleParsePointerFragment() {
	p, err := jsonmerge.ParsePointerFragment("#/c%25d/~0")
	fmt.Println(p, err)
	// Output: /c%d/~0 <nil>
}

func ExampleRulesForType() {
	type Stats struct {
		Reads int `merge:"counter"`
	}
	rules, err := jsonmerge.RulesForType(reflect.TypeFor[map[string]Stats]())
	fmt.Println(err)
	fmt.Print(rules)
	// Output:
	// <nil>
	// /*/Reads counter
}

func ExampleMustRules() {
	rules := jsonmerge.MustRules(jsonmerge.Rule{Path: "/**", Strategy: jsonmerge.PreferRemote},
		jsonmerge.Rule{Path: "/mine", Strategy: jsonmerge.PreferLocal})
	merged, err := jsonmerge.Merge([]byte(`{"mine":1,"o":{"x":1}}`), []byte(`{"mine":2,"o":{"x":2}}`),
		[]byte(`{"mine":3,"o":{"x":3}}`),
		&jsonmerge.Options{Rules: rules})
	fmt.Println(string(merged), err)
	// Output: {"mine":2,"o":{"x":3}} <nil>
}

func ExampleElement() {
	_, err := jsonmerge.Merge(
		[]byte(`{"items":[{"id":"a"},{"id":"b","n":1}]}`),
		[]byte(`{"items":[{"id":"b","n":2}]}`),
		[]byte(`{"items":[{"id":"a"},{"id":"new"},{"id":"b","n":3}]}`),
		&jsonmerge.Options{Arrays: jsonmerge.Key("id")})
	var conflict *jsonmerge.ConflictError
	if errors.As(err, &conflict) {
		c := conflict.Conflicts[0]
		e := c.Elements[0]
		fmt.Printf("%s: the element with key %s, token %d of the pointer, is %d of base, %d of local and %d of remote\n",
			c.Pointer, e.Key[0], e.Depth, e.Base, e.Local, e.Remote)
	}
	// Output: /items/0/n: the element with key "b", token 1 of the pointer, is 1 of base, 0 of local and 2 of remote
}

func ExampleLimits() {
	_, err := jsonmerge.Merge([]byte(`{}`), []byte(`{"a":[1,2,3]}`), []byte(`{}`),
		&jsonmerge.Options{Limits: jsonmerge.Limits{MaxBytes: 10}})
	var limit *jsonmerge.LimitError
	fmt.Println(errors.As(err, &limit), err)
	// Output: true local document: jsonmerge: document is larger than 10 bytes
}

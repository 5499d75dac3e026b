package ifmatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// What the examples share: a client, and an origin server with one document.
var client = ifmatch.New(nil)

func example(body string) (*ifmatchtest.Origin, string) {
	origin := ifmatchtest.New(nil)
	origin.Set("/doc", body)
	return origin, httptest.NewServer(origin).URL + "/doc"
}

type User struct {
	Name  string `json:"name"`
	Quota int    `json:"quota"`
}

func Example() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10, "theme": "dark"}`)
	// Somebody else writes just before our first attempt does.
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"name": "Ann Lee", "quota": 10, "theme": "dark"}`))

	u, err := ifmatch.Update(ctx, client, url, func(u *User) error { u.Quota += 10; return nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Value.Name, u.Value.Quota)
	fmt.Println(origin.Body("/doc"))
	// Output:
	// Ann Lee 20
	// {"name": "Ann Lee", "quota": 20, "theme": "dark"}
}

func ExampleUpdate() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"name": "ann", "quota": 15}`))

	u, err := ifmatch.Update(context.Background(), client, url, func(u *User) error {
		if u.Quota >= 100 {
			return errors.New("enough is enough") // ends the call, nothing is written
		}
		u.Quota += 10
		return nil
	})
	fmt.Println(u.Value.Quota, err)
	for _, r := range origin.Requests() {
		fmt.Println(r)
	}
	// Output:
	// 25 <nil>
	// GET /doc -> 200 "v1"
	// PUT /doc If-Match: "v1" -> 412 "v2"
	// GET /doc -> 200 "v2"
	// PUT /doc If-Match: "v2" -> 200 "v3"
}

func ExampleEnsure() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)

	// "Set to" may be repeated: when the answer is lost and the quota is what it should be, all is well.
	origin.Next("PUT", ifmatchtest.LoseResponse())
	u, err := ifmatch.Ensure(ctx, client, url, func(u *User) error { u.Quota = 50; return nil })
	fmt.Println(u.Value.Quota, err)

	// "Add to" may not: others may have added as much, and so Update does not know.
	origin.Next("PUT", ifmatchtest.LoseResponse())
	_, err = ifmatch.Update(ctx, client, url, func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(errors.Is(err, ifmatch.ErrUncertain))
	fmt.Println(origin.Body("/doc"))
	// Output:
	// 50 <nil>
	// true
	// {"name": "ann", "quota": 60}
}

func ExampleUpdate_uniqueName() {
	ctx := context.Background()
	origin, url := example(`{"name": "", "quota": 10}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, map[string]any{
		"type": "https://example.com/probs/taken", "title": "Name taken", "field": "name"})))

	names := []string{"ann", "ann2"}
	c := client.With(func(o *ifmatch.Options) {
		o.ProblemKinds = map[ifmatch.ProblemType]ifmatch.Kind{"https://example.com/probs/taken": ifmatch.AlreadyExists}
		o.OnConflict = func(_ context.Context, refused *ifmatch.ResponseError) error {
			if refused.Kind != ifmatch.AlreadyExists || len(names) == 1 {
				return refused
			}
			fmt.Println("taken:", refused.Problem.Facts().Fields)
			names = names[1:] // the edit is asked again
			return nil
		}
	})
	u, err := ifmatch.Update(ctx, c, url, func(u *User) error { u.Name = names[0]; return nil })
	fmt.Println(u.Value.Name, err)
	// Output:
	// taken: [name]
	// ann2 <nil>
}

func ExampleGet() {
	_, url := example(`{"name": "ann", "quota": 10}`)
	u, err := ifmatch.Get[User](context.Background(), client, url)
	fmt.Println(u.Value, u.ETag, err)
	// Output: {ann 10} "v1" <nil>
}

func ExamplePut() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10, "theme": "dark"}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Quota = 20
	u, err := ifmatch.Put(ctx, client, u)
	fmt.Println(u.ETag, err)

	origin.Set("/doc", `{"name": "Ann Lee", "quota": 20}`) // somebody else
	u.Value.Quota = 30
	u, err = ifmatch.Put(ctx, client, u)
	fmt.Println(errors.Is(err, ifmatch.StaleVersion), u.Value.Quota)
	// Output:
	// "v2" <nil>
	// true 30
}

func ExampleCreate() {
	ctx := context.Background()
	_, url := example(`{}`)
	u, err := ifmatch.Create(ctx, client, url+"/new", User{Name: "ann"})
	fmt.Println(u.ETag, err)
	_, err = ifmatch.Create(ctx, client, url+"/new", User{Name: "bob"})
	fmt.Println(errors.Is(err, ifmatch.AlreadyExists))
	// Output:
	// "v1" <nil>
	// true
}

func ExamplePatch() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u, err := ifmatch.Patch(ctx, client, u, "application/merge-patch+json", []byte(`{"quota": 20}`))
	fmt.Println(u.Value, err)
	fmt.Println(origin.Requests("PATCH")[0])
	// Output:
	// {ann 20} <nil>
	// PATCH /doc If-Match: "v1" -> 200 "v2"
}

func ExampleDelete() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	origin.Set("/doc", `{"name": "ann", "quota": 11}`) // still in use, it seems
	err := ifmatch.Delete(ctx, client, u)
	fmt.Println(errors.Is(err, ifmatch.StaleVersion), origin.Exists("/doc"))
	// Output: true true
}

func ExampleSave() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann" // typed into a form, while
	origin.Set("/doc", `{"name": "ann", "quota": 99}`)

	u, err := ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)
	fmt.Println(u.Value, err)
	// Output: {Ann 99} <nil>
}

// quotas keeps the higher quota, and leaves the rest to the three-way merge.
func quotas(ctx context.Context, c ifmatch.Conflict[User]) (User, error) {
	if c.RemoteDeleted {
		return c.Remote, ifmatch.Deleted // it shall stay deleted
	}
	c.Local.Quota = max(c.Local.Quota, c.Remote.Quota)
	c.Remote.Quota = c.Local.Quota
	return ifmatch.ThreeWay(ctx, c)
}

func ExampleMergeFunc() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value = User{"Ann", 20}
	origin.Set("/doc", `{"name": "ann", "quota": 99}`)

	u, err := ifmatch.Save(ctx, client, u, quotas)
	fmt.Println(u.Value, err)
	// Output: {Ann 99} <nil>
}

func ExampleConflict() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 10}`)

	u, err := ifmatch.Save(ctx, client, u, func(_ context.Context, c ifmatch.Conflict[User]) (User, error) {
		fmt.Printf("base %s, local %s, remote %s; refused with %d\n", c.Base.Name, c.Local.Name, c.Remote.Name,
			c.Refusal.StatusCode)
		c.Remote.Name = c.Local.Name + " or " + c.Remote.Name
		return c.Remote, nil
	})
	fmt.Println(u.Value.Name, err)
	// Output:
	// base ann, local Ann, remote Anne; refused with 412
	// Ann or Anne <nil>
}

func ExampleThreeWay() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10, "theme": "dark"}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 10, "theme": "light"}`)

	_, err := ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)
	fmt.Println(errors.Is(err, ifmatch.ErrUnresolved), errors.Is(err, ifmatch.StaleVersion))
	// Output: true true
}

func ExampleKeepLocal() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10, "theme": "dark"}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 77, "theme": "light"}`)

	_, err := ifmatch.Save(ctx, client, u, ifmatch.KeepLocal)
	fmt.Println(origin.Body("/doc"), err) // the theme is not in User: it is nobody's to overwrite
	// Output: {"name": "Ann", "quota": 10, "theme": "light"} <nil>
}

func ExampleKeepRemote() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 10}`)

	u, err := ifmatch.Save(ctx, client, u, ifmatch.KeepRemote)
	fmt.Println(u.Value.Name, err)
	// Output: Anne <nil>
}

func ExampleField() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value = User{"Ann", 15}                          // 5 more
	origin.Set("/doc", `{"name": "ann", "quota": 11}`) // 1 more

	add := func(base, local, remote int) (int, error) { return local + remote - base, nil }
	u, err := ifmatch.Save(ctx, client, u, ifmatch.Field(func(u *User) *int { return &u.Quota }, add, ifmatch.ThreeWay))
	fmt.Println(u.Value, err)
	// Output: {Ann 16} <nil>
}

func ExampleFirstOf() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 10}`)

	// Merge what can be merged; where both changed the same thing, the server's stays.
	u, err := ifmatch.Save(ctx, client, u, ifmatch.FirstOf(ifmatch.ThreeWay[User], ifmatch.KeepRemote))
	fmt.Println(u.Value.Name, err)
	// Output: Anne <nil>
}

func ExampleErrUnresolved() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Quota = 20
	origin.Set("/doc", `{"name": "ann", "quota": 5}`)

	cautious := func(_ context.Context, c ifmatch.Conflict[User]) (User, error) {
		if c.Remote.Quota < c.Base.Quota {
			return c.Remote, fmt.Errorf("somebody lowered the quota: %w", ifmatch.ErrUnresolved)
		}
		return c.Local, nil
	}
	_, err := ifmatch.Save(ctx, client, u, cautious)
	fmt.Println(errors.Is(err, ifmatch.ErrUnresolved), origin.Body("/doc"))
	// Output: true {"name": "ann", "quota": 5}
}

func ExampleConflictError() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 10}`)

	_, err := ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)
	var conflict *ifmatch.ConflictError
	if errors.As(err, &conflict) {
		fmt.Println("kind:  ", conflict.Kind)
		fmt.Printf("base:   %s\nlocal:  %s\nremote: %s\n", conflict.Base, conflict.Local, conflict.Remote)
		for _, p := range conflict.Places() {
			fmt.Printf("%s at %s: %s, or %s?\n", p.Kind, p.Pointer, p.Local, p.Remote)
		}
	}
	// Output:
	// kind:   stale version
	// base:   {"name": "ann", "quota": 10}
	// local:  {"name": "Ann", "quota": 10}
	// remote: {"name": "Anne", "quota": 10}
	// modify/modify at /name: "Ann", or "Anne"?
}

func ExampleWriteError() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
	_, err := ifmatch.Update(context.Background(), client, url, func(u *User) error { u.Quota++; return nil })
	var w *ifmatch.WriteError
	if errors.As(err, &w) {
		for _, a := range w.Attempts {
			fmt.Println(a.Method, a.Condition, a.Status)
		}
		fmt.Printf("%s\n", w.Local)
	}
	// Output:
	// GET  200
	// PUT If-Match: "v1" 403
	// {"name": "ann", "quota": 11}
}

func ExampleAttempt() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Always("PUT", ifmatchtest.LoseRequest())
	_, err := ifmatch.Update(context.Background(), client.With(func(o *ifmatch.Options) { o.MaxAttempts = 2 }), url,
		func(u *User) error { u.Quota++; return nil })
	var w *ifmatch.WriteError
	if errors.As(err, &w) {
		for _, a := range w.Attempts {
			fmt.Println(a.Method, a.Status, "delivered:", a.Deliveries, "broken:", a.Err != nil)
		}
	}
	// Output:
	// GET 200 delivered: 1 broken: false
	// PUT 0 delivered: 1 broken: true
	// GET 200 delivered: 1 broken: false
	// PUT 0 delivered: 1 broken: true
	// GET 200 delivered: 1 broken: false
}

func ExampleResume() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	origin.Set("/doc", `{"name": "Anne", "quota": 11}`)
	_, err := ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)

	// Later, somewhere else, with only the error in hand: a person chose to overwrite.
	if edit, ok := ifmatch.Resume[User](err); ok {
		edit.Value.Name = "Ann L."
		_, err = ifmatch.Save(ctx, client, edit, ifmatch.FirstOf(ifmatch.ThreeWay[User], ifmatch.KeepLocal))
	}
	fmt.Println(origin.Body("/doc"), err)
	// Output: {"name": "Ann L.", "quota": 10} <nil>
}

func ExampleRepresentation() {
	ctx := context.Background()
	origin, url := example(`{"id": 12345678901234567890, "name": "ann", "labels": {"a": 1.50}, "quota": null}`)
	u, _ := ifmatch.Get[User](ctx, client, url)
	u.Value.Name = "Ann"
	_, err := ifmatch.Put(ctx, client, u)
	fmt.Println(origin.Body("/doc"), err)
	// Output: {"id": 12345678901234567890, "name": "Ann", "labels": {"a": 1.50}, "quota": null} <nil>
}

func ExampleRepresentation_form() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	u, _ := ifmatch.Get[User](ctx, client, url)

	// The form keeps what a write needs, in hidden fields or a session, and comes back later.
	v := &ifmatch.Representation[User]{URL: u.URL, ETag: u.ETag, Content: u.Content, Value: User{"Ann", 10}}
	origin.Set("/doc", `{"name": "ann", "quota": 99}`)
	v, err := ifmatch.Save(ctx, client, v, ifmatch.ThreeWay)
	fmt.Println(v.Value, err)
	// Output: {Ann 99} <nil>
}

func ExampleRepresentation_text() {
	ctx := context.Background()
	origin, url := example("")
	origin.SetContent("/doc", "text/plain", []byte("one\ntwo\nthree\n"))
	u, _ := ifmatch.Get[string](ctx, client, url)
	u.Value = strings.Replace(u.Value, "three", "3", 1)
	origin.SetContent("/doc", "text/plain", []byte("1\ntwo\nthree\n"))
	u, err := ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)
	fmt.Printf("%q %v\n", u.Value, err)
	// Output: "1\ntwo\n3\n" <nil>
}

func ExampleNew() {
	_, url := example(`{"name": "ann", "quota": 10}`)
	c := ifmatch.New(&ifmatch.Options{
		Header:    map[string][]string{"Authorization": {"Bearer ..."}},
		MaxRounds: 5,
	})
	u, err := ifmatch.Get[User](context.Background(), c, url)
	fmt.Println(u.Value.Name, err)
	// Output: ann <nil>
}

func ExampleClient_With() {
	ctx := context.Background()
	_, url := example(`{}`)
	create := client.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
	u, err := ifmatch.Update(ctx, create, url+"/new", func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(u.Value.Quota, err)
	u, err = ifmatch.Update(ctx, create, url+"/new", func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(u.Value.Quota, err)
	// Output:
	// 10 <nil>
	// 20 <nil>
}

func ExampleErrNoValidator() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Always("GET", ifmatchtest.SetHeader("ETag"))          // the server has no entity tags
	origin.Always("GET", ifmatchtest.SetHeader("Last-Modified")) // and no date
	_, err := ifmatch.Update(context.Background(), client, url, func(u *User) error { u.Quota++; return nil })
	fmt.Println(errors.Is(err, ifmatch.ErrNoValidator), origin.Arrived("PUT"))
	// Output: true 0
}

func ExampleErrRefusedTag() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Always("GET", ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag })) // a proxy that weakens
	c := client.With(func(o *ifmatch.Options) { o.MaxWait = 1 })
	_, err := ifmatch.Update(context.Background(), c, url, func(u *User) error { u.Quota++; return nil })
	fmt.Println(errors.Is(err, ifmatch.ErrRefusedTag))

	_, err = ifmatch.Update(context.Background(), c.With(func(o *ifmatch.Options) {
		o.StripWeakTags = true
	}), url, func(u *User) error {
		u.Quota++
		return nil
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleErrIgnored() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	// The server takes a PATCH, ignores what it does not know, and says 200.
	origin.Next("PATCH", ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: origin.Body("/doc")}.
		With("ETag", origin.ETag("/doc"))))

	u, err := ifmatch.Get[User](context.Background(), client, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = ifmatch.Patch(context.Background(), client, u, "application/merge-patch+json", []byte(`{"quota": 20}`))
	fmt.Println(errors.Is(err, ifmatch.ErrIgnored))
	fmt.Println(origin.Body("/doc"))
	// Output:
	// true
	// {"name": "ann", "quota": 10}
}

func ExampleErrExhausted() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	quota := 10
	origin.Always("PUT",
		ifmatchtest.RivalEdit(func([]byte) []byte { quota++; return fmt.Appendf(nil, `{"quota": %d}`, quota) }))
	_, err := ifmatch.Update(context.Background(), client.With(func(o *ifmatch.Options) {
		o.MaxRounds = 3
	}), url, func(u *User) error {
		u.Quota++
		return nil
	})
	fmt.Println(errors.Is(err, ifmatch.ErrExhausted), errors.Is(err, ifmatch.StaleVersion), origin.Arrived("PUT"))
	// Output: true true 3
}

func ExampleErrTooLarge() {
	_, url := example(`{"name": "ann", "quota": 10}`)
	_, err := ifmatch.Get[User](context.Background(), client.With(func(o *ifmatch.Options) { o.MaxBody = 10 }), url)
	fmt.Println(errors.Is(err, ifmatch.ErrTooLarge))
	// Output: true
}

func ExampleOptions() {
	ctx := context.Background()
	origin, url := example(`{"list": [{"name": "a", "qty": 1, "note": "mine"}]}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	type item struct {
		Name string `json:"name"`
		Qty  int    `json:"qty"`
	}
	type list struct {
		List []item `json:"list"`
	}
	c := ifmatch.New(&ifmatch.Options{
		Keys:      map[string][]string{"/list": {"name"}}, // elements are known by their names
		WriteID:   "/writer",                              // a lost answer can be looked after
		MaxRounds: 5,
	})
	u, err := ifmatch.Update(ctx, c, url, func(l *list) error {
		l.List = []item{{"b", 1}, {"a", 2}}
		return nil
	})
	fmt.Println(u.Value.List, err)
	fmt.Println(strings.Contains(origin.Body("/doc"), `{"name": "a", "qty": 2, "note": "mine"}`))
	// Output:
	// [{b 1} {a 2}] <nil>
	// true
}

func ExampleFacts() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, map[string]any{
		"type": "https://example.com/probs/not-paid", "title": "Not paid yet",
		"currentState": "open", "requiredState": "paid"})))
	_, err := ifmatch.Update(context.Background(), client, url, func(u *User) error { u.Quota++; return nil })
	var conflict *ifmatch.ConflictError
	if errors.As(err, &conflict) {
		facts := conflict.Problem.Facts()
		fmt.Printf("it is %s and has to be %s\n", facts.CurrentState, facts.RequiredStates[0])
	}
	// Output: it is open and has to be paid
}

func ExampleOptions_writeID() {
	origin, url := example(`{"name": "ann", "quota": 10, "writes": []}`)
	c := client.With(func(o *ifmatch.Options) {
		o.WriteID = "/writes" // a list of the newest identifiers
		o.WriteIDs = 100      // room for the writes of others while one of ours is in doubt
	})
	// A gateway sends the write twice; the server says 412 of the second copy.
	origin.Next("PUT", ifmatchtest.Replay())
	u, err := ifmatch.Update(context.Background(), c, url, func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(u.Value.Quota, err)

	// The answer is lost, and somebody else writes before anybody can look.
	rival := ifmatchtest.After(func() {
		_, err := ifmatch.Update(context.Background(), c, url, func(u *User) error { u.Quota += 100; return nil })
		fmt.Println("the rival:", err)
	})
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseResponse()))
	u, err = ifmatch.Update(context.Background(), c, url, func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(u.Value.Quota, err)
	// Output:
	// 20 <nil>
	// the rival: <nil>
	// 130 <nil>
}

func ExampleOptions_uniqueURL() {
	origin, url := example(`{}`)
	c := client.With(func(o *ifmatch.Options) { o.UniqueURL = true }) // nobody else creates there
	origin.Next("PUT", ifmatchtest.LoseResponse())

	u, err := ifmatch.Create(context.Background(), c, url+"/01JD3W6Z8Q", User{Name: "ann"})
	fmt.Println(u.Value.Name, err)
	// Output: ann <nil>
}

func ExampleOptions_hashTags() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	c := client.With(func(o *ifmatch.Options) { o.HashTags = true }) // the tag comes back with the content
	// The write does not arrive. The tag is the old one, but that is no proof: others may have undone it.
	origin.Next("PUT", ifmatchtest.LoseRequest())

	_, err := ifmatch.Update(context.Background(), c, url, func(u *User) error { u.Quota += 10; return nil })
	fmt.Println(errors.Is(err, ifmatch.ErrUncertain))
	// Output: true
}

func ExampleOptions_patchFormat() {
	ctx := context.Background()
	origin, url := example(`{"name": "ann", "quota": 10}`)
	origin.Always("GET", ifmatchtest.SetHeader("Accept-Patch", "application/merge-patch+json"))
	c := client.With(func(o *ifmatch.Options) { o.PatchFormat = "accepted" })
	_, err := ifmatch.Update(ctx, c, url, func(u *User) error { u.Quota = 20; return nil })
	r := origin.Requests("PATCH")[0]
	fmt.Println(r, string(r.Body), err)
	// Output: PATCH /doc If-Match: "v1" -> 200 "v2" {"quota":20} <nil>
}

// A server that keeps the version in a member "rev" and wants it back in the query.
func ExampleDialect() {
	revisions := &ifmatch.Dialect{
		Name: "revisions",
		Read: func(_ *http.Response, content, sent []byte) ([]byte, string, error) {
			if sent != nil {
				return nil, "", nil // its answers to writes tell nothing
			}
			rev, err := rev.Get(content)
			return content, string(rev), err
		},
		Guard: func(w *http.Request, version string, content []byte) ([]byte, error) {
			q := w.URL.Query()
			q.Set("ifRev", version)
			w.URL.RawQuery = q.Encode()
			return content, nil
		},
	}
	ctx := context.Background()
	origin, url := example(`{"rev": 7, "name": "ann"}`)
	c := client.With(func(o *ifmatch.Options) { o.Dialect = revisions })
	_, err := ifmatch.Update(ctx, c, url, func(u *User) error { u.Name = "Ann"; return nil })
	fmt.Println(origin.Requests("PUT")[0].Query, origin.Body("/doc"), err)
	// Output: ifRev=7 {"rev": 7, "name": "Ann"} <nil>
}

var rev, _ = jsonmerge.ParsePointer("/rev")

func ExamplePlainOptions() {
	origin, url := example(`{"name": "ann", "quota": 10}`)
	// Code that knows nothing of tags reads, changes and writes; a rival is faster.
	h := ifmatch.New(&ifmatch.Options{
		Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]},
	}).HTTPClient()
	get, _ := h.Get(url)
	get.Body.Close()
	origin.Set("/doc", `{"name": "ann", "quota": 20}`)
	put, _ := http.NewRequest("PUT", url, strings.NewReader(`{"name": "Ann", "quota": 10}`))
	resp, err := h.Do(put)
	if err != nil {
		return
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode, origin.Body("/doc"))
	// Output: 200 {"name": "Ann", "quota": 20}
}

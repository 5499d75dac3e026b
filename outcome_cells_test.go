package ifmatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// signed is a document that lists the identifiers of its writes. Update knows it as a thing.
type signed struct {
	N  int64    `json:"n"`
	By []string `json:"by"`
}

// cellCall is a way to ask for a write.
type cellCall struct {
	name    string
	reads   int    // exchanges before the write
	start   string // what is there; "" for nothing
	wanted  string // that makes it so for a rival without our identifier; "" for nothing
	has     func(content string) bool
	isLoop  bool // a bound ends it, where a single write tells of the conflict
	isPatch bool // it can be sent as a patch
	unnamed bool // it carries no identifier
	also    bool // another call reaches the same cells
	options func(*ifmatch.Options)
	prepare func(o *ifmatchtest.Origin, url string) // nil: start is there
	make    func(ctx context.Context, c *ifmatch.Client, url string) error
}

const (
	unsigned = `{"n":1,"by":["first"]}`
	seven    = `{"n":7,"by":["first"]}`
)

func (c cellCall) creates() bool { return c.start == "" }

// cellCalls hold the calls for each thing that a write can ask for.
func cellCalls(t *testing.T) []cellCall {
	shows := func(n int64) func(string) bool {
		return func(content string) bool {
			var d signed
			return json.Unmarshal([]byte(content), &d) == nil && d.N == n
		}
	}
	type call = func(context.Context, *ifmatch.Client, string) error
	fetched := func(url string) *ifmatch.Representation[thing] {
		u, err := ifmatch.Get[thing](t.Context(), ifmatch.New(nil), url)
		require.NoError(t, err)
		return u
	}
	update := func(n int64) call {
		return func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, func(v *thing) error { v.N += n; return nil })
			return err
		}
	}
	ensure := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Ensure(ctx, c, url, func(v *thing) error { v.N = 7; return nil })
		return err
	}
	onFetched := func(act func(context.Context, *ifmatch.Client, *ifmatch.Representation[thing]) error) call {
		return func(ctx context.Context, c *ifmatch.Client, url string) error {
			u := fetched(url)
			u.Value.N = 7
			return act(ctx, c, u)
		}
	}
	create := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Create(ctx, c, url, signed{N: 7, By: []string{"first"}})
		return err
	}
	absent := func(o *ifmatch.Options) { o.CreateIfAbsent = true }
	var stored *ifmatch.Representation[thing] // by a write whose answer told no tag
	return []cellCall{
		{name: "Update", reads: 1, start: unsigned, wanted: `{"n":2,"by":["first"]}`, has: shows(2), isLoop: true,
			isPatch: true, make: update(1)},
		{
			name: "Ensure", reads: 1, start: unsigned, wanted: seven, has: shows(7), isLoop: true, isPatch: true,
			make: ensure,
		},
		{name: "Create at a unique URL", wanted: seven, has: shows(7), make: create,
			options: func(o *ifmatch.Options) { o.UniqueURL = true }},
		{name: "Delete", start: unsigned, unnamed: true, has: func(content string) bool { return content == "" },
			make: func(ctx context.Context, c *ifmatch.Client, url string) error {
				return ifmatch.Delete(ctx, c, fetched(url))
			}},

		{name: "Put", start: unsigned, wanted: seven, has: shows(7), isPatch: true, also: true,
			make: onFetched(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Put(ctx, c, u)
				return err
			})},
		{name: "Save", start: unsigned, wanted: seven, has: shows(7), isPatch: true, also: true, isLoop: true,
			make: onFetched(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				return err
			})},
		{name: "Create", wanted: seven, has: shows(7), also: true, make: create},
		{
			name: "Update, creating", reads: 1, wanted: `{"n":7}`, has: shows(7), isLoop: true, also: true,
			options: absent,
			make:    update(7),
		},
		{
			name: "Ensure, creating", reads: 1, wanted: `{"n":7}`, has: shows(7), isLoop: true, also: true,
			options: absent,
			make:    ensure,
		},
		{name: "Save, creating anew", reads: 1, wanted: seven, has: shows(7), isLoop: true, also: true,
			prepare: func(o *ifmatchtest.Origin, url string) {
				o.Set("/doc", unsigned)
				o.Next("PUT", ifmatchtest.SetHeader("ETag"))
				u := fetched(url)
				u.Value.N = 5
				var err error
				stored, err = ifmatch.Put(t.Context(), ifmatch.New(nil), u)
				require.NoError(t, err)
				o.Delete("/doc")
				o.ClearRequests()
			},
			make: func(ctx context.Context, c *ifmatch.Client, _ string) error {
				u := *stored
				u.Value.N = 7
				_, err := ifmatch.Save(ctx, c, &u, ifmatch.KeepLocal)
				return err
			}},
		{name: "Patch", start: unsigned, wanted: seven, has: shows(7), isPatch: true, also: true, unnamed: true,
			make: onFetched(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{"n":7}`))
				return err
			})},
	}
}

// cellWorld is what happens to the resource around the last copy of the write.
type cellWorld struct {
	name   string
	landed bool // a copy of ours takes effect; otherwise none does
	hashes bool // the server's tags are hashes
	client bool // the rival is another client, which leaves identifiers too
	rival  func(*ifmatchtest.Origin, cellCall)
}

// denies reports that a look shows that no copy landed.
func (w cellWorld) denies(place string) bool {
	return strings.HasPrefix(w.name, "nothing happened") || place == listPlace && w.name == goesOn ||
		place != "" && w.client
}

// goesOn is a world in which a list of identifiers excludes ours.
const goesOn = "a rival went on with the list"

func cellWorlds() []cellWorld {
	writes := func(content string) func(*ifmatchtest.Origin, cellCall) {
		return func(o *ifmatchtest.Origin, _ cellCall) { o.Set("/doc", content) }
	}
	nothing := func(*ifmatchtest.Origin, cellCall) {}
	always := func(fault ifmatchtest.Fault) func(*ifmatchtest.Origin, cellCall) {
		return func(o *ifmatchtest.Origin, _ cellCall) { o.Always("GET", fault) }
	}
	return []cellWorld{
		{name: "our copy landed", landed: true},
		{name: "our copy landed, and tags are hashes", landed: true, hashes: true},
		{name: "nothing happened", rival: nothing},
		{name: "nothing happened, and tags are hashes", rival: nothing, hashes: true},
		{name: "nobody can look", rival: always(ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))},
		{name: "a cache answers the look", rival: always(ifmatchtest.SetHeader("Age", "3600"))},
		{name: "a rival made the same of it", rival: func(o *ifmatchtest.Origin, c cellCall) {
			if c.wanted == "" {
				o.Delete("/doc")
				return
			}
			o.Set("/doc", c.wanted)
		}},
		{name: "a rival deleted it", rival: func(o *ifmatchtest.Origin, _ cellCall) { o.Delete("/doc") }},
		{name: "another client was faster", client: true},
		{name: goesOn, rival: writes(`{"n":3,"by":["first","rival"]}`)},
		{name: "a rival wrote something else", rival: writes(`{"n":3,"by":["another"]}`)},
	}
}

// cellTelling is what the exchanges of the write tell.
type cellTelling struct {
	name    string
	told    string
	landed  ifmatchtest.Fault // of the last copy, where a copy takes effect
	other   ifmatchtest.Fault // of the last copy, where none does
	patch   bool              // the write is a patch
	inside  bool              // the server refuses inside a 200
	noDial  bool              // no copy leaves
	twice   bool              // the transport sends it twice, and the second copy succeeds
	decided bool              // no look follows, so that one world is enough
	named   bool              // the same, but a write with an identifier is looked after
}

func (a cellTelling) doubt() bool { return strings.HasSuffix(a.told, "in doubt") }

// claims reports that the server says that it is done, and shows nothing.
func (a cellTelling) claims() bool { return a.told == "success of a patch, not shown" }

const severalCopies = "success of one of several copies"

func cellTellings() []cellTelling {
	answer := func(status int) ifmatchtest.Fault { return ifmatchtest.Answer(ifmatchtest.Problem(status, nil)) }
	applied := func(status int) ifmatchtest.Fault {
		return ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(status, nil))
	}
	promise := ifmatchtest.Response{Status: 202}
	receipt := ifmatchtest.Response{Status: 200, Body: `{"ok":true}`}
	denial := ifmatchtest.Response{Status: 200, Body: `{"error":"no"}`}.With("X-Refused", "yes")
	old := ifmatchtest.Response{Status: 200, Body: unsigned}.With("ETag", `"v1"`).
		With("Preference-Applied", "return=representation")
	return []cellTelling{
		{name: "no connection", told: "nothing sent", noDial: true, decided: true},
		{name: "204", told: "success", landed: ifmatchtest.Pass(), decided: true},
		{name: "lost, and repeated by the transport", told: severalCopies, landed: ifmatchtest.Pass(), twice: true,
			decided: true},
		{
			name: "a patch that is ignored", told: "success, shown to be ignored", other: ifmatchtest.Answer(old),
			patch:   true,
			decided: true,
		},
		{name: "403", told: "refused", other: answer(403), decided: true},
		{name: "400", told: "refused by 400 or 501", landed: applied(400), other: answer(400), named: true},
		{name: "501", told: "refused by 400 or 501", landed: applied(501), other: answer(501), named: true},
		{name: "409", told: "refused by 409", landed: applied(409), other: answer(409), named: true},
		{name: "412", told: "refused as outdated", landed: ifmatchtest.Replay(), other: ifmatchtest.RefuseConditions(),
			named: true},
		{name: "lost, 403", told: "refused in doubt", landed: answer(403), other: answer(403)},
		{name: "lost, 412", told: "refused as outdated in doubt", landed: answer(412), other: answer(412)},
		{name: "a patch with a receipt", told: "success of a patch, not shown", patch: true,
			landed: ifmatchtest.ApplyAndAnswer(receipt), other: ifmatchtest.Answer(receipt)},
		{name: "a refusal in a 200", told: "success, denied by its content", inside: true,
			landed: ifmatchtest.ApplyAndAnswer(denial), other: ifmatchtest.Answer(denial)},
		{
			name: "302", told: "done elsewhere (300 to 305)", landed: applied(302),
			other: ifmatchtest.Redirect(302, "/login"),
		},
		{
			name: "202", told: "a promise", landed: ifmatchtest.ApplyAndAnswer(promise),
			other: ifmatchtest.Answer(promise),
		},
		{name: "lost", told: "no answer of the origin's", landed: ifmatchtest.LoseResponse(),
			other: ifmatchtest.LoseRequest()},
		{name: "502", told: "no answer of the origin's", landed: applied(502), other: answer(502)},
	}
}

// cellScenario is one call in one world.
type cellScenario struct {
	call  cellCall
	told  cellTelling
	world cellWorld
	place string // of the identifier
	spent bool
}

// places are where a write identifier is left: nowhere, alone, in a list.
var places = []string{"", "/id", listPlace}

const listPlace = "/by"

// doubles reports that the transport sends two copies: where the first one was lost, and the look
// would end it, the doubt can come only from the transport's own repetition.
func (s cellScenario) doubles() bool {
	return s.told.twice || s.told.doubt() && (s.call.creates() || s.world.hashes)
}

// occurs reports whether a world goes with what is told.
func (s cellScenario) occurs() bool {
	switch {
	case s.place != "" && s.call.unnamed,
		s.told.patch && !s.call.isPatch,
		s.call.name == "Patch" && !s.told.patch,
		s.call.also && s.spent && !s.told.twice,
		s.world.hashes && s.call.creates():
		return false
	case s.told.twice:
		return s.world.landed && (s.world.hashes || s.call.creates() && s.call.name != "Create at a unique URL")
	case s.world.client && s.place == "":
		return false
	case s.world.landed && s.world.hashes, s.world.name == "a rival deleted it" &&
		(s.call.creates() || s.call.wanted == ""):
		return false
	case s.told.told == "success":
		return s.world.landed
	case s.told.decided, s.told.named && s.place == "":
		return s.world.name == "nothing happened" // a refusal that a repeated copy earned is believed
	}
	return true
}

// script lays out what becomes of the copies of the write.
func (s cellScenario) script(t *testing.T, o *ifmatchtest.Origin, url string) {
	var copies []ifmatchtest.Fault
	happens := func() {
		if s.world.client {
			s.anotherClientWrites(t, url)
			return
		}
		s.world.rival(o, s.call)
	}
	switch {
	case s.told.noDial:
		return
	case s.told.twice:
		copies = append(copies, ifmatchtest.LoseRequest(), s.told.landed)
	case s.world.landed && s.told.doubt():
		late := ifmatchtest.Before(func() { o.DeliverPostponed() })
		copies = append(copies, ifmatchtest.Postpone(), ifmatchtest.Together(late, s.told.landed))
	case s.world.landed:
		copies = append(copies, s.told.landed)
	case s.told.claims() && !s.world.denies(s.place):
		// Nothing will deny what the server says, and so it has to be true.
		copies = append(copies, ifmatchtest.Together(ifmatchtest.After(happens), s.told.landed))
	default:
		if s.told.doubt() {
			copies = append(copies, ifmatchtest.LoseRequest())
		}
		copies = append(copies, ifmatchtest.Together(ifmatchtest.Before(happens), s.told.other))
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		o.Next(method, copies...)
	}
}

// anotherClientWrites writes from the version that ours is made from.
func (s cellScenario) anotherClientWrites(t *testing.T, url string) {
	client := ifmatch.New(&ifmatch.Options{WriteID: s.place})
	var err error
	if s.call.creates() {
		_, err = ifmatch.Create(t.Context(), client, url, signed{N: 3, By: []string{"first"}})
	} else {
		_, err = ifmatch.Update(t.Context(), client, url, func(v *thing) error { v.N = 3; return nil })
	}
	assert.NoError(t, err)
}

// TestEveryPossibleCellOfTheOutcomesIsReachedOverAConnection also checks in every scenario that the
// caller is told what was decided, and that the origin's state agrees.
func TestEveryPossibleCellOfTheOutcomesIsReachedOverAConnection(t *testing.T) {
	possible, impossible := ifmatch.OutcomeCells()
	visited := map[ifmatch.OutcomeCell]bool{}
	for _, call := range cellCalls(t) {
		if call.also && testing.Short() {
			continue
		}
		for _, told := range cellTellings() {
			for _, world := range cellWorlds() {
				for _, place := range places {
					for _, spent := range []bool{false, true} {
						s := cellScenario{call, told, world, place, spent}
						if s.occurs() {
							t.Run(s.String(), func(t *testing.T) { s.run(t, visited) })
						}
					}
				}
			}
		}
	}
	for cell := range visited {
		assert.Empty(t, impossible[cell], "reached although impossible: %s", cell)
	}
	for _, cell := range slices.Sorted(maps.Keys(possible)) {
		assert.True(t, visited[cell], "possible and never reached: %s", cell)
	}
}

func (s cellScenario) String() string {
	words := []string{s.call.name, s.told.name, s.world.name}
	if s.place != "" {
		words = append(words, "identifier at "+s.place[1:])
	}
	if s.spent {
		words = append(words, "spent")
	}
	return strings.Join(words, ", ")
}

// options are those of the call.
func (s cellScenario) options(t *testing.T) ifmatch.Options {
	reads := -1
	if s.told.noDial {
		reads = s.call.reads
	}
	o := ifmatch.Options{MaxWait: time.Millisecond, MaxRounds: 1, MaxAttempts: 2, WriteID: s.place,
		HashTags: s.world.hashes}
	connections := dialling(t, reads)
	o.HTTPClient = &http.Client{Transport: connections}
	switch {
	case s.doubles():
		o.HTTPClient.Transport = repeating(connections)
	case s.told.doubt():
		o.MaxAttempts++
	}
	if s.spent {
		o.MaxAttempts--
	}
	if s.told.patch {
		o.PatchFormat = "application/merge-patch+json"
	}
	if s.told.inside {
		o.Dialect = refusesInside
	}
	if s.call.options != nil {
		s.call.options(&o)
	}
	return o
}

// run plays the scenario and adds the cells that it visits.
func (s cellScenario) run(t *testing.T, visited map[ifmatch.OutcomeCell]bool) {
	origin, url := serve(t, nil, s.call.start)
	if s.call.prepare != nil {
		s.call.prepare(origin, url)
	}
	o := s.options(t)
	s.script(t, origin, url)
	var cells []string
	var decided string
	ifmatch.ObserveOutcomes(&o, func(cell ifmatch.OutcomeCell, decision string) {
		visited[cell] = true
		decided = decision
		cells = append(cells, string(cell)+": "+decision)
	})
	err := s.call.make(t.Context(), ifmatch.New(&o), url)
	require.NotEmpty(t, cells, "%v", err)
	assert.Contains(t, strings.Join(cells, "\n"), ", "+s.told.told+", ", "the script tells something else")
	s.agrees(t, decided, err)
	ours := origin.Applied(http.MethodPut) + origin.Applied(http.MethodPatch) + origin.Applied(http.MethodDelete)
	if s.world.client && origin.Body("/doc") != s.call.start {
		ours-- // the other client's
	}
	assert.LessOrEqual(t, ours, 1, "applied twice")
	switch decided {
	case "succeed":
		assert.True(t, ours == 1 || s.call.has(origin.Body("/doc")), "not in force: %s", origin.Body("/doc"))
	case "refuse", "superseded":
		assert.Zero(t, ours, "applied in spite of that")
	}
	if t.Failed() {
		t.Logf("%v\n%s\n%v", err, strings.Join(cells, "\n"), origin.Requests())
	}
}

// agrees checks what the caller is told against what was decided last.
func (s cellScenario) agrees(t *testing.T, decided string, err error) {
	var conflict *ifmatch.ConflictError
	switch decided {
	case "succeed":
		assert.NoError(t, err)
	case "refuse":
		assert.Error(t, err)
		assert.NotErrorIs(t, err, ifmatch.ErrUncertain)
	case "superseded":
		assert.NotErrorIs(t, err, ifmatch.ErrUncertain)
		switch {
		case s.call.isLoop:
			assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		case s.call.creates():
			assert.ErrorIs(t, err, ifmatch.AlreadyExists)
		default:
			assert.ErrorIs(t, err, ifmatch.StaleVersion)
		}
	case "unknown":
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
		assert.False(t, errors.As(err, &conflict), "a false conflict: %v", err)
	default:
		assert.Fail(t, "no end", decided)
	}
}

// repeating sends a write again on its own when it gets no answer, as some RoundTrippers do.
func repeating(next http.RoundTripper) tripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return next.RoundTrip(r)
		}
		var content []byte
		if r.Body != nil {
			var err error
			if content, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
		}
		var resp *http.Response
		err := errLost
		for tries := 0; err != nil && tries < 2; tries++ {
			again := r.Clone(r.Context())
			again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
			resp, err = next.RoundTrip(again)
		}
		return resp, err
	}
}

// dialling returns a network that connects so many times for reads and then no more; -1: always.
func dialling(t *testing.T, times int) *http.Transport {
	tr := &http.Transport{DisableKeepAlives: true}
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if times == 0 {
			return nil, errDial
		}
		times--
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

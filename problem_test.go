package ifmatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const problemJSON = "application/problem+json"

// problemOf parses a body that came from https://api.example.com/probs/7.
func problemOf(status int, contentType, body string) *Problem {
	base := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/probs/7"}
	p, _ := parseProblem(status, http.Header{"Content-Type": {contentType}}, []byte(body), false, base)
	return p
}

// answered adds to what was sent the answer with this body, from the same URL.
func answered(in evidence, status int, contentType, body string) evidence {
	base := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/probs/7"}
	in.status = status
	in.problem, in.ruling = parseProblem(status, http.Header{"Content-Type": {contentType}}, []byte(body), false, base)
	return in
}

func TestProblemDetailsAreReadMemberByMember(t *testing.T) {
	p := golden(t, "rfc9457_out_of_credit", evidence{}).Problem
	assert.Equal(t, ProblemType("https://example.com/probs/out-of-credit"), p.Type)
	assert.Equal(t, "Not enough credit.", p.Title)
	assert.Equal(t, "The balance is 30, the order costs 50.", p.Detail)
	assert.Equal(t, "/account/12345/orders/abc", p.Instance)
	assert.Zero(t, p.Status)
	assert.Equal(t, problemJSON, p.MediaType)
	assert.Equal(t, map[string]json.RawMessage{
		"balance":  json.RawMessage(`30`),
		"accounts": json.RawMessage(`["/account/12345","/account/67890"]`),
	}, p.Extensions)
}

// RFC 9457 §3.1: a member of the wrong type is ignored; it harms no other.
func TestMembersOfTheWrongTypeCountAsAbsent(t *testing.T) {
	p := problemOf(409, problemJSON,
		`{"type":["https://example.com/a"],"title":7,"detail":"d","instance":{},"status":"409","x":null}`)
	assert.Equal(t, aboutBlank, p.Type)
	assert.Empty(t, p.Title)
	assert.Equal(t, "d", p.Detail)
	assert.Empty(t, p.Instance)
	assert.Zero(t, p.Status)
	assert.Len(t, p.Extensions, 5, "what does not count is kept for whom it helps: %v", p.Extensions)

	for text, want := range map[string]int{
		`409`: 409, `409.0`: 409, `4.09e2`: 409, `40900e-2`: 409,
		`409.5`: 0, `-409`: 0, `99`: 0, `1000`: 0, `1e400`: 0, `"409"`: 0, `true`: 0, `null`: 0, `[409]`: 0,
	} {
		assert.Equal(t, want, problemOf(409, problemJSON, `{"status":`+text+`}`).Status, text)
	}
}

func TestNamesOfMembersAreExact(t *testing.T) {
	p := problemOf(409, problemJSON,
		`{"TYPE":"https://evil.example/","Type":"https://evil.example/","type":"https://example.com/a",`+
			`"Title":"T","STATUS":500}`)
	assert.Equal(t, ProblemType("https://example.com/a"), p.Type)
	assert.Empty(t, p.Title)
	assert.Zero(t, p.Status)
	assert.Contains(t, p.Extensions, "TYPE")
}

func TestMembersThatContradictThemselvesAreLeftOut(t *testing.T) {
	p := problemOf(409, problemJSON,
		`{"type":"https://example.com/a","title":"same","type":"https://example.com/b","title":"same","x":1,"x":2,`+
			`"x":1}`)
	assert.Equal(t, aboutBlank, p.Type, "two types are none")
	assert.Equal(t, "same", p.Title, "repeated alike is harmless")
	assert.NotContains(t, p.Extensions, "x")
}

// The body can be anything. The problem is what can be read of it, never an error, never a changed
// status.
func TestUnreadableBodiesLeaveTheStatus(t *testing.T) {
	deep := strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)
	for _, c := range []struct {
		name, contentType, body string
		wantType                ProblemType
		truncated               bool
	}{
		{name: "empty", contentType: problemJSON, wantType: aboutBlank},
		{name: "white space", contentType: problemJSON, body: " \r\n\t", wantType: aboutBlank},
		{name: "empty object", contentType: problemJSON, body: "{}", wantType: aboutBlank},
		{name: "array", contentType: problemJSON, body: `[{"type":"https://example.com/a"}]`, wantType: aboutBlank},
		{name: "string", contentType: problemJSON, body: `"conflict"`, wantType: aboutBlank},
		{name: "null", contentType: problemJSON, body: `null`, wantType: aboutBlank},
		{
			name: "bare words labelled JSON", contentType: "application/json", body: `Resource has been modified`,
			wantType: aboutBlank,
		},
		{
			name: "HTML labelled as a problem", contentType: problemJSON,
			body: `<!DOCTYPE html><html><body>502</body></html>`, wantType: aboutBlank,
		},
		{
			name: "HTML that is no XML", contentType: "text/html", body: `<p>a<br>b & c`, wantType: aboutBlank,
			truncated: true,
		},
		{name: "less-than signs", contentType: "text/plain", body: `<<<<<<< HEAD`, wantType: aboutBlank},
		{name: "binary", contentType: "application/octet-stream", body: "\x00\xff\xfe{", wantType: aboutBlank},
		{
			name: "byte order mark", contentType: problemJSON, body: "\ufeff" + `{"type":"https://example.com/a"}`,
			wantType: "https://example.com/a",
		},
		{
			name: "garbage behind", contentType: problemJSON, body: `{"type":"https://example.com/a"}<!-- x -->`,
			wantType: "https://example.com/a",
		},
		{
			name: "a second object behind", contentType: problemJSON,
			body: `{"type":"https://example.com/a"}{"type":"https://example.com/b"}`, wantType: "https://example.com/a",
		},
		{
			name: "cut in a string", contentType: problemJSON, body: `{"type":"https://example.com/a","title":"Con`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "cut in the type", contentType: problemJSON, body: `{"title":"t","type":"https://example.com/a`,
			wantType: aboutBlank, truncated: true,
		},
		{
			name: "cut after a colon", contentType: problemJSON, body: `{"type":"https://example.com/a","title":`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "cut at the end", contentType: problemJSON, body: `{"type":"https://example.com/a","x":1`,
			wantType: "https://example.com/a", truncated: true,
		},
		{name: "brace alone", contentType: problemJSON, body: `{`, wantType: aboutBlank, truncated: true},
		{
			name: "missing comma", contentType: problemJSON, body: `{"type":"https://example.com/a" "title":"t"}`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "key that is no string", contentType: problemJSON, body: `{"type":"https://example.com/a",7:1}`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "comment", contentType: problemJSON, body: `{"type":"https://example.com/a", /* x */ "title":"t"}`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "10001 levels", contentType: problemJSON, body: `{"type":"https://example.com/a","x":` + deep + `}`,
			wantType: "https://example.com/a", truncated: true,
		},
		{
			name: "invalid UTF-8", contentType: problemJSON,
			body: "{\"type\":\"https://example.com/a\",\"title\":\"\xff\"}", wantType: "https://example.com/a",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := problemOf(409, c.contentType, c.body)
			assert.Equal(t, c.wantType, p.Type)
			assert.Equal(t, c.truncated, p.Truncated)
			in := evidence{method: http.MethodPut, condition: byTag}
			assert.Equal(t, StaleVersion, classify(answered(in, 412, c.contentType, c.body)))
		})
	}
	p := problemOf(409, problemJSON, `{"status":409,"title":"t","balance":12`)
	assert.NotContains(t, p.Extensions, "balance", "12 may have been 1250")
	p, _ = parseProblem(409, http.Header{}, nil, true, nil)
	assert.True(t, p.Truncated)
}

func TestBodiesAreBounded(t *testing.T) {
	var many strings.Builder
	many.WriteString(`{"type":"https://example.com/a"`)
	for i := range 10_000 {
		fmt.Fprintf(&many, `,"m%d":%d`, i, i)
	}
	many.WriteString(`,"type":"https://example.com/b"}`)
	p := problemOf(409, problemJSON, many.String())
	assert.Equal(t, ProblemType("https://example.com/a"), p.Type)
	assert.Len(t, p.Extensions, maxMembers-1)

	nested := func(n int) string { return strings.Repeat(`{"[":`, n) + "1" + strings.Repeat("}", n) }
	p = problemOf(409, problemJSON,
		`{"ok":`+nested(maxDepth)+`,"deep":`+nested(maxDepth+1)+`,"s":"\"`+strings.Repeat("[", 100)+`"}`)
	assert.Contains(t, p.Extensions, "ok")
	assert.NotContains(t, p.Extensions, "deep")
	assert.Contains(t, p.Extensions, "s")

	for _, text := range []string{``, `7`, `[1]`, `"{"`} {
		o, whole := readObject([]byte(text))
		assert.Nil(t, o, text)
		assert.False(t, whole, text)
	}
	assert.Len(t, readList(json.RawMessage(`[1,2,`)), 2)
	list := `[` + strings.Repeat(`1,`, 100_000) + `1]`
	assert.Len(t, readList(json.RawMessage(list)), maxMembers)

	xml := problemOf(409, "application/xml", `<Error><Code>BucketNotEmpty</Code>`+strings.Repeat(`<a>`, 100_000))
	assert.Equal(t, "BucketNotEmpty", xml.Code, "what stands before the limit counts")
	assert.True(t, xml.Truncated)
	xml = problemOf(409, "application/xml", `<Error><Code>BucketNotEmpty</Code>`+strings.Repeat(`<a/>`, 1000)+
		`</Error>`)
	assert.Equal(t, "BucketNotEmpty", xml.Code)
	assert.True(t, xml.Truncated)
	xml = problemOf(409, "application/xml",
		`<Error><Code>BucketNotEmpty</Code>`+strings.Repeat(`<a>`, maxXMLDepth)+
			strings.Repeat(`</a>`, maxXMLDepth)+`</Error>`)
	assert.Equal(t, "BucketNotEmpty", xml.Code)
	assert.True(t, xml.Truncated, "too deep")
	xml = problemOf(409, "application/xml",
		`<Error><Message>`+strings.Repeat(`x`, maxXML)+`</Message><Code>BucketNotEmpty</Code></Error>`)
	assert.Empty(t, xml.Code, "too long")
	assert.True(t, xml.Truncated)
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b ` +
		`"&a;&a;&a;">]><Error><Code>&b;</Code></Error>`
	assert.Empty(t, problemOf(409, "application/xml", bomb).Code, "entities are not expanded")
}

func TestProblemsAreRecognisedUnderOtherLabels(t *testing.T) {
	const want ProblemType = "https://example.com/a"
	for _, contentType := range []string{
		"application/problem+json", "Application/Problem+JSON; charset=utf-8", "application/problem+json;charset=;;",
		"application/problem+json, text/html", "application/json", "application/vnd.api+json", "text/plain", "",
	} {
		p := problemOf(409, contentType, `{"type":"https://example.com/a","x":1}`)
		assert.Equal(t, want, p.Type, contentType)
	}
	for body, wanted := range map[string]bool{
		`{"type":"https://example.com/a"}`:            true,
		`{"type":"urn:example:a"}`:                    true,
		`{"type":"/probs/a"}`:                         true,
		`{"type":"a","title":"t"}`:                    true,
		`{"type":"a","detail":"d"}`:                   true,
		`{"title":"t","status":409}`:                  true,
		`{"title":"t","status":500}`:                  false,
		`{"title":"t"}`:                               false,
		`{"type":"ValidationError","message":"m"}`:    false,
		`{"type":"error","error":{"type":"x_error"}}`: false,
		`{"type":7,"detail":"d"}`:                     false,
	} {
		p := problemOf(409, "application/json", body)
		recognised := p.Type != aboutBlank || p.Title != ""
		assert.Equal(t, wanted, recognised, body)
		if !wanted {
			assert.NotEmpty(t, p.Extensions, "nothing is lost: %s", body)
		}
	}
	assert.Equal(t, aboutBlank, problemOf(200, "application/json", `{"type":"https://example.com/a"}`).Type,
		"a representation")
	assert.Equal(t, want, problemOf(200, problemJSON, `{"type":"https://example.com/a"}`).Type, "it says what it is")
}

func TestXMLProblemsReadLikeJSONOnes(t *testing.T) {
	p := golden(t, "problem_xml", evidence{}).Problem
	assert.Equal(t, ProblemType("https://example.com/probs/wrong-state"), p.Type)
	assert.Equal(t, "The order is closed.", p.Title)
	assert.Equal(t, 409, p.Status)
	facts := p.Facts()
	assert.Equal(t, "closed", facts.CurrentState)
	assert.Equal(t, []string{"draft", "open"}, facts.RequiredStates)

	for text, want := range map[string]int{"409": 409, " 409 ": 409, "0x1p8": 0, "": 0, "many": 0} {
		p := problemOf(409, "application/problem+xml", `<problem><status>`+text+`</status></problem>`)
		assert.Equal(t, want, p.Status, text)
	}
	latin := "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>" +
		"<Error><Code>BucketNotEmpty</Code><Message>\xe4</Message></Error>"
	assert.Equal(t, "BucketNotEmpty", problemOf(409, "text/xml", latin).Code)
}

func TestTypesAreResolvedAgainstTheURLThatAnswered(t *testing.T) {
	base, err := url.Parse("https://user:secret@api.example.com/v1/orders/7?sig=secret#frag")
	require.NoError(t, err)
	for _, c := range []struct{ raw, want string }{
		{"https://example.com/a", "https://example.com/a"},
		{"https://EXAMPLE.com/%7Ea/../b", "https://EXAMPLE.com/%7Ea/../b"}, // byte for byte
		{"https://example.com/a#f", "https://example.com/a#f"},
		{"urn:example:a", "urn:example:a"},
		{"tag:example.com,2026:a", "tag:example.com,2026:a"},
		{"/probs/a", "https://api.example.com/probs/a"},
		{"a", "https://api.example.com/v1/orders/a"},
		{"../a", "https://api.example.com/v1/a"},
		{"//other.example/a", "https://other.example/a"},
		{"#a", "https://api.example.com/v1/orders/7#a"},
		{"", "about:blank"},
		{"about:blank", "about:blank"},
		{"About:Blank", "about:blank"},
		{"http://[::1", "http://[::1"}, // no URI, but an identifier
		{"https://tools.ietf.org/html/rfc7231#section-6.5.8", "about:blank"},
		{"https://datatracker.ietf.org/doc/html/rfc9110#name-409-conflict", "about:blank"},
		{"https://www.rfc-editor.org/rfc/rfc9110#section-15.5.13", "about:blank"},
		{"https://httpstatuses.com/409", "about:blank"},
		{"https://www.rfc-editor.org/errors/a", "https://www.rfc-editor.org/errors/a"},
	} {
		body := []byte(`{"type":` + string(jsonString(c.raw)) + `}`)
		p, _ := parseProblem(409, http.Header{"Content-Type": {problemJSON}}, body, false, base)
		assert.Equal(t, ProblemType(c.want), p.Type, c.raw)
		if p.Type == aboutBlank && len(c.raw) > len(aboutBlank) {
			assert.Contains(t, p.Extensions, "type", "the original is not lost: %s", c.raw)
		}
	}
	p, _ := parseProblem(409, nil, []byte(`{"type":"/a"}`), false, nil)
	assert.Equal(t, ProblemType("/a"), p.Type, "nothing to resolve against")
}

func TestErrorsMatchTheirKindAndTheirType(t *testing.T) {
	err := error(golden(t, "zalando_relative_type", evidence{method: http.MethodPut, condition: byTag,
		types: map[ProblemType]Kind{"/problems/out-of-stock": WrongState}}))
	err = fmt.Errorf("saving: %w", err)
	assert.ErrorIs(t, err, WrongState)
	assert.ErrorIs(t, err, ProblemType("https://api.example.com/problems/out-of-stock"))
	assert.ErrorIs(t, err, ProblemType("/problems/out-of-stock"), "a relative constant matches on every host")
	assert.NotErrorIs(t, err, StaleVersion)
	assert.NotErrorIs(t, err, ProblemType("https://other.example/problems/out-of-stock"))
	assert.NotErrorIs(t, err, ProblemType("out-of-stock"))
	assert.NotErrorIs(t, err, ProblemType(""))
	assert.NotErrorIs(t, err, ProblemType("http://[::1"))
	assert.NotErrorIs(t, err, errors.New("other"))

	var kind Kind
	require.ErrorAs(t, err, &kind)
	assert.Equal(t, WrongState, kind)
	var problemType ProblemType
	require.ErrorAs(t, err, &problemType)
	assert.Equal(t, `ifmatch: problem type "https://api.example.com/problems/out-of-stock"`, problemType.Error())

	bare := &ResponseError{Kind: Locked}
	assert.ErrorIs(t, bare, Locked)
	assert.NotErrorIs(t, bare, ProblemType("/a"))
	assert.Equal(t, "ifmatch:  : 0 (locked)", bare.Error())
}

func TestErrorTextIsOneBoundedLineWithoutSecrets(t *testing.T) {
	target, err := url.Parse("https://user:s3cret@api.example.com/a%2Fb/c%0Ad?sig=s3cret#s3cret")
	require.NoError(t, err)
	header := http.Header{"Content-Type": {problemJSON}, "Set-Cookie": {"s3cret"}, "Retry-After": {"9"}}
	body := `{"type":"https://example.com/\u001b[31m\nforged\u202e","title":"s3cret","detail":"s3cret",` +
		`"code":"C\u0007` + strings.Repeat("x", 100) + `"}`
	e := newResponseError(evidence{method: http.MethodPut, condition: byTag}, target, 412, header, []byte(body), true,
		time.Now())

	assert.Equal(t, `https://api.example.com/a%2Fb/c%0Ad`, e.URL)
	assert.True(t, e.Truncated)
	assert.Equal(t, 9*time.Second, e.RetryAfter)
	assert.Equal(t, []byte(body), e.Body)
	text := e.Error()
	start := `ifmatch: PUT https://api.example.com/a%2Fb/c%0Ad: 412 Precondition Failed (stale version, type ` +
		`"https://example.com/\x1b[31m\nforged\u202e", code "C\a`
	assert.True(t, strings.HasPrefix(text, start), text)
	assert.NotContains(t, text, "s3cret")
	assertPrintable(t, text)

	long := &ResponseError{Method: strings.Repeat("M", 1<<20), URL: strings.Repeat("é", 1<<20), StatusCode: 999,
		Problem: &Problem{Type: ProblemType(strings.Repeat("\x00", 1<<20)), Code: strings.Repeat("c", 1<<20)}}
	assertPrintable(t, long.Error())
	assert.Empty(t, redactURL(nil))
}

func assertPrintable(t *testing.T, text string) {
	t.Helper()
	require.LessOrEqual(t, len(text), 4*4*maxQuoted+200)
	require.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
}

type credit struct {
	Type     string
	Title    string   `json:"title"`
	Status   int      `json:"status"`
	Balance  int      `json:"balance"`
	Accounts []string `json:"accounts"`
	Currency struct {
		Code string `json:"code"`
	} `json:"currency"`
}

func TestDecodeFillsWhatFitsAndNamesWhatDoesNot(t *testing.T) {
	p := problemOf(403, problemJSON,
		`{"type":"/credit","title":"t","status":403.0,"balance":30,"Balance":99,"accounts":["a"],`+
			`"currency":{"code":"EUR"},"unknown":true}`)
	var c credit
	require.NoError(t, p.Decode(&c))
	want := credit{
		Type: "https://api.example.com/credit", Title: "t", Status: 403, Balance: 30, Accounts: []string{"a"},
	}
	want.Currency.Code = "EUR"
	assert.Equal(t, want, c)

	p = problemOf(403, problemJSON, `{"balance":"30","accounts":["a",7],"currency":{"code":"EUR"}}`)
	c = credit{Accounts: []string{"kept"}}
	err := p.Decode(&c)
	assert.Equal(t, []string{"kept"}, c.Accounts, "not half of a list")
	assert.Equal(t, "EUR", c.Currency.Code, "the others are filled")
	var misfit *json.UnmarshalTypeError
	require.ErrorAs(t, err, &misfit)
	assert.ErrorContains(t, err, `"balance"`)
	assert.ErrorContains(t, err, `"accounts"`)
}

func TestDecodeMatchesTagsExactlyAndPlainFieldsWhenUnambiguous(t *testing.T) {
	type plain struct{ Balance, Owner, Exact int }
	var v plain
	require.NoError(t, problemOf(403, problemJSON, `{"balance":1,"OWNER":2,"owner":3,"Exact":4,"exact":5}`).Decode(&v))
	assert.Equal(t, plain{Balance: 1, Exact: 4}, v)

	var tagged struct {
		Balance int `json:"balance"`
	}
	require.NoError(t, problemOf(403, problemJSON, `{"BALANCE":1}`).Decode(&tagged))
	assert.Zero(t, tagged.Balance)

	type base struct {
		Balance int `json:"balance"`
	}
	var embedded struct {
		*base
		Base2 base `json:"-"`
	}
	require.Error(t, problemOf(403, problemJSON, `{"balance":1}`).Decode(&embedded),
		"encoding/json cannot set it either")
}

type wholeProblem string

func (w *wholeProblem) UnmarshalJSON(text []byte) error { *w = wholeProblem(text); return nil }

func TestDecodeGivesOtherTargetsEverything(t *testing.T) {
	p := problemOf(403, problemJSON, `{"status":403,"x":9007199254740993,"y":"<"}`)
	var w wholeProblem
	require.NoError(t, p.Decode(&w))
	assert.Equal(t, wholeProblem(`{"status":403,"type":"about:blank","x":9007199254740993,"y":"<"}`), w)
	var m map[string]json.RawMessage
	require.NoError(t, p.Decode(&m))
	assert.Len(t, m, 4)
	var n int
	require.Error(t, p.Decode(&n))
	require.ErrorContains(t, p.Decode(nil), "non-nil pointer")
	require.ErrorContains(t, p.Decode((*credit)(nil)), "non-nil pointer")
	require.ErrorContains(t, p.Decode(credit{}), "non-nil pointer")

	handMade := &Problem{Type: "https://example.com/a", Detail: "d"}
	require.NoError(t, handMade.Decode(&m))
	assert.JSONEq(t, `"d"`, string(m["detail"]))
}

// Cutting a body anywhere never invents: every member of the cut one is a member of the whole one.
func TestTruncationNeverInventsAMember(t *testing.T) {
	const body = `{"type":"https://example.com/a","status":409,"title":"t","n":12345,"o":{"a":[1,2]},"b":true,"z":null}`
	whole := problemOf(409, problemJSON, body).members()
	for n := range len(body) {
		p := problemOf(409, problemJSON, body[:n])
		for name, raw := range p.members() {
			if name == "type" && p.Type == aboutBlank {
				continue
			}
			require.Equal(t, string(whole[name]), string(raw), "cut at %d", n)
		}
		require.Equal(t, n > 0, p.Truncated, "cut at %d", n)
	}
}

// The order of members does not matter, whatever they are.
func TestTheOrderOfMembersDoesNotMatter(t *testing.T) {
	members := []string{`"type":"/a"`, `"title":"t"`, `"status":409`, `"code":"C"`, `"field":"f"`,
		`"error":{"code":"E"}`, `"current":{"version":2}`, `"currentVersion":3`, `"version":1`}
	want := problemOf(409, problemJSON, "{"+strings.Join(members, ",")+"}")
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		got := problemOf(409, problemJSON, "{"+strings.Join(members, ",")+"}")
		require.Equal(t, want.members(), got.members())
		require.Equal(t, want.Code, got.Code)
		require.Equal(t, want.Facts(), got.Facts())
	}
}

func FuzzParseProblem(f *testing.F) {
	f.Add(409, problemJSON,
		[]byte(`{"type":"/a","status":409.0,"errors":[{"pointer":"#/a%20b"}],"current":{"version":"7"}}`))
	f.Add(412, "application/xml", []byte(`<Error><Code>ConditionNotMet</Code><i>1</i></Error>`))
	f.Add(409, "application/json",
		[]byte(`{"error":{"code":409,"status":"ABORTED","details":[{"@type":"google.rpc.RetryInfo",`+
			`"retryDelay":"1s"}]}}`))
	f.Add(409, "application/json",
		[]byte(`{"kind":"Status","apiVersion":"v1","reason":"Conflict",`+
			`"details":{"causes":[{"reason":"FieldManagerConflict"}],"retryAfterSeconds":1e9}}`))
	f.Add(422, "text/html", []byte("\ufeff <html><!--"))
	base := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/probs/7"}
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		e := newResponseError(evidence{method: http.MethodPut, condition: byTag}, base, status,
			http.Header{"Content-Type": {contentType}}, body, false, time.Unix(1.8e9, 0))
		p := e.Problem
		require.Equal(t, status, e.StatusCode)
		require.NotEmpty(t, p.Type)
		require.LessOrEqual(t, len(p.Extensions), maxMembers)
		for name, raw := range p.Extensions {
			require.True(t, json.Valid(raw), "%q: %q", name, raw)
			require.LessOrEqual(t, nesting(raw), maxDepth)
		}
		require.LessOrEqual(t, len(p.Code), maxCode)
		require.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
		require.LessOrEqual(t, e.RetryAfter, maxRetryAfter)
		require.ErrorIs(t, e, p.Type)
		assertPrintable(t, e.Error())

		facts := p.Facts()
		require.LessOrEqual(t, len(facts.Fields), maxFields)
		require.Equal(t, facts, p.Facts(), "the same each time")
		var all map[string]json.RawMessage
		require.NoError(t, p.Decode(&all))
		for name := range p.Extensions {
			if strings.ToValidUTF8(name, "") == name {
				require.Contains(t, all, name)
			}
		}
	})
}

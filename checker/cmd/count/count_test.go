package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestMain makes the calls if a test has started this process for them.
func TestMain(m *testing.M) {
	if isWorker() {
		if err := work(); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func lawful(t *testing.T, r result) {
	t.Helper()
	for _, broken := range r.broken {
		t.Errorf("%s, %d writers, %s, identifier %s: %s",
			r.protocol(), r.Writers, workloads[r.Workload].name, r.Mark.Name, broken)
	}
	if r.refused > 0 {
		t.Errorf("%d calls were refused", r.refused)
	}
}

func TestClaimsAreTrueWhenEveryTenthAnswerIsLost(t *testing.T) {
	rows, err := everyTenth(40)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		lawful(t, r)
		switch list := strings.HasSuffix(r.Mark.Place, "/-"); {
		case list && r.uncertain > 0:
			t.Errorf("%d calls are uncertain, though a list of identifiers keeps all", r.uncertain)
		case r.Mark.Place == "" && r.uncertain == 0:
			t.Error("no call is uncertain without an identifier, though answers were lost")
		}
	}
}

func TestClaimsAreTrueAcrossProcesses(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		rows, err := acrossProcesses(160, 160, 1, http2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			lawful(t, r)
		}
		if r := rows[1]; r.uncertain > 0 || r.state.N != 160 {
			t.Errorf("with a list that does not wrap, %d are uncertain, and %v are counted", r.uncertain, r.state)
		}
	}
}

func TestTheJudgeSeesEveryBrokenLaw(t *testing.T) {
	pop := workloads[1]
	cases := map[string]struct {
		requests []string // of a write: its If-Match, a space, and what is written
		claim    claim
		mark     mark
	}{
		"applied twice": {
			[]string{`"v0" {"n":0,"jobs":["job 2","job 3"]}`, `"v1" {"n":0,"jobs":["job 3"]}`},
			claim{Outcome: acknowledged, Got: "job 1"}, mark{}},
		"acknowledged and not applied": {
			nil, claim{Outcome: acknowledged, Got: "job 1"}, mark{}},
		"acknowledged with another's job": {
			[]string{`"v0" {"n":0,"jobs":["job 2","job 3"]}`}, claim{Outcome: acknowledged, Got: "job 2"}, mark{}},
		"nothing found where there was something": {
			nil, claim{Outcome: acknowledged}, mark{}},
		"refused and applied": {
			[]string{`"v0" {"n":0,"jobs":["job 2","job 3"]}`}, claim{Outcome: refused}, mark{}},
		"uncertain without need": {
			[]string{`"v0" {"n":0,"jobs":["job 2","job 3"]}`, `GET`}, claim{Outcome: uncertain},
			mark{Place: "/ids/-", Kept: 32}},
		"a write that is no edit": {
			[]string{`"v0" {"n":0,"jobs":["job 3"]}`, `GET`}, claim{Outcome: uncertain}, mark{}},
		"a write without a condition": {
			[]string{` {"n":0,"jobs":["job 2","job 3"]}`}, claim{Outcome: refused}, mark{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(pop, 4, func(bool) fate { return answered })
			for _, r := range c.requests {
				match, body, _ := strings.Cut(r, " ")
				q := &http.Request{Method: http.MethodPut, Header: http.Header{operationField: {"0"}}}
				if match == http.MethodGet {
					q.Method = match
				} else if match != "" {
					q.Header.Set("If-Match", match)
				}
				o.handle(q, []byte(body))
			}
			c.claim.Operation = "0"
			claims := []claim{c.claim}
			for len(claims) < 4 {
				claims = append(claims, claim{Operation: "other", Outcome: refused})
			}
			if r := judge(batch{Workload: 1, Mark: c.mark, Calls: 4}, o, claims, 0); len(r.broken) == 0 {
				t.Error("the judge let it pass")
			} else {
				t.Log(r.broken)
			}
		})
	}
}

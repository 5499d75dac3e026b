package checker

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Call is one operation as it happened.
type Call struct {
	Client, Number int
	Op             Op
	Called         int64 // 0: it never began
	Returned       int64
	Ended          bool
	Class          Class
	Err            error

	Base     Doc    // what Save, Put, Delete and Patch started from
	Local    Doc    // what Save, Put and Create wanted
	Result   string // what the last run of the edit returned to its caller
	Changed  bool   // the last run of the edit changed something
	Shown    *Doc   // the new state as the call returned it; nil if it did not
	HeldFrom int    // number of the version that the base was, as far as the origin knows
	From, To State  // for a rival: its transition

	Exchanges []*Exchange
	Applied   []int // numbers of the versions that it made
}

// Exchange is one request, as far as it came, and what became of it.
type Exchange struct {
	Step    int
	Call    *Call
	Request request
	Proto   string
	Twist   Twist
	Reply   *reply // nil if there was none or it did not arrive whole
	arrived time.Time
	late    bool // the client had given up when its turn came
	Version int  // number of the version that a GET was answered with
	Newest  int  // number of the newest version then
	Applied []int
}

// History is what happened when a plan was run.
type History struct {
	Plan       Plan
	Calls      []*Call
	Exchanges  []*Exchange
	Versions   []Version
	SameSecond bool // two versions of one second looked the same
	Linear     bool // porcupine found an order that explains it
	Err        error
	Findings   []Finding
	Allowed    []Finding // what would be a finding if no row of the table allowed it
}

func (c *Call) String() string {
	s := fmt.Sprintf("client %d, call %d: %v", c.Client, c.Number, c.Op)
	if !c.Ended {
		return s + ": did not end"
	}
	s += fmt.Sprintf(" [%d..%d]: %v", c.Called, c.Returned, c.Class)
	if c.Op.Act.Kind == Take || c.Op.Act.Kind == Pop {
		s += fmt.Sprintf(", got %q", c.Result)
	}
	if c.Applied != nil {
		s += fmt.Sprintf(", took effect as version %v", c.Applied)
	}
	if c.Err != nil {
		s += "\n      " + c.Err.Error()
	}
	return s
}

func (x *Exchange) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%3d  client %d, call %d  %s", x.Step, x.Call.Client, x.Call.Number, x.Request.Method)
	for _, f := range []string{"If-Match", "If-None-Match", "If-Unmodified-Since", "Cache-Control"} {
		if v := x.Request.Header.Get(f); v != "" {
			fmt.Fprintf(&b, "  %s: %s", f, v)
		}
	}
	if len(x.Request.Body) > 0 {
		fmt.Fprintf(&b, "  %s", x.Request.Body)
	}
	if x.Twist.Kind != NoTwist {
		fmt.Fprintf(&b, "\n       * %v", x.Twist.Kind)
	}
	for _, n := range x.Applied {
		fmt.Fprintf(&b, "\n       = version %d", n)
	}
	if x.Reply != nil {
		fmt.Fprintf(&b, "\n       < %d", x.Reply.Status)
		for _, f := range []string{"ETag", "Last-Modified", "Date", "Age", "Location"} {
			if v := x.Reply.Header.Get(f); v != "" {
				fmt.Fprintf(&b, "  %s: %s", f, v)
			}
		}
		if x.Request.Method == http.MethodGet && x.Version != x.Newest {
			fmt.Fprintf(&b, "  (version %d, the newest is %d)", x.Version, x.Newest)
		}
		if len(x.Reply.Body) > 0 {
			fmt.Fprintf(&b, "  %s", x.Reply.Body)
		}
	}
	return b.String()
}

// String prints the history as a person would tell it: the product, the calls, the exchanges in their
// order, and what is wrong.
func (h *History) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, workload %s\nproduct: %v\n", h.Plan.Seed, h.Plan.Workload, h.Plan.Product)
	if h.Plan.Shared {
		b.WriteString("all share one client\n")
	}
	fmt.Fprintf(&b, "at the start: %v\n", h.Versions[0].State())
	for _, c := range h.Calls {
		fmt.Fprintf(&b, "  %v\n", c)
	}
	for i, x := range h.Exchanges {
		left := len(h.Exchanges) - 16 // between the first twelve and the last four
		if left > 8 && i == 12 {
			fmt.Fprintf(&b, "     ... %d exchanges more ...\n", left)
		}
		if left <= 8 || i < 12 || i >= len(h.Exchanges)-4 {
			fmt.Fprintf(&b, "%v\n", x)
		}
	}
	fmt.Fprintf(&b, "at the end: %v\n", h.Versions[len(h.Versions)-1].State())
	if !h.Linear {
		b.WriteString("no order of the calls explains this\n")
	}
	for _, f := range h.Findings {
		fmt.Fprintf(&b, "FINDING: %v\n", f)
	}
	for _, f := range h.Allowed {
		fmt.Fprintf(&b, "allowed: %v\n", f)
	}
	return b.String()
}

package ifmatch

import (
	"fmt"
	"net/http"
	"net/url"
)

// routes finds the pattern of [Options].Routes that a request falls under.
type routes struct {
	mux *http.ServeMux
	err error // what is wrong with a pattern
}

// newRoutes reads the patterns; nil: there are none.
func newRoutes(patterns map[string]func(*Options)) *routes {
	if len(patterns) == 0 {
		return nil
	}
	r := &routes{mux: http.NewServeMux()}
	for pattern := range patterns {
		r.add(pattern)
	}
	return r
}

func (r *routes) add(pattern string) {
	defer func() {
		if p := recover(); p != nil { // the only way in which ServeMux refuses a pattern
			r.err = fmt.Errorf("ifmatch: Options.Routes: %s", oneLine(fmt.Errorf("%v", p)))
		}
	}()
	r.mux.Handle(pattern, http.NotFoundHandler())
}

// find returns the pattern, "" if there is none.
func (r *routes) find(method string, target *url.URL) string {
	if r == nil || target == nil {
		return ""
	}
	_, pattern := r.mux.Handler(&http.Request{Method: method, Host: target.Host, URL: target})
	return pattern
}

// samePatterns reports whether two sets of routes differ in their functions at most.
func samePatterns(a, b map[string]func(*Options)) bool {
	if len(a) != len(b) {
		return false
	}
	for pattern := range a {
		if _, ok := b[pattern]; !ok {
			return false
		}
	}
	return true
}

// route returns the client as it is for a typed call with this method and target. A target that is
// no URL is refused later.
func (c *Client) route(method, target string) *view {
	u, err := url.Parse(target)
	if err != nil {
		u = nil
	}
	return c.at(method, u)
}

// at returns the client as it is for a request with this method and target.
func (c *Client) at(method string, target *url.URL) *view {
	c = c.ready()
	base := c.settled()
	return c.viewOf(base.routes.find(method, target))
}

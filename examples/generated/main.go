// Generated shows ifmatch under a client that oapi-codegen generated from a description of an API
// (openapi.yaml), which says nothing of entity tags. Two workers keep changing one order: read it,
// change it, write it. Each round, both have read before one writes. The lines count what became of
// their changes:
//
//   - without ifmatch, the generated client over net/http;
//   - over ifmatch, with each try a unit of work: the second writer is refused (412), and tries again;
//   - over ifmatch with a merging route: the second writer's order is merged with the first one's, and the workers
//     never learn that there was a conflict.
//
// It brings a server of its own: cd examples/generated && go run .
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/examples/generated/orders"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

//go:generate go tool -modfile=generator.mod oapi-codegen -config generator.yaml openapi.yaml

func main() {
	if err := run(context.Background(), os.Stdout, 10); err != nil {
		fmt.Fprintln(os.Stderr, "generated:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, rounds int) error {
	merging := ifmatch.New(&ifmatch.Options{Routes: map[string]func(*ifmatch.Options){
		"/orders/{id}": func(o *ifmatch.Options) { o.Plain.Merge = ifmatch.ThreeWay[json.RawMessage] },
	}})
	for _, s := range []scene{
		{"PUT    without ifmatch", http.DefaultClient, put, [2]string{"apples", "pears"}},
		{"PUT    a unit of work each", ifmatch.New(nil), put, [2]string{"apples", "pears"}},
		{"PUT    a merging route", merging, put, [2]string{"apples", "pears"}},
		{"PATCH  without ifmatch", http.DefaultClient, patch, [2]string{"apples", "apples"}},
		{"PATCH  a unit of work each", ifmatch.New(nil), patch, [2]string{"apples", "apples"}},
	} {
		n, err := s.play(ctx, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, err := fmt.Fprintf(out, "%-28s%3d changes, %2d lost, %2d refused and tried again\n", s.name,
			n.changes, n.lost, n.refused); err != nil {
			return err
		}
	}
	return nil
}

// scene is two workers who change the same order, each its own way.
type scene struct {
	name     string
	doer     orders.HttpRequestDoer
	write    func(context.Context, *orders.ClientWithResponses, *orders.Order, string) (*http.Response, []byte, error)
	articles [2]string // of which each worker orders one more per round
}

type counts struct{ changes, lost, refused int }

const id = "7"

// play runs the scene against an origin server of its own.
func (s scene) play(ctx context.Context, rounds int) (counts, error) {
	origin := ifmatchtest.New(nil)
	origin.Set("/orders/"+id, `{"customer":"Ann","quantities":{}}`)
	server := httptest.NewServer(origin)
	defer server.Close()
	api, err := orders.NewClientWithResponses(server.URL, orders.WithHTTPClient(s.doer))
	if err != nil {
		return counts{}, err
	}

	var refused atomic.Int64
	for range rounds {
		var reading, working sync.WaitGroup
		reading.Add(len(s.articles))
		failures := make([]error, len(s.articles))
		for worker, article := range s.articles {
			working.Go(func() {
				meet := sync.OnceFunc(func() { reading.Done(); reading.Wait() })
				failures[worker] = s.order(ctx, api, article, meet, &refused)
			})
		}
		working.Wait()
		if err := errors.Join(failures...); err != nil {
			return counts{}, err
		}
	}

	var end orders.Order
	if err := json.Unmarshal([]byte(origin.Body("/orders/"+id)), &end); err != nil {
		return counts{}, err
	}
	n := counts{changes: rounds * len(s.articles), refused: int(refused.Load())}
	n.lost = n.changes
	for _, quantity := range end.Quantities {
		n.lost -= quantity
	}
	return n, nil
}

// order orders one more of an article, with the generated client and nothing else, but for the unit
// of work. It calls meet between reading and writing.
func (s scene) order(ctx context.Context, api *orders.ClientWithResponses, article string, meet func(),
	refused *atomic.Int64) error {
	for {
		// Each try is one: what it writes was made from what it read, whatever others read
		// meanwhile.
		ctx := ifmatch.UnitOfWork(ctx)
		got, err := api.GetOrderWithResponse(ctx, id)
		meet()
		switch {
		case err != nil:
			return err
		case got.JSON200 == nil:
			return fmt.Errorf("reading the order: %s", got.Status())
		}
		resp, content, err := s.write(ctx, api, got.JSON200, article)
		if err != nil {
			return err
		}
		resp.Body = io.NopCloser(bytes.NewReader(content)) // generated code has read it already
		err = ifmatch.CheckResponse(resp)
		if !errors.Is(err, ifmatch.StaleVersion) {
			return err
		}
		refused.Add(1)
	}
}

// put replaces the order.
func put(ctx context.Context, api *orders.ClientWithResponses, order *orders.Order,
	article string) (*http.Response, []byte, error) {
	order.Quantities[article]++
	r, err := api.ReplaceOrderWithResponse(ctx, id, *order)
	if err != nil {
		return nil, nil, err
	}
	return r.HTTPResponse, r.Body, nil
}

// patch changes the article alone, which protects the other articles and not this one.
func patch(ctx context.Context, api *orders.ClientWithResponses, order *orders.Order,
	article string) (*http.Response, []byte, error) {
	r, err := api.ChangeOrderWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, id, orders.OrderChange{
		Quantities: &map[string]int{article: order.Quantities[article] + 1},
	})
	if err != nil {
		return nil, nil, err
	}
	return r.HTTPResponse, r.Body, nil
}

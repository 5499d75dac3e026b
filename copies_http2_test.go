package ifmatch_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// Of HTTP/2 (RFC 9113 §4.1, §6, §7).
const (
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	protocolError = 0x1
	refusedStream = 0x7
	preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

type frame struct {
	kind, flags byte
	stream      uint32
	content     []byte
}

func readFrame(r io.Reader) (f frame, err error) {
	var head [9]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	f = frame{kind: head[3], flags: head[4], stream: binary.BigEndian.Uint32(head[5:])}
	f.content = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(r, f.content)
	if f.kind == frameSettings && f.flags == 0 {
		// SETTINGS_HEADER_TABLE_SIZE is 0, for both sides: no header block depends on one before it,
		// so that one of them can be left out.
		f.content = append(f.content, 0, 1, 0, 0, 0, 0)
	}
	return f, err
}

func (f frame) writeTo(w io.Writer) error {
	n := len(f.content)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), f.kind, f.flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(head[5:], f.stream)
	_, err := w.Write(append(head, f.content...))
	return err
}

// resets stands between net/http's client and server, frame by frame, and resets the second request
// of the first connection, which is the first write.
type resets struct {
	code   uint32
	before bool // the request does not reach the server; otherwise the answer does not reach the client
	done   atomic.Bool
}

const secondRequest = 3 // the stream (RFC 9113 §5.1.1)

func (p *resets) dial(ctx context.Context, network, address string) (net.Conn, error) {
	server, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	client, proxy := net.Pipe()
	first := p.done.CompareAndSwap(false, true)
	var mu sync.Mutex // guards the writing to the client
	answer := func(f frame) error {
		mu.Lock()
		defer mu.Unlock()
		return f.writeTo(proxy)
	}
	reset := frame{kind: frameReset, stream: secondRequest, content: binary.BigEndian.AppendUint32(nil, p.code)}
	go func() {
		defer server.Close()
		if _, err := io.CopyN(server, proxy, int64(len(preface))); err != nil {
			return
		}
		for {
			f, err := readFrame(proxy)
			switch {
			case err != nil:
				return
			case first && p.before && f.stream == secondRequest:
				if f.kind == frameHeaders {
					err = answer(reset)
				}
			default:
				err = f.writeTo(server)
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer proxy.Close()
		for {
			f, err := readFrame(server)
			switch {
			case err != nil:
				return
			case first && !p.before && f.stream == secondRequest:
				if f.kind == frameHeaders {
					err = answer(reset)
				}
			default:
				err = answer(f)
			}
			if err != nil {
				return
			}
		}
	}()
	return client, nil
}

// overHTTP2 serves an origin over HTTP/2 without TLS. The first write of the client is reset.
func overHTTP2(
	t *testing.T, p *resets, content string, o ifmatch.Options,
) (*ifmatchtest.Origin, *ifmatch.Client, string) {
	origin := ifmatchtest.New(nil)
	if content != "" {
		origin.Set("/doc", content)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	s := httptest.NewUnstartedServer(origin)
	s.Config.Protocols = protocols
	s.Start()
	t.Cleanup(s.Close)
	transport := &http.Transport{Protocols: protocols, DialContext: p.dial}
	t.Cleanup(transport.CloseIdleConnections)
	o.HTTPClient, o.MaxWait = &http.Client{Transport: transport}, 20*time.Millisecond
	return origin, ifmatch.New(&o), s.URL + "/doc"
}

func TestAWriteThatNetHTTPRepeatsOverHTTP2IsNotAConflictWithItself(t *testing.T) {
	increment := func(v *thing) error { v.N++; return nil }
	on := func(act func(context.Context, *ifmatch.Client, *ifmatch.Representation[thing]) error,
	) func(context.Context, *ifmatch.Client, string) error {
		return func(ctx context.Context, c *ifmatch.Client, url string) error {
			u, err := ifmatch.Get[thing](ctx, c, url)
			if err != nil {
				return err
			}
			u.Value.N = 6
			return act(ctx, c, u)
		}
	}
	update := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Update(ctx, c, url, increment)
		return err
	}
	for _, c := range []struct {
		name      string
		call      func(context.Context, *ifmatch.Client, string) error
		options   ifmatch.Options
		start     string
		uncertain bool
		once      bool // absence comes back, so net/http must not repeat it
	}{
		{name: "Update", start: `{"n":5}`, uncertain: true, call: update},
		{name: "Update with a list of identifiers", start: `{"n":5,"by":[]}`, call: update,
			options: ifmatch.Options{WriteID: "/by"}},
		{name: "Update with one identifier", start: `{"n":5}`, call: update, options: ifmatch.Options{WriteID: "/by"}},
		{name: "Ensure", start: `{"n":5}`, call: func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Ensure(ctx, c, url, func(v *thing) error { v.N = 6; return nil })
			return err
		}},
		{name: "Put", start: `{"n":5}`,
			call: on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Put(ctx, c, u)
				return err
			})},
		{name: "Save", start: `{"n":5}`,
			call: on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				return err
			})},
		{name: "Delete", start: `{"n":5}`,
			call: on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				return ifmatch.Delete(ctx, c, u)
			})},
		{name: "Patch", start: `{"n":5}`, uncertain: true,
			call: on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
				_, err := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{"n":6}`))
				return err
			})},
		{name: "Update that creates", uncertain: true, once: true, call: update,
			options: ifmatch.Options{CreateIfAbsent: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin, client, url := overHTTP2(t, &resets{code: protocolError}, c.start, c.options)
			err := c.call(t.Context(), client, url)
			if c.uncertain {
				requireUncertain(t, err)
				var failed *ifmatch.WriteError
				require.ErrorAs(t, err, &failed)
				most := 0
				for _, a := range failed.Attempts {
					most = max(most, a.Deliveries)
				}
				assert.Equal(t, map[bool]int{true: 1, false: 2}[c.once], most, "each copy counts")
			} else {
				require.NoError(t, err)
			}
			var writes []ifmatchtest.Request
			for _, r := range origin.Requests() {
				if r.Method != http.MethodGet {
					writes = append(writes, r)
				}
			}
			if c.once {
				require.Len(t, writes, 1, "%v", origin.Requests())
				return
			}
			require.Len(t, writes, 2, "net/http did repeat it: %v", origin.Requests())
			assert.True(t, writes[0].Applied)
			assert.False(t, writes[1].Applied)
		})
	}
}

func TestAStreamThatWasRefusedIsRepeatedAndLands(t *testing.T) {
	// REFUSED_STREAM promises that nothing was done (RFC 9113 §8.7).
	origin, client, url := overHTTP2(t, &resets{code: refusedStream, before: true}, `{"n":5}`, ifmatch.Options{})
	u, err := ifmatch.Update(t.Context(), client, url, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	assert.EqualValues(t, 6, u.Value.N)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}

func TestAConflictWithARivalAfterACopyThatWasResetIsNeverAppliedTwice(t *testing.T) {
	origin, client, url := overHTTP2(t, &resets{code: protocolError, before: true}, `{"n":5}`, ifmatch.Options{})
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"n":50}`))
	_, err := ifmatch.Update(t.Context(), client, url, func(v *thing) error { v.N++; return nil })
	requireUncertain(t, err)
	assert.JSONEq(t, `{"n":50}`, origin.Body("/doc"))
}

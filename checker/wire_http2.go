package checker

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Conn is a connection as an HTTP/2 server sees it, frame by frame.
type http2Conn struct {
	run   *run
	actor int
	conn  net.Conn

	mu     sync.Mutex // one frame is written at a time
	framer *http2.Framer
	text   bytes.Buffer
	fields *hpack.Encoder
	open   map[*Exchange]bool
	last   uint32 // the newest stream
}

// serveHTTP2 serves a connection with prior knowledge (RFC 9113 §3.3).
func serveHTTP2(r *run, actor int, conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn) // takes the client's first bytes at once, so that the client can read
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(in, preface); err != nil {
		return
	}
	c := &http2Conn{run: r, actor: actor, conn: conn, framer: http2.NewFramer(conn, in),
		open: map[*Exchange]bool{}}
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.fields = hpack.NewEncoder(&c.text)
	c.write(func(f *http2.Framer) error { return f.WriteSettings() })
	streams := map[uint32]*http.Request{}
	for {
		f, err := c.framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				c.write(func(w *http2.Framer) error { return w.WriteSettingsAck() })
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				c.write(func(w *http2.Framer) error { return w.WritePing(true, f.Data) })
			}
		case *http2.MetaHeadersFrame:
			req := requestOf(f)
			streams[f.StreamID] = req
			c.mu.Lock()
			c.last = f.StreamID
			c.mu.Unlock()
			if f.StreamEnded() {
				go c.exchange(f.StreamID, req)
			}
		case *http2.DataFrame:
			if req := streams[f.StreamID]; req != nil {
				body, _ := io.ReadAll(req.Body)
				req.Body = io.NopCloser(bytes.NewReader(append(body, f.Data()...)))
				if f.StreamEnded() {
					go c.exchange(f.StreamID, req)
				}
			}
		}
	}
}

func requestOf(f *http2.MetaHeadersFrame) *http.Request {
	req := &http.Request{Method: f.PseudoValue("method"), Proto: "HTTP/2.0", Header: http.Header{}, Body: http.NoBody}
	for _, field := range f.RegularFields() {
		req.Header.Add(field.Name, field.Value)
	}
	return req
}

func (c *http2Conn) write(frame func(*http2.Framer) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = frame(c.framer)
}

// exchange answers one stream, or does to it what its twist says.
func (c *http2Conn) exchange(stream uint32, req *http.Request) {
	x := c.run.arrive(c.actor, req)
	c.track(x, true)
	defer c.track(x, false)
	c.run.stile.pass(c.actor, func() { c.run.perform(x) })
	if c.run.stile.opened {
		c.kill(nil)
		return
	}
	switch x.Twist.Kind {
	case Held:
		if !x.late {
			c.run.stile.pass(c.actor, nil)
			x.checkPatience()
		}
		c.answer(stream, x.Reply, -1)
	case Hang, HangLate:
	case Lost, AnswerLost, Late:
		c.kill(x)
	case Cut:
		c.answer(stream, x.Reply, len(x.Reply.Body)*x.Twist.Arg/1000)
		c.reset(stream, http2.ErrCodeInternal)
		x.cut()
	case ResetRefused:
		c.reset(stream, http2.ErrCodeRefusedStream)
	case ResetBefore, ResetAfter:
		c.reset(stream, http2.ErrCodeProtocol)
	case ResetAnswer:
		c.answer(stream, x.Reply, 0)
		c.reset(stream, http2.ErrCodeProtocol)
		x.cut()
	case GoAwayBefore:
		c.goAway(stream, false)
		c.kill(x)
	case GoAwayAfter:
		c.goAway(stream, true)
		c.kill(x)
	case GoAwayAnswer:
		c.goAway(stream, true)
		c.answer(stream, x.Reply, -1)
	default:
		c.answer(stream, x.Reply, -1)
	}
}

func (c *http2Conn) track(x *Exchange, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if open {
		c.open[x] = true
	} else {
		delete(c.open, x)
	}
}

// kill ends the connection, and with it every other exchange that is under way.
func (c *http2Conn) kill(because *Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for x := range c.open {
		x.late = x.late || x != because
	}
	c.conn.Close()
}

func (c *http2Conn) reset(stream uint32, code http2.ErrCode) {
	c.write(func(f *http2.Framer) error { return f.WriteRSTStream(stream, code) })
}

// goAway says which streams may have been handled: all that came, or all but this one, if it is the
// newest.
func (c *http2Conn) goAway(stream uint32, included bool) {
	c.write(func(f *http2.Framer) error {
		last := c.last
		if !included && stream == last {
			last--
		}
		return f.WriteGoAway(last, http2.ErrCodeNo, nil)
	})
}

// answer writes the header and the content, or no more of the content than part.
func (c *http2Conn) answer(stream uint32, a *reply, part int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Reset()
	_ = c.fields.WriteField(hpack.HeaderField{Name: ":status", Value: fmt.Sprint(a.Status)})
	for name, values := range a.Header {
		for _, v := range values {
			_ = c.fields.WriteField(hpack.HeaderField{Name: strings.ToLower(name), Value: v})
		}
	}
	whole := part < 0
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: c.text.Bytes(), EndHeaders: true, EndStream: whole && len(a.Body) == 0,
	})
	if whole && len(a.Body) > 0 {
		_ = c.framer.WriteData(stream, true, a.Body)
	}
	if part > 0 {
		_ = c.framer.WriteData(stream, false, a.Body[:part])
	}
}

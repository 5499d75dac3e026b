package checker

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// serveHTTP1 serves a connection as an HTTP/1.1 server does, one exchange after the other.
func serveHTTP1(r *run, actor int, conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		x := r.arrive(actor, req)
		r.stile.pass(actor, func() { r.perform(x) })
		if x.Twist.Kind == Held && !x.late {
			r.stile.pass(actor, nil)
			x.checkPatience()
		}
		if r.stile.opened {
			return
		}
		switch x.Twist.Kind {
		case Hang, HangLate:
			_, _ = io.Copy(io.Discard, in)
			return
		case Cut:
			answer := x.Reply.http1(req)
			_, _ = conn.Write(answer[:len(answer)*x.Twist.Arg/1000])
			x.cut()
			return
		}
		if x.Reply == nil {
			return
		}
		if _, err := conn.Write(x.Reply.http1(req)); err != nil {
			return
		}
	}
}

// cut leaves out of the record what did not arrive.
func (x *Exchange) cut() {
	if x.Request.Method == http.MethodGet {
		x.Reply = nil
	}
}

func (a *reply) http1(req *http.Request) []byte {
	var b bytes.Buffer
	resp := http.Response{
		StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Header: a.Header.Clone(), Request: req,
		Body: io.NopCloser(bytes.NewReader(a.Body)), ContentLength: int64(len(a.Body)),
	}
	_ = resp.Write(&b)
	return b.Bytes()
}

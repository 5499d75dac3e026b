package checker

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// memoryConn is one end of a connection within memory. It keeps what was written until it is read, as
// a socket does: two ends that both write first do not wait for each other.
type memoryConn struct{ in, out *stream }

// memoryPipe returns the two ends of a connection.
func memoryPipe() (client, server net.Conn) {
	a, b := newStream(), newStream()
	return memoryConn{a, b}, memoryConn{b, a}
}

// stream is one direction of a connection.
type stream struct {
	mu     sync.Mutex
	more   *sync.Cond
	data   []byte
	closed bool // no more will come
	broken bool // nobody reads any more
}

func newStream() *stream {
	s := &stream{}
	s.more = sync.NewCond(&s.mu)
	return s
}

func (c memoryConn) Read(p []byte) (int, error) {
	s := c.in
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 && !s.closed && !s.broken {
		s.more.Wait()
	}
	if s.broken {
		return 0, net.ErrClosed
	}
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

func (c memoryConn) Write(p []byte) (int, error) {
	s := c.out
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.broken {
		return 0, io.ErrClosedPipe
	}
	s.data = append(s.data, p...)
	s.more.Broadcast()
	return len(p), nil
}

func (c memoryConn) Close() error {
	c.out.end(func(s *stream) { s.closed = true })
	c.in.end(func(s *stream) { s.broken = true })
	return nil
}

func (s *stream) end(how func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s)
	s.more.Broadcast()
}

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }

func (memoryConn) LocalAddr() net.Addr  { return memoryAddr{} }
func (memoryConn) RemoteAddr() net.Addr { return memoryAddr{} }

// No history needs deadlines of connections: net/http's timers end what takes too long.
func (memoryConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (memoryConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (memoryConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

package integration_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// fakeS3 is an S3 server within the test's own process. Its entity tag is the MD5 of the content; a
// refusal is a 412 with S3's XML. The memory backend checks the condition and stores the object
// under one lock, so concurrent PUTs need no help from the suite.
type fakeS3 struct{}

func (fakeS3) name() string { return "gofakes3" }

func (fakeS3) start(t *testing.T) (server, error) {
	const bucket = "bucket"
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		return server{}, fmt.Errorf("creating the bucket: %w", err)
	}
	s := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(s.Close)
	return server{
		base:    s.URL + "/" + bucket + "/",
		options: ifmatch.Options{HTTPClient: ordinaryClient(t)},
	}, nil
}

func (fakeS3) quirks() map[quirk]string {
	return map[quirk]string{
		deleteIgnoresIfMatch: "gofakes3 reads no condition on DELETE: the stale delete takes effect, and its answer " +
			"is a success.",
	}
}

package dialect

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"net/http"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// GitHubContents is the dialect of files in the contents API of GitHub and Gitea,
// .../repos/OWNER/REPO/contents/PATH. The document is the file itself, which is base64 inside of
// the answers; the version is its blob's sha. Each write is a commit with the given message, on the
// branch that the parameter ref of the URL names.
//
//   - Put, Save, Update: PUT with message, content and sha. A stale sha is a 409 at GitHub and a
//     422 at Gitea; Gitea answers 403 or 500 where two writes meet inside of it.
//   - Create: the same without sha; 422 if there is a file.
//   - Delete: DELETE with message and sha.
//
// The message of each commit ends with a line of its own, such as "Write-Id: " and 26 random
// letters and digits. Without it, two equal edits of one version within one second would be one
// and the same commit: both would be acknowledged and one of them lost. In plain HTTP the message
// is the caller's own, who has to vary it.
//
// The sha in the answer to a write is used if it is that of the content as it was sent, which git's
// own formula tells.
//
// The sha is of the content alone, so a content that returns (A, B, A) brings it back. The API
// refuses a 409 also for reasons of its own, such as a rule of the repository; that shows as
// [ifmatch.ErrRefusedTag]. It serializes writes to one branch, whatever the file: a 409 is common
// among many writers, and the loop goes on.
//
// What cannot be guarded: PATCH. Files over 1 MB have no content in the answer and are refused; so
// are directories, links and submodules.
//
// Source: GitHub REST API, "Repository contents".
func GitHubContents(message string) *ifmatch.Dialect {
	g := commits{message}
	return &ifmatch.Dialect{
		Name: "GitHub contents", Read: g.read, Form: g.form, Guard: g.guard, Kind: g.kind, HashTags: true,
	}
}

type commits struct{ message string }

func (commits) read(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	if answer.Request.Method != http.MethodGet {
		sha := text(content, jsonmerge.Pointer{"content", "sha"})
		if sent == nil || sha != blobID(sha, sent) {
			sha = ""
		}
		return nil, sha, nil
	}
	var file struct {
		Type, Encoding, Content, SHA string
	}
	if err := json.Unmarshal(content, &file); err != nil || file.Type != "file" || file.SHA == "" {
		return nil, "", errors.New("the answer is not that of a file")
	}
	if file.Encoding != "base64" {
		return nil, "", fmt.Errorf("the file is too large for the contents API (encoding %q)", file.Encoding)
	}
	doc, err := base64.StdEncoding.DecodeString(file.Content) // which leaves out line ends
	if err != nil {
		return nil, "", err
	}
	return doc, file.SHA, nil
}

// blobID returns the identifier that git gives to a file's content, in the hash that an identifier
// like sha is of.
func blobID(like string, content []byte) string {
	var h hash.Hash
	switch len(like) {
	case hex.EncodedLen(sha1.Size):
		h = sha1.New()
	case hex.EncodedLen(sha256.Size):
		h = sha256.New()
	default:
		return ""
	}
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

func (g commits) form(w *http.Request, content []byte) ([]byte, error) {
	commit := struct {
		Message string  `json:"message"`
		Content *string `json:"content,omitempty"`
		Branch  string  `json:"branch,omitempty"`
	}{Message: g.message + "\n\nWrite-Id: " + rand.Text()}
	switch {
	case g.message == "":
		return nil, errors.New("a commit needs a message")
	case w.Method == http.MethodPut:
		text := base64.StdEncoding.EncodeToString(content)
		commit.Content = &text
	case w.Method != http.MethodDelete:
		return nil, unable(w)
	}
	if q := w.URL.Query(); q.Has("ref") {
		commit.Branch = q.Get("ref") // a write does not look at the parameter, and would go to the default branch
		q.Del("ref")
		w.URL.RawQuery = q.Encode()
	}
	w.Header.Set("Content-Type", "application/json")
	w.Header.Del("Content-Encoding")
	return json.Marshal(commit)
}

func (commits) guard(w *http.Request, version string, commit []byte) ([]byte, error) {
	sha := jsonmerge.Pointer{"sha"}
	switch {
	case text(commit, sha) != "": // of a client that knows the API, and which version it made the content from
		return commit, nil
	case version != "":
		return with(commit, sha, quoted(version))
	case w.Method == http.MethodPut:
		return commit, nil
	}
	return nil, unable(w)
}

func (commits) kind(e *ifmatch.ResponseError) ifmatch.Kind {
	switch {
	case e.StatusCode == http.StatusConflict:
		return ifmatch.StaleVersion
	case e.StatusCode == http.StatusUnprocessableEntity && e.Method == http.MethodPut &&
		e.Problem.Extensions["errors"] == nil:
		// The sha is missing though there is a file. Were the request itself at fault, the answer
		// would list errors.
		return ifmatch.AlreadyExists
	}
	return ifmatch.Unknown
}

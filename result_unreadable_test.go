package ifmatch

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerThatTheDialectCannotReadIsReported(t *testing.T) {
	no := errors.New("not what it should be")
	for _, c := range []struct {
		name   string
		asked  asked
		status int
		read   error
		want   error
	}{
		{name: "200", status: 200, read: no, want: no},
		{name: "201", status: 201, read: no, want: no},
		{name: "204", status: 204, read: no, want: no},
		{name: "one that can be read", status: 200},
		{name: "203 tells nothing of the result", status: 203, read: no},
		{name: "a deletion has no document", asked: askedDeletion, status: 200, read: no},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &view{
				opts: Options{Dialect: &Dialect{Read: func(*http.Response, []byte, []byte) ([]byte, string, error) {
					return []byte(`"of another type than the caller's"`), "", c.read
				}}},
			}
			err := v.unreadable(&writeRequest{asked: c.asked, method: http.MethodPut}, &answer{status: c.status})
			require.ErrorIs(t, err, c.want)
		})
	}
	require.NoError(t, new(view).unreadable(&writeRequest{}, &answer{status: 200}), "without a dialect nothing is read")
}

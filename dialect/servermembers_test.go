package dialect_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

func TestWhatAFamilyKeepsForItselfIsNobodysWrite(t *testing.T) {
	for _, c := range []struct {
		d     *ifmatch.Dialect
		path  string
		shows func(doc map[string]any, version int)
	}{
		{d: dialect.OData(), path: "/Docs(1)", shows: func(doc map[string]any, version int) {
			doc["@odata.etag"] = fmt.Sprintf(`W/"%d"`, version)
		}},
		{d: dialect.AzureTable(), path: tableURL, shows: func(doc map[string]any, version int) {
			doc["odata.etag"], doc["Timestamp"] = fmt.Sprintf(`W/"%d"`, version), fmt.Sprint("at ", version)
		}},
		{d: dialect.Google(), path: "/v1/docs/a", shows: func(doc map[string]any, version int) {
			doc["etag"], doc["updateTime"] = fmt.Sprint("e", version), fmt.Sprint("at ", version)
		}},
		{d: dialect.FHIR(), path: "/Patient/1", shows: func(doc map[string]any, version int) {
			doc["resourceType"] = "Patient"
			doc["meta"] = map[string]any{"versionId": fmt.Sprint(version), "lastUpdated": fmt.Sprint("at ", version)}
		}},
		{d: dialect.Kubernetes(), path: "/apis/x/v1/docs/a", shows: func(doc map[string]any, version int) {
			doc["metadata"] = map[string]any{"name": "a", "resourceVersion": fmt.Sprint(version), "generation": version,
				"managedFields": []any{map[string]any{"time": fmt.Sprint("at ", version)}}}
		}},
		{d: dialect.CouchDB(), path: "/db/a", shows: func(doc map[string]any, version int) {
			doc["_id"], doc["_rev"] = "a", fmt.Sprintf("%d-x", version)
		}},
	} {
		t.Run(c.d.Name, func(t *testing.T) {
			version, now := 1, map[string]any{"count": 0.0}
			c.shows(now, version)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodGet {
					_ = json.NewEncoder(w).Encode(now)
					return
				}
				now = map[string]any{}
				if json.NewDecoder(r.Body).Decode(&now) != nil {
					w.WriteHeader(400)
					return
				}
				version++
				c.shows(now, version)
				_, _ = io.WriteString(w, `{"status":"accepted"}`) // of a gateway, which hides what the server said
			}))
			defer server.Close()
			client := ifmatch.New(&ifmatch.Options{Dialect: c.d})
			u, err := ifmatch.Get[map[string]any](t.Context(), client, server.URL+c.path)
			require.NoError(t, err)
			for n := 1.0; n <= 3; n++ {
				u.Value["count"] = n
				u, err = ifmatch.Put(t.Context(), client, u)
				require.NoError(t, err)
				require.Empty(t, u.ETag, "the answer proved nothing")
			}
			require.Equal(t, 3.0, now["count"])
			now["rival"] = true
			version++
			c.shows(now, version)
			u.Value["count"] = 4.0
			_, err = ifmatch.Put(t.Context(), client, u)
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			require.ErrorContains(t, err, `at "/rival": if`)
		})
	}
}

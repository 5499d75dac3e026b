package clients_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// apiServer is the part of the Kubernetes API that one kind of object needs: versions in
// metadata.resourceVersion, which are compared where a write names one and not asked for where it
// does not, creation, merge patches and lists. It knows no entity tags.
type apiServer struct {
	mu      sync.Mutex
	version int
	objects map[string]map[string]any
}

const configMaps = "/api/v1/namespaces/shop/configmaps"

func serveKubernetes(t *testing.T) (s *apiServer, url string) {
	s = &apiServer{objects: map[string]map[string]any{}}
	s.store("tally", map[string]any{"kind": "ConfigMap", "apiVersion": "v1", "metadata": map[string]any{
		"name": "tally", "namespace": "shop", "uid": "u1",
	}, "data": map[string]any{"a": "0"}})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *apiServer) store(name string, object map[string]any) {
	s.version++
	metadata, _ := object["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	metadata["resourceVersion"] = strconv.Itoa(s.version)
	object["metadata"] = metadata
	s.objects[name] = object
}

func versionOf(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	v, _ := metadata["resourceVersion"].(string)
	return v
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(status int, reason, message string) {
		answer(status, map[string]any{
			"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
			"reason": reason, "message": message, "code": status,
		})
	}
	name, below := strings.CutPrefix(r.URL.Path, configMaps)
	name = strings.TrimPrefix(name, "/")
	now, exists := s.objects[name]
	var sent map[string]any
	if len(content) > 0 && json.Unmarshal(content, &sent) != nil {
		refuse(http.StatusBadRequest, "BadRequest", "not JSON")
		return
	}
	wanted := versionOf(sent)
	if preconditions, _ := sent["preconditions"].(map[string]any); r.Method == http.MethodDelete {
		wanted, _ = preconditions["resourceVersion"].(string)
	}
	switch {
	case !below:
		refuse(http.StatusNotFound, "NotFound", "no such resource")
	case r.Method == http.MethodGet && name == "":
		var items []any
		for _, o := range s.objects {
			items = append(items, o)
		}
		answer(http.StatusOK, map[string]any{"kind": "ConfigMapList", "apiVersion": "v1",
			"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)}, "items": items})
	case r.Method == http.MethodPost && name == "":
		metadata, _ := sent["metadata"].(map[string]any)
		prefix, _ := metadata["generateName"].(string)
		name = prefix + strconv.Itoa(s.version)
		metadata["name"], metadata["namespace"] = name, "shop"
		s.store(name, sent)
		answer(http.StatusCreated, s.objects[name])
	case !exists:
		refuse(http.StatusNotFound, "NotFound", name+" not found")
	case r.Method == http.MethodGet:
		answer(http.StatusOK, now)
	case wanted != "" && wanted != versionOf(now):
		refuse(http.StatusConflict, "Conflict",
			"the object has been modified; please apply your changes to the latest version and try again")
	case r.Method == http.MethodPut:
		s.store(name, sent)
		answer(http.StatusOK, s.objects[name])
	case r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/merge-patch+json":
		s.store(name, patched(now, sent))
		answer(http.StatusOK, s.objects[name])
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		answer(http.StatusOK, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Success"})
	default:
		refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", fmt.Sprint("no ", r.Method))
	}
}

// patched is a JSON Merge Patch (RFC 7396) of objects.
func patched(now, patch map[string]any) map[string]any {
	result := maps.Clone(now)
	for k, v := range patch {
		was, wasObject := result[k].(map[string]any)
		change, isObject := v.(map[string]any)
		switch {
		case v == nil:
			delete(result, k)
		case isObject && wasObject:
			result[k] = patched(was, change)
		case isObject:
			result[k] = patched(map[string]any{}, change)
		default:
			result[k] = v
		}
	}
	return result
}

package clients_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// A cluster is a server with objects of one kind, and what it takes to reach them.
type cluster struct {
	config   *rest.Config
	resource schema.GroupVersionResource
	scope    string // the namespace
}

// objects makes client-go's dynamic client, over ifmatch if there are options.
func (c cluster) objects(t *testing.T, o *ifmatch.Options) dynamic.ResourceInterface {
	t.Helper()
	h, err := rest.HTTPClientFor(c.config)
	require.NoError(t, err)
	if o != nil {
		below := *o
		below.HTTPClient = h // which has the credentials of the config
		h = ifmatch.New(&below).HTTPClient()
	}
	client, err := dynamic.NewForConfigAndClient(c.config, h)
	require.NoError(t, err)
	return client.Resource(c.resource).Namespace(c.scope)
}

func small(t *testing.T) (*apiServer, cluster) {
	s, url := serveKubernetes(t)
	return s, cluster{
		&rest.Config{Host: url, QPS: -1}, schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, "shop",
	}
}

// raiseObject is a worker that writes as write says.
func raiseObject(client dynamic.ResourceInterface, name string, write writing) raising {
	return func(ctx context.Context, worker int, meet func()) (refused bool, err error) {
		object, err := client.Get(ctx, name, metav1.GetOptions{})
		meet()
		if err != nil {
			return false, err
		}
		key := workerName(worker)
		text, _, err := unstructured.NestedString(object.Object, "data", key)
		if err != nil {
			return false, err
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return false, err
		}
		err = write(ctx, client, object, key, strconv.Itoa(n+1))
		if apierrors.IsConflict(err) {
			return true, nil
		}
		return false, err
	}
}

func update(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured,
	key, value string) error {
	if err := unstructured.SetNestedField(object.Object, value, "data", key); err != nil {
		return err
	}
	_, err := client.Update(ctx, object, metav1.UpdateOptions{})
	return err
}

// updateWhatever is what a program does that builds the object anew: it has no resourceVersion to
// name.
func updateWhatever(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured,
	key, value string) error {
	object.SetResourceVersion("")
	return update(ctx, client, object, key, value)
}

// patchAll sends the whole of data, as programs do that keep one list in one member.
func patchAll(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured,
	key, value string) error {
	if err := unstructured.SetNestedField(object.Object, value, "data", key); err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"data": object.Object["data"]})
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, object.GetName(), types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// A way to write an object that was read.
type writing func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured,
	key, value string) error

var (
	overKubernetes    = &ifmatch.Options{Dialect: dialect.Kubernetes()}
	mergingKubernetes = &ifmatch.Options{
		Dialect: dialect.Kubernetes(),
		Plain:   ifmatch.PlainOptions{Merge: mergeAll.Plain.Merge},
	}
)

func TestClientGo(t *testing.T) {
	_, c := small(t)
	contendAll(t,
		c.contender(t, "client-go Update", 0, someRefused, nil, update),
		c.contender(t, "client-go Update over ifmatch", 0, someRefused, overKubernetes, update),
		c.contender(t, "client-go Update over ifmatch, merging", 0, 0, mergingKubernetes, update),
		c.contender(t, "client-go Update, no version", mostLost, 0, nil, updateWhatever),
		c.contender(t, "client-go Update, no version, over ifmatch", 0, someRefused, overKubernetes, updateWhatever),
		c.contender(t, "client-go Patch of what was read", mostLost, 0, nil, patchAll),
		c.contender(t, "client-go Patch of what was read, over ifmatch", 0, someRefused, overKubernetes, patchAll),
	)
}

// The API machinery of Kubernetes takes no Update without a version for objects of custom kinds.
func TestClientGoAgainstTheAPIMachinery(t *testing.T) {
	program, dir := kubernetesProgram(t), t.TempDir()
	socket, address := listening(t)
	cmd := exec.CommandContext(t.Context(), program, dir)
	cmd.ExtraFiles = append(cmd.ExtraFiles, socket)
	run(t, cmd)

	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := cluster{
		&rest.Config{Host: "https://" + address, QPS: -1},
		schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "tallies"}, "",
	}
	c.config.CAFile = filepath.Join(dir, "apiserver.crt")
	definitions := c
	definitions.resource = schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	}
	soon(t, ready, func() error { _, err := os.Stat(c.config.CAFile); return err })
	soon(t, ready, func() error {
		_, err := definitions.objects(t, nil).Create(ready, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": "tallies.example.com"},
			"spec": map[string]any{
				"group": "example.com", "scope": "Cluster",
				"names": map[string]any{"plural": "tallies", "singular": "tally", "kind": "Tally"},
				"versions": []any{
					map[string]any{"name": "v1", "served": true, "storage": true, "schema": map[string]any{
						"openAPIV3Schema": map[string]any{
							"type": "object", "x-kubernetes-preserve-unknown-fields": true,
						},
					}},
				},
			},
		}}, metav1.CreateOptions{})
		return err
	})
	soon(t, ready, func() error { _, err := c.objects(t, nil).List(ready, metav1.ListOptions{}); return err })

	_, err := c.contender(t, "client-go Update, no version", 0, 0, nil, updateWhatever).raise(t.Context(), 0, func() {})
	require.True(t, apierrors.IsInvalid(err), "%v", err)
	contendAll(t,
		c.contender(t, "client-go Update", 0, someRefused, nil, update),
		c.contender(t, "client-go Update over ifmatch", 0, someRefused, overKubernetes, update),
		c.contender(t, "client-go Update over ifmatch, merging", 0, 0, mergingKubernetes, update),
		c.contender(t, "client-go Update, no version, over ifmatch", 0, someRefused, overKubernetes, updateWhatever),
		c.contender(t, "client-go Patch of what was read", mostLost, 0, nil, patchAll),
		c.contender(t, "client-go Patch of what was read, over ifmatch", 0, someRefused, overKubernetes, patchAll),
	)
}

// soon tries until it works, for a server that is starting.
func soon(t *testing.T, ctx context.Context, try func() error) {
	t.Helper()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			require.NoError(t, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// contender makes an object for the workers.
func (c cluster) contender(t *testing.T, name string, lost, refused int, o *ifmatch.Options, write writing) contender {
	plain := c.objects(t, nil)
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(c.resource.GroupVersion().WithKind(map[string]string{
		"tallies": "Tally", "configmaps": "ConfigMap",
	}[c.resource.Resource]))
	object.SetGenerateName("tally-")
	data := map[string]any{}
	for worker := range workers {
		data[workerName(worker)] = "0"
	}
	object.Object["data"] = data
	object, err := plain.Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	return contender{
		name: name, lost: lost, refused: refused,
		raise: raiseObject(c.objects(t, o), object.GetName(), write),
		number: func(t *testing.T) (sum int) {
			now, err := plain.Get(t.Context(), object.GetName(), metav1.GetOptions{})
			require.NoError(t, err)
			data, _, err := unstructured.NestedStringMap(now.Object, "data")
			require.NoError(t, err)
			for _, v := range data {
				n, err := strconv.Atoi(v)
				require.NoError(t, err)
				sum += n
			}
			return sum
		},
	}
}

func TestClientGoDeletesOnlyTheObjectThatItRead(t *testing.T) {
	for _, c := range []struct {
		name    string
		options *ifmatch.Options
		kept    bool
	}{{"client-go", nil, false}, {"over ifmatch", overKubernetes, true}} {
		t.Run(c.name, func(t *testing.T) {
			s, small := small(t)
			client := small.objects(t, c.options)
			ctx := ifmatch.UnitOfWork(t.Context())
			_, err := client.Get(ctx, "tally", metav1.GetOptions{})
			require.NoError(t, err)
			_, err = raiseObject(client, "tally", update)(ifmatch.UnitOfWork(t.Context()), 0, func() {})
			require.NoError(t, err)
			err = client.Delete(ctx, "tally", metav1.DeleteOptions{})
			assert.Equal(t, c.kept, apierrors.IsConflict(err), "%v", err)
			s.mu.Lock()
			defer s.mu.Unlock()
			assert.Equal(t, c.kept, s.objects["tally"] != nil)
		})
	}
}

// Kubernetes has no entity tags. Without the dialect nothing guards a write that was read, and it
// is not sent.
func TestClientGoNeedsTheDialect(t *testing.T) {
	_, c := small(t)
	raise := raiseObject(c.objects(t, new(ifmatch.Options)), "tally", update)
	_, err := raise(ifmatch.UnitOfWork(t.Context()), 0, func() {})
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestClientGoListsThroughIfmatch(t *testing.T) {
	_, c := small(t)
	list, err := c.objects(t, overKubernetes).List(ifmatch.UnitOfWork(t.Context()), metav1.ListOptions{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	assert.Equal(t, "tally", list.Items[0].GetName())
}

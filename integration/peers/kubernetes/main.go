// Command kubernetes is the part of Kubernetes that stores objects and answers for them: the API
// server of custom resources over an embedded etcd, with the real conflict handling and nothing of
// a cluster. Nobody has to log in, so it belongs on a loopback address alone.
//
// It serves TLS on the socket that it gets as file descriptor 3, with a certificate of its own that
// it writes to apiserver.crt in the directory that is its only argument, and keeps everything else
// there too. SIGTERM ends it.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	generated "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/apiserver/pkg/util/webhook"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("the one argument is a directory")
	}
	dir := os.Args[1]
	socket := os.NewFile(3, "socket")
	listener, err := net.FileListener(socket)
	if err != nil {
		return fmt.Errorf("file descriptor 3: %w", err)
	}
	store, err := startEtcd(filepath.Join(dir, "etcd"))
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer store.Close()
	ctx := genericapiserver.SetupSignalContext()
	server, err := newServer(dir, listener, "http://"+store.Clients[0].Addr().String())
	if err != nil {
		return err
	}
	return server.PrepareRun().RunWithContext(ctx)
}

// startEtcd starts a cluster of one member that need not survive a crash of the machine.
func startEtcd(dir string) (*embed.Etcd, error) {
	c := embed.NewConfig()
	c.Dir = dir
	c.LogLevel = "error"
	c.UnsafeNoFsync = true
	c.EnableGRPCGateway = false
	anyPort := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.ListenClientUrls, c.AdvertiseClientUrls = anyPort, anyPort
	c.ListenPeerUrls, c.AdvertisePeerUrls = anyPort, anyPort
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	store, err := embed.StartEtcd(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-store.Server.ReadyNotify():
		return store, nil
	case err := <-store.Err():
		return nil, err
	case <-time.After(30 * time.Second):
		store.Close()
		return nil, errors.New("not ready after 30 s")
	}
}

func newServer(dir string, listener net.Listener, etcd string) (*genericapiserver.GenericAPIServer, error) {
	o := options.NewCustomResourceDefinitionsServerOptions(io.Discard, io.Discard)
	r := o.RecommendedOptions
	r.Etcd.StorageConfig.Transport.ServerList = []string{etcd}
	r.SecureServing.Listener = listener
	r.SecureServing.ServerCert.CertDirectory = dir
	// These ask a cluster, and there is none.
	r.CoreAPI, r.Authentication, r.Authorization, r.Admission = nil, nil, nil, nil
	r.Features.EnablePriorityAndFairness = false

	generic := genericapiserver.NewRecommendedConfig(apiserver.Codecs)
	for _, step := range []func() error{
		o.Complete,
		o.Validate,
		func() error {
			return r.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)})
		},
		func() error { return o.ServerRunOptions.ApplyTo(&generic.Config) },
		func() error { return r.ApplyTo(generic) },
		func() error {
			return o.APIEnablement.ApplyTo(&generic.Config, apiserver.DefaultAPIResourceConfigSource(),
				apiserver.Scheme)
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	definitions := openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generated.GetOpenAPIDefinitions)
	namer := openapinamer.NewDefinitionNamer(apiserver.Scheme)
	generic.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	generic.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	config := apiserver.Config{
		GenericConfig: generic,
		ExtraConfig: apiserver.ExtraConfig{
			CRDRESTOptionsGetter: options.NewCRDRESTOptionsGetter(*r.Etcd, generic.ResourceTransformers,
				generic.StorageObjectCountTracker),
			ServiceResolver: noServices{},
			AuthResolverWrapper: webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil,
				generic.LoopbackClientConfig,
				noop.NewTracerProvider()),
		},
	}
	server, err := config.Complete().New(genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, err
	}
	return server.GenericAPIServer, nil
}

// noServices finds the services behind webhooks: there is no cluster that could have any.
type noServices struct{}

func (noServices) ResolveEndpoint(namespace, name string, _ int32) (*url.URL, error) {
	return nil, fmt.Errorf("there is no service %s/%s", namespace, name)
}

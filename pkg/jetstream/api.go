package jetstream

import (
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/natscontext"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// defaultAPI begins the subjects of JetStream's API where nothing else is said.
const defaultAPI = "$JS.API."

// apis are the prefixes of connections that were made by a context which names a domain or a
// prefix. They belong to the connection as its login does: a hub that is opened on the
// connection is in that JetStream.
var apis sync.Map

// apiOf returns the beginning of the subjects of the API on a connection.
func apiOf(nc *nats.Conn) string {
	if api, found := apis.Load(nc); found {
		return api.(string)
	}
	return defaultAPI
}

// connectContext connects as a saved context says, and heeds which JetStream it means.
func connectContext(name string, options []nats.Option) (*nats.Conn, error) {
	options = append(options, nats.ClosedHandler(func(nc *nats.Conn) { apis.Delete(nc) }))
	nc, settings, err := natscontext.Connect(name, options...)
	if err != nil {
		return nil, err
	}
	api, err := contextAPI(settings)
	if err != nil {
		nc.Close()
		return nil, err
	}
	if api != defaultAPI {
		apis.Store(nc, api)
	}
	return nc, nil
}

// contextAPI returns the beginning of the subjects of the API of the JetStream that a context
// names.
func contextAPI(s natscontext.Settings) (string, error) {
	api := defaultAPI
	switch {
	case s.JSDomain != "":
		api = "$JS." + s.JSDomain + ".API."
	case s.JSAPIPrefix != "":
		api = strings.TrimSuffix(s.JSAPIPrefix, ".") + "."
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(api, "."), ".") {
		if part == "" || strings.ContainsAny(part, "*>") || strings.ContainsFunc(part, wire.IsNoSubject) {
			return "", fmt.Errorf("the JetStream domain or API prefix of the context is no subject: %q", api)
		}
	}
	return api, nil
}

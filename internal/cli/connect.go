package cli

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// ConnectConfig returns how to reach NATS. Name is the name of the connection there. If no
// flag and no variable names a server, it is that of a worker on this computer, with the login
// that is in the worker's data directory, if there is one.
func (o *Options) ConnectConfig(name string) (jetstream.ConnectConfig, error) {
	url := o.server()
	if o.Elsewhere() == "" {
		var err error
		if url, err = jetstream.LoginURL(o.DataDir, jetstream.RoleOperator); err != nil {
			return jetstream.ConnectConfig{}, err
		}
	}
	if url == "" && o.Context == "" {
		url = DefaultURL
	}
	return jetstream.ConnectConfig{
		URL:         url,
		Context:     o.Context,
		Credentials: o.Creds,
		NKey:        o.NKey,
		TLSCert:     o.TLSCert,
		TLSKey:      o.TLSKey,
		TLSCA:       o.TLSCA,
		InboxPrefix: o.InboxPrefix,
		Name:        name,
	}, nil
}

// WithClient connects to the hub, which must exist, calls do, and disconnects.
func (o *Options) WithClient(ctx context.Context, name string, do func(*client.Client) error) error {
	return o.withClient(ctx, name, false, do)
}

// WithBlindClient is WithClient for a login that may send messages to instances and read
// nothing.
func (o *Options) WithBlindClient(ctx context.Context, name string, do func(*client.Client) error) error {
	return o.withClient(ctx, name, true, do)
}

func (o *Options) withClient(ctx context.Context, name string, blind bool, do func(*client.Client) error) error {
	to, err := o.ConnectConfig(name)
	if err != nil {
		return err
	}
	connection, err := jetstream.Connect(to)
	if err != nil {
		return err
	}
	defer connection.Close()
	config := jetstream.Config{Name: o.Hub}
	var hub *jetstream.Hub
	if blind {
		hub, err = jetstream.OpenBlind(connection, config)
	} else {
		hub, err = jetstream.OpenExisting(ctx, connection, config)
	}
	if err != nil {
		return err
	}
	return do(client.New(hub))
}

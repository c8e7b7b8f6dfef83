package cli

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// ConnectConfig returns how to reach NATS. Name is how the connection calls
// itself there.
func (o *Options) ConnectConfig(name string) jetstream.ConnectConfig {
	url := o.server()
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
	}
}

// WithClient connects to the hub, which must exist, calls do, and disconnects.
func (o *Options) WithClient(ctx context.Context, name string, do func(*client.Client) error) error {
	return o.withClient(ctx, name, false, do)
}

// WithBlindClient is WithClient for who may say something to instances and see nothing.
func (o *Options) WithBlindClient(ctx context.Context, name string, do func(*client.Client) error) error {
	return o.withClient(ctx, name, true, do)
}

func (o *Options) withClient(ctx context.Context, name string, blind bool, do func(*client.Client) error) error {
	connection, err := jetstream.Connect(o.ConnectConfig(name))
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

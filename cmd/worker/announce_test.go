package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

// The commands that the worker prints can be run as they are, and hold no secret.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options  cli.Options
		url      string
		embedded bool
		want     string
		auth     bool
	}{
		"embedded": {cli.Options{}, cli.DefaultURL, true, `
Dormouse serves A, B on hub "default".
NATS listens on nats://127.0.0.1:4222 (embedded) and stores in ./data.
It asks for no login: every user of this computer can do everything, and delete the hub (logins: --nats-auth).

Try, in a second terminal:

  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}'
  go run ./cmd/instances get b1
  go run ./cmd/raise b1 Approval true
  go run ./cmd/instances wait b1

`, false},
		"embedded, elsewhere": {cli.Options{Hub: "h"}, "nats://127.0.0.1:5", true, `
Dormouse serves A, B on hub "h".
NATS listens on nats://127.0.0.1:5 (embedded) and stores in ./data.
It asks for no login: every user of this computer can do everything, and delete the hub (logins: --nats-auth).

Try, in a second terminal:

  export NATS_URL=nats://127.0.0.1:5
  export DORMOUSE_HUB=h
  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}'
  go run ./cmd/instances get b1
  go run ./cmd/raise b1 Approval true
  go run ./cmd/instances wait b1

`, false},
		"embedded, with logins": {cli.Options{}, "nats://0.0.0.0:5", true, `
Dormouse serves A, B on hub "default".
NATS listens on nats://0.0.0.0:5 (embedded) and stores in ./data.
It asks for a login. Those of each role are in data/logins; the commands find them.
Passwords and payloads go over the network as they are: use a NATS server with TLS where others can listen in.

Try, in a second terminal:

  export DORMOUSE_DATA_DIR=./data
  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}'
  go run ./cmd/instances get b1
  go run ./cmd/raise b1 Approval true
  go run ./cmd/instances wait b1

`, true},
		"embedded, out of reach": {cli.Options{}, "", true, `
Dormouse serves A, B on hub "default".
NATS is embedded, stores in ./data, and does not listen: only this process can use it.

`, false},
		"a login in the URL": {cli.Options{}, "nats://u:s3cret@h1, nats://s3cret@h2", false, `
Dormouse serves A, B on hub "default".
NATS is nats://u:xxxxx@h1, nats://xxxxx@h2.

Try, in a second terminal, with NATS_URL set to the URL that this worker was given:

  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}'
  go run ./cmd/instances get b1
  go run ./cmd/raise b1 Approval true
  go run ./cmd/instances wait b1

`, false},
		"login by files": {cli.Options{Creds: "my creds", TLSCA: "ca.pem", InboxPrefix: "_INBOX.op"}, "tls://h:4222, h2", false, `
Dormouse serves A, B on hub "default".
NATS is tls://h:4222, h2.

Try, in a second terminal:

  export NATS_URL='tls://h:4222, h2'
  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}' --creds 'my creds' --tlsca ca.pem --inbox-prefix _INBOX.op
  go run ./cmd/instances get b1 --creds 'my creds' --tlsca ca.pem --inbox-prefix _INBOX.op
  go run ./cmd/raise b1 Approval true --creds 'my creds' --tlsca ca.pem --inbox-prefix _INBOX.op
  go run ./cmd/instances wait b1 --creds 'my creds' --tlsca ca.pem --inbox-prefix _INBOX.op

`, false},
		"a context": {cli.Options{Context: "jo's"}, "", false, `
Dormouse serves A, B on hub "default".
NATS is that of context jo's.

Try, in a second terminal:

  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}' --context 'jo'\''s'
  go run ./cmd/instances get b1 --context 'jo'\''s'
  go run ./cmd/raise b1 Approval true --context 'jo'\''s'
  go run ./cmd/instances wait b1 --context 'jo'\''s'

`, false},
		"a login in the URL beside a context": {cli.Options{Context: "c", URL: "s3cret@h"}, "s3cret@h", false, `
Dormouse serves A, B on hub "default".
NATS is xxxxx@h.

Try, in a second terminal, with NATS_URL set to the URL that this worker was given:

  go run ./cmd/instances start BudgetApproval --id b1 --input '{"amount":100}' --context c --nats-url "$NATS_URL"
  go run ./cmd/instances get b1 --context c --nats-url "$NATS_URL"
  go run ./cmd/raise b1 Approval true --context c --nats-url "$NATS_URL"
  go run ./cmd/instances wait b1 --context c --nats-url "$NATS_URL"

`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := command{Options: tt.options, auth: tt.auth}
			c.DataDir = "./data"
			if c.Hub == "" {
				c.Hub = cli.DefaultHub
			}
			s := &service{place: &place{url: tt.url, embedded: tt.embedded}}
			var text strings.Builder
			require.NoError(t, c.announce(&text, s, []string{"A", "B"}))
			require.Equal(t, strings.TrimPrefix(tt.want, "\n"), text.String())

			c.Output = cli.OutputJSON
			text.Reset()
			require.NoError(t, c.announce(&text, s, []string{"A", "B"}))
			require.NotContains(t, text.String(), "s3cret")
		})
	}
}

package jetstream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestRedactURL(t *testing.T) {
	t.Parallel()
	for urls, want := range map[string]string{
		"":                                 "",
		"h":                                "h",
		"nats://h:4222":                    "nats://h:4222",
		"nats://h1, tls://h2:4443,h3":      "nats://h1, tls://h2:4443,h3",
		"nats://u:secret@h:4222":           "nats://u:xxxxx@h:4222",
		"nats://secret@h:4222":             "nats://xxxxx@h:4222",
		"nats://secret:@h":                 "nats://xxxxx@h",
		"nats://:secret@h":                 "nats://:xxxxx@h",
		"u:secret@h":                       "u:xxxxx@h",
		"secret@h":                         "xxxxx@h",
		"nats://u:secret@h1,tls://v:s2@h2": "nats://u:xxxxx@h1,tls://v:xxxxx@h2",
		"nats://secret@h1, nats://s2@h2":   "nats://xxxxx@h1, nats://xxxxx@h2",
		"nats://h1:4222,nats://u:secret@h": "nats://h1:4222,nats://u:xxxxx@h",
		"nats://h1:4222,u:secret@h":        "nats://xxxxx@h",
		"secret@h1,s2@h2,h3":               "xxxxx@h2,h3",
		"nats://u:se@cr/et@h":              "nats://u:xxxxx@h",
		"nats://u:se,cret@h":               "nats://xxxxx@h",
		"nats://u:se://cret@h":             "nats://u:xxxxx@h",
		"nats://u:se cret%zz@h":            "nats://u:xxxxx@h",
		"wss://u:secret@h/path":            "wss://u:xxxxx@h/path",
	} {
		require.Equal(t, want, jetstream.RedactURL(urls), "%q", urls)
	}
}

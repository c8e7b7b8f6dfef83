package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// A key is put into every place of every request where it does not belong. Neither the
// log, with all its details, nor an answer that says what is wrong has any of it.
func TestKeysDoNotShowWhereverTheyArePut(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"plain":   "plain-top-secret-0123456789",
		"awkward": `awk"ward\top+secret/==%&<>'`,
		"long":    "long-" + strings.Repeat("top-secret-", 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &testenv.Log{}
			r := newFixture(t, withKeys("visitor visitor-key-0123\nhidden "+secret), func(c *httpapi.Config) {
				c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			r.startThree()
			for _, c := range misplaced(secret) {
				c.header["X-Functions-Key"] = "visitor-key-0123"
				answer := r.send(c)
				said := log.Take()
				if answer.Code >= http.StatusBadRequest {
					said += answer.Body.String()
				}
				require.NotContains(t, said, "top-secret", "%s %s", c.method, c.target)
				require.NotContains(t, said, "top+secret", "%s %s", c.method, c.target)
				require.NotContains(t, said, "top%2", "%s %s", c.method, c.target)
			}
		})
	}
}

// misplaced are requests that have a secret in a place that is not for it.
func misplaced(secret string) []call {
	path, value := url.PathEscape(secret), url.QueryEscape(secret)
	targets := []string{
		"GET instances/" + path, "GET instances/x&code=" + path, "GET instances/@" + path, "GET instances/%2F" + path,
		"POST orchestrators/" + path, "POST orchestrators/Gate/@" + path, "POST orchestrators/Gate&code=" + path,
		"POST instances/live/raiseEvent/" + path, "POST instances/live/raiseEvent/x&key=" + path, "POST instances/" + path + "/raiseEvent/x",
		"POST instances/" + path + "/terminate", "GET " + path, "GET instances/live/" + path, "DELETE instances/" + path,
		"GET instances/live/raiseEvent/x?sig=" + value + "&key=" + value,
	}
	for _, parameter := range []string{
		"taskHub", "connection", "showInput", "showHistory", "top", "runtimeStatus", "createdTimeFrom", "instanceIdPrefix", "unknown", value,
	} {
		targets = append(targets, "GET instances?"+parameter+"="+value, "GET instances/live?"+parameter+"="+value)
	}
	for _, parameter := range []string{"timeout", "pollingInterval", "wait", "reason", "restartWithNewInstanceId"} {
		targets = append(targets, "POST orchestrators/Nope?"+parameter+"="+value, "POST instances/done/raiseEvent/x?"+parameter+"="+value,
			"POST instances/done/restart?"+parameter+"="+value, "POST instances/done/terminate?"+parameter+"="+value)
	}
	var calls []call
	for _, target := range targets {
		method, target, _ := strings.Cut(target, " ")
		calls = append(calls, call{method: method, target: target, header: map[string]string{"Content-Type": isJSON}, body: "1"})
	}
	for _, header := range []string{"Idempotency-Key", "X-Request-Id", "X-Ms-Continuation-Token", "Content-Type", "Origin", "Last-Event-ID", "Authorization", "Cookie", "Host"} {
		for _, target := range []string{"POST orchestrators/Nope", "GET instances", "POST instances/done/raiseEvent/x", "GET instances/nobody/events"} {
			method, target, _ := strings.Cut(target, " ")
			calls = append(calls, call{method: method, target: target, header: map[string]string{"Content-Type": isJSON, header: secret}, body: "1"})
		}
	}
	for _, body := range []string{secret, `{"` + secret + `":}`, "payload=" + value} {
		calls = append(calls, call{method: "POST", target: "instances/live/raiseEvent/x", header: map[string]string{"Content-Type": isJSON}, body: body},
			call{method: "POST", target: "orchestrators/Gate", header: map[string]string{"Content-Type": isJSON}, body: body})
	}
	return calls
}

package access_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// A key that is printed shows no secret, alone or inside something else.
func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "ops "+secret+"\nmail m"+secret)
	key := *keys.Named("ops")
	holder := struct {
		Key  access.Key
		Keys *access.Keys
		Many []access.Key
		Copy access.Keys
	}{key, keys, []access.Key{key}, *keys}
	for _, value := range []any{key, &key, keys, *keys, holder, &holder, []any{key, keys}} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
		texts := log.String() + string(encoded)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
			texts += fmt.Sprintf(verb, value)
		}
		require.NotContains(t, texts, "s3cr", "%T", value)
		require.NotContains(t, texts, fmt.Sprintf("%x", "s3cr"), "%T", value)
	}
	require.Equal(t, "ops", key.String())
	require.Equal(t, "ops,mail", fmt.Sprint(keys))
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	const awkward = "a\"b\\c%&+/=`<>"
	keys, err := access.NewKeys(
		access.Key{Name: "short", Secret: "prefix", Scope: access.ScopeAll},
		access.Key{Name: "long", Secret: "prefix-and-more", Scope: access.ScopeAll},
		access.Key{Name: "quote", Secret: "with-\"", Scope: access.ScopeAll},
		access.Key{Name: "awkward", Secret: awkward, Scope: access.ScopeAll},
	)
	require.NoError(t, err)
	redact := keys.Redactor().Replace
	for _, text := range []string{
		"prefix", "prefix-and-more", "with-\"", `with-\"`, awkward, strings.ReplaceAll(awkward, "+", " "), `a\"b\\c%&+/=` + "`<>",
		url.QueryEscape(awkward), url.PathEscape(awkward), strings.ToLower(url.QueryEscape(awkward)),
	} {
		require.Equal(t, "<xxxxx>", redact("<"+text+">"), text)
	}
	for text, want := range map[string]string{
		"nothing": "nothing", "": "", "prefi": "prefi", "prefixed": "xxxxxed", "@prefix-an": "@xxxxx", "prefix-and-less": "xxxxxless",
		"prefixprefix-and-moreprefix": "xxxxxxxxxxxxxxx",
	} {
		require.Equal(t, want, redact(text), text)
	}
	alike := keysOf(t, "a 0123456789abcdef-one; b 0123456789abcdef-two").Redactor()
	require.Equal(t, "xxxxx, xxxxx, xxxxx", alike.Replace("0123456789abcdef-two, 0123456789abcdef-one, 01234567"))
	var none *access.Keys
	require.Equal(t, "x", none.Redactor().Replace("x"))
}

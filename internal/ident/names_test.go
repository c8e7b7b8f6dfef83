package ident_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

func TestCheckInstanceID(t *testing.T) {
	t.Parallel()
	for id, complaint := range map[string]string{
		"a":                              "",
		"MyInstanceId":                   "",
		"with space and @ and . and *>":  "",
		"Grüße-日本語-🐭":                    "",
		strings.Repeat("x", 256):         "",
		strings.Repeat("日", 256):         "",
		"":                               "instance id is empty",
		"@entity":                        `must not begin with "@"`,
		"a/b":                            `must not contain '/'`,
		`a\b`:                            `must not contain '\\'`,
		"a#b":                            `must not contain '#'`,
		"a?b":                            `must not contain '?'`,
		"a\nb":                           `must not contain '\n'`,
		"a\x00b":                         `must not contain '\x00'`,
		"a\u0085b":                       `must not contain '\u0085'`,
		"\xff\xfe":                       "is not valid UTF-8",
		strings.Repeat("x", 257):         "is longer than 256 characters",
		strings.Repeat("日", 257):         "is longer than 256 characters",
		"@" + strings.Repeat("x", 10000): `must not begin with "@"`,
	} {
		requireComplaint(t, ident.CheckInstance(id), complaint)
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, complaint := range map[string]string{
		"Approval":               "",
		"a/b\\c#d?e@f":           "",
		"@first":                 "",
		"ends with space ":       "",
		strings.Repeat("é", 128): "",
		"":                       "event name is empty",
		"a\tb":                   `must not contain '\t'`,
		"a\x7fb":                 `must not contain '\x7f'`,
		"\xc3\x28":               "is not valid UTF-8",
		strings.Repeat("é", 129): "is longer than 128 characters",
	} {
		requireComplaint(t, ident.CheckName("event name", name), complaint)
	}
}

func TestCheckEventID(t *testing.T) {
	t.Parallel()
	for id, complaint := range map[string]string{
		"k":                      "",
		"request 17/日本語":         "",
		strings.Repeat("x", 512): "",
		strings.Repeat("é", 256): "",
		"":                       "event id is empty",
		" k":                     "must not begin or end with a space",
		"k\t":                    "must not contain '\\t'",
		"a\nb":                   `must not contain '\n'`,
		"\xff\xfe":               "is not valid UTF-8",
		strings.Repeat("x", 513): "is longer than 512 bytes",
		strings.Repeat("é", 257): "is longer than 512 bytes",
	} {
		requireComplaint(t, ident.CheckEvent(id), complaint)
	}
}

// requireComplaint checks that a complaint says what is wrong, on one line that
// is not as long as what it complains of.
func requireComplaint(t *testing.T, err error, complaint string) {
	t.Helper()
	if complaint == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.ErrorContains(t, err, complaint)
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(err.Error()), 300)
}

func TestFoldName(t *testing.T) {
	t.Parallel()
	require.Equal(t, ident.Fold("Approval"), ident.Fold("aPPROVAL"))
	require.Equal(t, ident.Fold("ÄRGER"), ident.Fold("ärger"))
	require.NotEqual(t, ident.Fold("Approval"), ident.Fold("Approvals"))
}

package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

func TestTokenIsReadable(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"MyInstance-1_a": "MyInstance-1_a",
		"a.b":            "a=2Eb",
		"*":              "=2A",
		">":              "=3E",
		"a b":            "a=20b",
		"=":              "=3D",
		"=61":            "=3D61",
		"ü":              "=C3=BC",
		"\x00":           "=00",
	} {
		token, err := EncodeToken("id", s)
		require.NoError(t, err)
		require.Equal(t, want, token)
		back, err := DecodeToken(token)
		require.NoError(t, err)
		require.Equal(t, s, back)
	}
}

func TestTokenLimits(t *testing.T) {
	t.Parallel()
	_, err := EncodeToken("instance id", "")
	require.ErrorIs(t, err, ident.ErrInvalidName)
	_, err = EncodeToken("instance id", strings.Repeat("x", ident.MaxToken))
	require.NoError(t, err)
	_, err = EncodeToken("instance id", strings.Repeat("✓", 256))
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.EqualError(t, err, "invalid name: instance id is too long: encoded as a subject token it has 2304 bytes, the limit is 1536")
}

func TestTokenOtherThanCanonicalIsRefused(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"", "=61", "=2e", "=", "=2", "a=", "a=2", "=ZZ", "a.b", "a b", "ü", "==3D", strings.Repeat("x", ident.MaxToken+1),
	} {
		_, err := DecodeToken(token)
		require.ErrorIs(t, err, ident.ErrInvalidName, "token %q", token)
	}
}

// Every string has one token and every token one string, and a token can stand in
// a subject.
func FuzzToken(f *testing.F) {
	for _, s := range []string{"MyInstance", "a.b", "=61", "%61", "*", ">", "ü", "\xff", "", "日本語", "=2E", "=2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if token, err := EncodeToken("id", s); err == nil {
			require.False(t, strings.ContainsAny(token, ".*> \t\r\n"), "token %q", token)
			back, err := DecodeToken(token)
			require.NoError(t, err)
			require.Equal(t, s, back)
		}
		if decoded, err := DecodeToken(s); err == nil {
			again, err := EncodeToken("id", decoded)
			require.NoError(t, err)
			require.Equal(t, s, again, "a second token for %q", decoded)
		}
	})
}

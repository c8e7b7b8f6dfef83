package access_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

const secret = "s3cr+t/==0123456"

func keysOf(t *testing.T, text string) *access.Keys {
	t.Helper()
	keys, err := access.ParseKeys(text)
	require.NoError(t, err)
	return keys
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "there are no keys",
		"# nothing":            "there are no keys",
		"justone":              "line 1: a key is written NAME KEY [SCOPES [HUBS]]",
		"a s01\nb s02 fly":     "line 2: unknown scope: use all, read, raise or start, with commas between",
		"a s01; a s02":         "key 2 is there twice, or its name is",
		"a s01; b s01":         "key 2 is there twice, or its name is",
		"a/b s01":              "line 1: the name of a key has 1 to 64 letters, digits, dots, underscores and hyphens",
		"a s\u00e9cret":        "line 1: a key has 3 to 256 printable ASCII characters, without spaces, semicolons and hashes",
		"a b":                  "line 1: a key has 3 to 256 printable ASCII characters, without spaces, semicolons and hashes",
		"a b01 read hub1 #x":   "",
		"a b01; c d01 all h,i": "",
	} {
		_, err := access.ParseKeys(text)
		if want == "" {
			require.NoError(t, err, text)
		} else {
			require.EqualError(t, err, want, text)
		}
	}
}

func TestReadKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	_, err := access.ReadKeys(path)
	require.EqualError(t, err, "the file of keys cannot be read: no such file or directory")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = access.ReadKeys("ops " + secret)
	require.NotContains(t, err.Error(), secret, "the keys themselves in the place of a file")
	require.NoError(t, os.WriteFile(path, []byte("ops "+secret+" fly\n"), 0o600))
	_, err = access.ReadKeys(path)
	require.ErrorContains(t, err, path+": line 1: unknown scope")
	require.NotContains(t, err.Error(), secret)
	require.NoError(t, os.WriteFile(path, []byte("# keys\n\nops "+secret+" read,raise h1,h2\n"), 0o600))
	keys, err := access.ReadKeys(path)
	require.NoError(t, err)
	key := keys.Find(secret)
	require.Equal(t, "ops", key.Name)
	require.Equal(t, "read,raise", key.Scope.String())
	require.True(t, key.IsFor("h2"))
	require.False(t, key.IsFor("h3"))
	require.Nil(t, keys.Find(secret+"x"))
	require.Nil(t, keys.Find(""))
}

// Keys that can be guessed, that may do more than was meant, or that everybody can read
// are warned of.
func TestWarnings(t *testing.T) {
	t.Parallel()
	require.Empty(t, keysOf(t, "ops "+secret+" all; see x"+secret+" read default").Warnings())
	require.Equal(t, []string{"the key ops has no scopes and may do everything: name its scopes, or write all"}, keysOf(t, "ops "+secret).Warnings())
	require.Equal(t, []string{"the key ops has fewer than 16 characters: it can be guessed"}, keysOf(t, "ops "+secret[1:]+" read").Warnings())
	path := filepath.Join(t.TempDir(), "keys")
	for mode, want := range map[os.FileMode][]string{
		0o600: nil, 0o640: nil, 0o644: {"everybody on this computer can read the keys in " + path + ": chmod 600 it"},
	} {
		require.NoError(t, os.WriteFile(path, []byte("ops "+secret+" read"), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		keys, err := access.ReadKeys(path)
		require.NoError(t, err)
		require.Equal(t, want, keys.Warnings(), mode)
	}
	var none *access.Keys
	require.Empty(t, none.Warnings())
}

// The words of a page are signed, also if there are none, and have limits.
func TestLinksWithAPage(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "ops "+secret)
	now := time.Unix(1_800_000_000, 0)
	grant := access.Grant{
		Hub: "h", Instance: "i", Event: "E", Until: now.Add(time.Hour),
		Page: access.Page{Title: "Title ü", Text: "One\ntwo", From: "Finance", Answer: access.AnswerYesNo, Yes: "Approve", No: "Reject"},
	}
	link, err := keys.Sign("", "ops", grant)
	require.NoError(t, err)
	got, err := open(t, keys, link, now)
	require.NoError(t, err)
	require.Equal(t, grant, *got)
	for from, to := range map[string]string{
		"title=Title": "title=Other", "One%0Atwo": "One", "from=Finance": "from=Finanze", "answer=yes-no": "answer=text", "yes=Approve": "yes=Reject", "&no=Reject": "",
	} {
		require.Contains(t, link, from)
		_, err := open(t, keys, strings.Replace(link, from, to, 1), now)
		require.ErrorIs(t, err, access.ErrLinkAltered, to)
	}
	grant.Page = access.Page{}
	link, err = keys.Sign("", "ops", grant)
	require.NoError(t, err)
	_, err = open(t, keys, link+"&title=Other", now)
	require.ErrorIs(t, err, access.ErrLinkAltered)
	for says, page := range map[string]access.Page{
		"title of the link is blank":                         {Title: " "},
		"word for yes of the link is blank":                  {Answer: access.AnswerYesNo, Yes: "\u00a0"},
		"title of the link has more than 100 characters":     {Title: strings.Repeat("ü", 101)},
		"text of the link has more than 1000 characters":     {Text: strings.Repeat("x", 1001)},
		"word for no of the link has more than 40":           {Answer: access.AnswerYesNo, No: strings.Repeat("x", 41)},
		"name of who asks of the link has a control":         {From: "a\nb"},
		"title of the link has a control character":          {Title: "\xff"},
		`the page cannot ask for "number"`:                   {Answer: "number"},
		"words for yes and no need a link that asks for yes": {Yes: "Approve"},
	} {
		grant.Page = page
		_, err := keys.Sign("", "ops", grant)
		require.ErrorContains(t, err, says)
	}
	grant.Payload, grant.Page = json.RawMessage("true"), access.Page{Answer: access.AnswerText}
	_, err = keys.Sign("", "ops", grant)
	require.ErrorContains(t, err, "a link with a payload asks for no other answer")
	grant.Page = access.Page{Yes: "Approve"}
	_, err = keys.Sign("", "ops", grant)
	require.NoError(t, err)
}

func TestScopes(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "a k01; b k02 start,read")
	require.True(t, keys.Named("a").Scope.Has(access.ScopeStart|access.ScopeRaise))
	require.Equal(t, "all", keys.Named("a").Scope.String())
	require.False(t, keys.Named("b").Scope.Has(access.ScopeRaise))
	require.False(t, keys.Named("b").Scope.Has(access.ScopeAll))
	require.Nil(t, keys.Named("c"))
}

// open verifies a link as the API does.
func open(t *testing.T, keys *access.Keys, link string, now time.Time) (*access.Grant, error) {
	t.Helper()
	u, err := url.Parse(link)
	require.NoError(t, err)
	_, path, _ := strings.Cut(u.EscapedPath(), access.Base+"/instances/")
	parts := strings.Split(path, "/raiseEvent/")
	require.Len(t, parts, 2)
	instance, err := url.PathUnescape(parts[0])
	require.NoError(t, err)
	event, err := url.PathUnescape(parts[1])
	require.NoError(t, err)
	g, _, err := keys.Verify(u.Query().Get("taskHub"), instance, event, u.Query(), now)
	return g, err
}

func TestLinks(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "ops "+secret+"\nread 0123456789abcdef read\nshort 0123456789abcde\nelse 0123456789abcdeg raise other")
	now := time.Unix(1_800_000_000, 0)
	grant := access.Grant{Hub: "default", Instance: "a b%ü", Event: "Approval", Until: now.Add(time.Hour), Payload: json.RawMessage("true")}
	link, err := keys.Sign("https://example.org/x/", "ops", grant)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(link, "https://example.org/x/runtime/webhooks/durabletask/instances/a%20b%25%C3%BC/raiseEvent/Approval?"), link)
	require.NotContains(t, link, "s3cr")

	got, err := open(t, keys, link, now)
	require.NoError(t, err)
	require.Equal(t, grant, *got)
	require.Empty(t, got.EventID())

	_, err = open(t, keys, link, now.Add(time.Hour))
	require.ErrorIs(t, err, access.ErrLinkExpired, "its time is up")
	_, err = open(t, keysOf(t, "ops another+secret/0"), link, now)
	require.ErrorIs(t, err, access.ErrLinkAltered, "the key was changed")
	for from, to := range map[string]string{
		"taskHub=default": "taskHub=other", "a%20b": "a%20c", "raiseEvent/Approval": "raiseEvent/Approved",
		"payload=true": "payload=1", "&payload=true": "", "sig=": "sig=A", "key=ops": "key=else", "expires=1": "expires=2",
	} {
		require.Contains(t, link, from)
		_, err := open(t, keys, strings.Replace(link, from, to, 1), now)
		require.ErrorIs(t, err, access.ErrLinkAltered, to)
	}
	for _, name := range []string{"nobody", "read", "short", "else"} {
		_, err := keys.Sign("https://example.org", name, grant)
		require.ErrorIs(t, err, access.ErrCannotSign, name)
	}
}

// A link that is good once raises an event that has an id, and no other link has it.
func TestLinksThatAreGoodOnce(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "ops "+secret)
	now := time.Now()
	ids := map[string]bool{}
	for range 2 {
		link, err := keys.Sign("", "ops", access.Grant{Hub: "h", Instance: "i", Event: "E", Until: now.Add(time.Hour), Once: true})
		require.NoError(t, err)
		g, err := open(t, keys, link, now)
		require.NoError(t, err)
		require.NotEmpty(t, g.EventID())
		ids[g.EventID()] = true
		again, err := open(t, keys, link, now)
		require.NoError(t, err)
		require.Equal(t, g.EventID(), again.EventID())
		_, err = open(t, keys, strings.Replace(link, "once=", "once=A", 1), now)
		require.ErrorIs(t, err, access.ErrBadLink)
	}
	require.Len(t, ids, 2)
}

func TestSignRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, "ops "+secret)
	good := access.Grant{Hub: "h", Instance: "i", Event: "E", Until: time.Now()}
	for _, spoil := range []func(*access.Grant){
		func(g *access.Grant) { g.Instance = "a/b" },
		func(g *access.Grant) { g.Event = "" },
		func(g *access.Grant) { g.Payload = json.RawMessage("{") },
		func(g *access.Grant) { g.Payload = json.RawMessage(`"` + strings.Repeat("x", 8000) + `"`) },
		func(g *access.Grant) { g.Until = time.Time{} },
	} {
		g := good
		spoil(&g)
		_, err := keys.Sign("", "ops", g)
		require.Error(t, err)
	}
}

package access_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// A link for an e-mail: its holder may send this approval to this instance, for a day, and
// nothing else.
func ExampleKeys_Sign() {
	keys, err := access.ParseKeys("mail 0123456789abcdef-mail raise")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	link, err := keys.Sign("https://example.org", "mail", access.Grant{
		Hub: "default", Instance: "b1", Event: "Approval", Until: now.Add(24 * time.Hour), Payload: json.RawMessage("true"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	u, err := url.Parse(link)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Path)

	grant, key, err := keys.Verify("default", "b1", "Approval", u.Query(), now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grant.Event, string(grant.Payload), "by", key)

	_, _, err = keys.Verify("default", "b2", "Approval", u.Query(), now)
	fmt.Println(err)
	// Output:
	// /runtime/webhooks/durabletask/instances/b1/raiseEvent/Approval
	// Approval true by mail
	// the link is not valid: it was altered, or its key was taken away
}

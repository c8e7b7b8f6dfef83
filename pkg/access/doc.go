// Package access says who may do what over HTTP: keys with scopes, and links that are
// signed with a key and good for one event.
//
// A [Key] is a name and a secret. Its [Scope] says what it allows, its hubs on which hubs.
// [Keys] are read from a file or an environment variable ([ReadKeys], [ParseKeys]) and looked
// up by their secret in constant time; [Keys.Warnings] tell the risks of the keys.
//
// A [Grant] is the right that a link gives: to raise one event on one instance until a time,
// once or as often as its holder likes. Its [Page] tells a person who asks, and for what.
// [Keys.Sign] makes the link, which holds no secret, only a signature; [Keys.Verify] reads it
// again. Taking a key away takes away the links that were signed with it.
//
// No secret is ever part of an error, or of a key that is printed, logged or written as JSON,
// with any verb and inside anything else; [Keys.Redactor] removes secrets from any other text.
package access

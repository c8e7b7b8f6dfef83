// Package access says who may do what over HTTP: keys with scopes, and links that are
// signed with a key and good for one event.
//
// A [Key] is a name and a secret; its [Scope] says what it is good for, its hubs where.
// [Keys] are read from a file or an environment variable ([ReadKeys], [ParseKeys]) and
// looked up by their secret in constant time; [Keys.Warnings] are what is risky about them.
//
// A [Grant] is what a link is good for: to raise one event on one instance until a time,
// once or as often as its holder likes. Its [Page] tells a person who asks for what.
// [Keys.Sign] makes the link, which holds no secret, only a signature; [Keys.Verify] reads
// it again. Whoever takes a key away takes the links away that were signed with it.
//
// No secret is ever part of an error, or of a key that is printed, logged or written as
// JSON, with whatever verb and inside whatever else; [Keys.Redactor] takes secrets out of
// any other text.
package access

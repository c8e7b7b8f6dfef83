package jetstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// salt makes the engine's message ids. The server drops a message of an id that it
// has seen anywhere in the stream, whoever sent it: if ids could be guessed, who may
// only raise events could keep the result of an activity from being stored.
//
// It also makes the names of the consumers: who may read values by a consumer of his own
// can let the server deliver them to any subject that somebody listens to, and the
// server itself listens to the one by which messages of a consumer are asked for.
type salt string

// secretInName is how many characters at the end of a consumer's name nobody can guess.
const secretInName = 16

// consumer returns the name of a durable consumer: what it is for, and what nobody can
// guess. A token that is longer than a consumer's name can be is cut short.
func (s salt) consumer(what string) string {
	const most = 200
	name := what
	if len(name) > most {
		sum := sha256.Sum256([]byte(name))
		name = "=-" + hex.EncodeToString(sum[:]) // no token has a "=" before a "-"
	}
	return name + "-" + s.id("consumer/" + what)[:secretInName]
}

// id returns the message id for a text: the same for the same, different for others.
func (s salt) id(text string) string {
	sum := hmac.New(sha256.New, []byte(s))
	sum.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:18])
}

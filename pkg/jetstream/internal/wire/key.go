package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// IDKey is the secret of a hub, from which the engine's message ids and the names of the
// consumers are made.
//
// The server drops a message whose id it has seen anywhere in the stream, from any sender. If
// ids could be guessed, a login that may only raise events could keep the result of an
// activity from being stored.
//
// A login that may make a consumer of values can let the server deliver them to any subject
// that has a subscriber. The server itself subscribes to the subject by which messages of a
// consumer are requested, so nobody may guess a consumer's name.
type IDKey string

// SecretInName is how many characters at the end of a consumer's name nobody can guess.
const SecretInName = 16

// Consumer returns the name of a durable consumer: its purpose, and characters that nobody
// can guess. A purpose that is longer than a consumer's name can be is cut short.
func (k IDKey) Consumer(purpose string) string {
	const most = 200
	name := purpose
	if len(name) > most {
		sum := sha256.Sum256([]byte(name))
		name = "=-" + hex.EncodeToString(sum[:]) // no token has a "=" before a "-"
	}
	return name + "-" + k.id("consumer/" + purpose)[:SecretInName]
}

// id returns the message id for a text: the same for the same, different for others.
func (k IDKey) id(text string) string {
	sum := hmac.New(sha256.New, []byte(k))
	sum.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:18])
}

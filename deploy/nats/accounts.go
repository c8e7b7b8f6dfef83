// Package nats holds the configuration of roles that this directory has for NATS servers,
// so that the server which a worker embeds can have the same.
package nats

import _ "embed"

// Accounts is accounts.conf: who may do what on the hub "default".
//
//go:embed accounts.conf
var Accounts string

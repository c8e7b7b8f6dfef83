// Package port reserves addresses of this machine for servers that are started,
// killed and started again.
package port

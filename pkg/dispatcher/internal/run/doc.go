// Package run takes the turns of instances: load → replay → commit → send → ack.
package run

// Package integration tests the commands as a person uses them: built programs,
// real processes, files and sockets. The scripts are in testdata; each has a
// directory and a NATS server of its own.
//
// Besides testscript's own commands there are:
//
//	serve [flag...]      start a worker on $WORK/data, or on $NATS_URL if a script
//	                     has started NATS by itself, and wait until it serves
//	stop-worker          send it SIGTERM; it must exit 0
//	kill-worker          send it SIGKILL
//	nats                 start a NATS server beside the workers and set NATS_URL
//	publish SUBJECT BODY publish with core NATS and nothing else
//	future-hub           make a hub of a later format there
//	take-port            listen on a port and set TAKEN to its address
//	code N COMMAND...    run a command, which must exit N, and say why in one line
//	                     if N is not 0
//	until PATTERN COMMAND...
//	                     run a command again until its stdout matches
package integration

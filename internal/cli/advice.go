package cli

import (
	"errors"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// advices are the flags of the commands that help against an error of the libraries, which
// know no flags. The first row that fits is used.
var advices = []struct {
	err  error
	text string
}{
	{jetstream.ErrNoContext, `check --context, or save it by "nats context save"`},
	{jetstream.ErrNoServer, "start a worker (it embeds a server) or give --nats-url"},
	{jetstream.ErrNoHost, "check --nats-url"},
	{jetstream.ErrNoAnswer, "check --nats-url and that it is a NATS server"},
	{hub.ErrHubLost, "start the worker again, which makes what the hub lacks"},
	{jetstream.ErrHubNotFound, "start a worker for it, or check --hub"},
	{jetstream.ErrOlderVersion, "choose by --hub"},
	{jetstream.ErrNoJetStream, "a login that may only publish uses raise --blind, or any NATS client"},
	{jetstream.ErrNoLimit, "give --max-bytes"},
	{jetstream.ErrForeignStream, "choose another --hub"},
	{jetstream.ErrDataDirInUse, "give --nats-url, or another --data-dir"},
	{jetstream.ErrNotLoopback, "give --nats-auth, or listen on 127.0.0.1"},
	{jetstream.ErrLoginsUnused, "--nats-auth asks for them"},
	{jetstream.ErrDataDir, "choose another by --data-dir"},
	{jetstream.ErrListen, "choose another address by --nats-listen, or connect to the server there by --nats-url"},
}

// noServerForWorker is the advice for a worker that finds no server: it can start one of its
// own.
const noServerForWorker = "start a NATS server there, or leave the address out: the worker then embeds one"

// advice returns the words to add to the text of a command's error, empty for none.
func advice(command string, err error) string {
	for _, a := range advices {
		switch {
		case !errors.Is(err, a.err):
		case command == "worker" && a.err == jetstream.ErrNoServer: //nolint:errorlint // a row of the table, not an error that came
			return ": " + noServerForWorker
		default:
			return ": " + a.text
		}
	}
	return ""
}

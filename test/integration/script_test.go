package integration

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// script is what runs beside a script.
type script struct {
	env      *testscript.Env
	worker   *exec.Cmd
	server   *jetstream.Embedded
	listener net.Listener
}

type scriptKeyType struct{}

var scriptKey scriptKeyType

func scriptOf(ts *testscript.TestScript) *script { return ts.Value(scriptKey).(*script) }

// clear ends what the script has left running.
func (s *script) clear() {
	if s.worker != nil {
		_ = s.worker.Process.Signal(syscall.SIGKILL)
		_ = s.worker.Wait()
	}
	if logged, err := os.ReadFile(filepath.Join(s.env.WorkDir, workerLog)); err == nil && len(logged) > 0 {
		s.env.T().Log("the workers logged:\n" + string(logged))
	}
	if s.server != nil {
		s.server.Shutdown()
	}
	if s.listener != nil {
		_ = s.listener.Close()
	}
}

func startNATS(ts *testscript.TestScript, _ bool, _ []string) {
	s := scriptOf(ts)
	server, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{DataDir: ts.MkAbs("nats"), Listen: "127.0.0.1:0"})
	ts.Check(err)
	s.server = server
	ts.Setenv("NATS_URL", server.ClientURL())
}

func takePort(ts *testscript.TestScript, _ bool, _ []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	scriptOf(ts).listener = listener
	ts.Setenv("TAKEN", listener.Addr().String())
}

func publish(ts *testscript.TestScript, _ bool, args []string) {
	nc, err := nats.Connect(ts.Getenv("NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	ts.Check(nc.Publish(args[0], []byte(args[1])))
	ts.Check(nc.Flush())
}

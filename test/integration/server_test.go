package integration

import (
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// serverDir and serverListen make this very program a NATS server.
const (
	serverDir    = "DORMOUSE_TEST_SERVER_DIR"
	serverListen = "DORMOUSE_TEST_SERVER_LISTEN"
)

// serveNATS is a NATS server in a process of its own, until it gets a signal.
func serveNATS() int {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	server, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{
		DataDir: os.Getenv(serverDir), Listen: os.Getenv(serverListen),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Shutdown()
	fmt.Printf("NATS listens on %s\n", server.ClientURL())
	<-interrupted
	return 0
}

// natsServer is a NATS server in a process of its own, which can be killed and
// started again at the same place.
type natsServer struct {
	*process
	dir, listen string
	url         string
}

func launchServer(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{dir: t.TempDir(), listen: address(t)}
	s.start(t)
	return s
}

func (s *natsServer) start(t testing.TB) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	s.process = launch(t, self, []string{serverDir + "=" + s.dir, serverListen + "=" + s.listen})
	s.url, s.listen = said(s.process)
}

// restart kills the server and starts it again.
func (s *natsServer) restart() {
	s.Helper()
	s.kill()
	s.start(s.TB)
}

// said returns where the process says that its NATS server listens.
func said(p *process) (address, listen string) {
	p.Helper()
	address = p.says(`NATS listens on (\S+)`)[1]
	at, err := url.Parse(address)
	require.NoError(p, err)
	return address, at.Host
}

package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// serverLog hands the server's warnings and errors on. The server's own logger would end the
// process where this one reports the error. It would also repeat for each message that a
// stream cannot store it.
type serverLog struct {
	log   *slog.Logger
	fatal chan<- string
	said  *retry.Complaints
}

const fromServer = "NATS server: "

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, v ...any) {
	if strings.HasPrefix(format, "Plaintext passwords detected") {
		return // they stand only in the files of the logins
	}
	l.say(slog.LevelWarn, fmt.Errorf(format, v...))
}

func (l serverLog) Errorf(format string, v ...any) {
	l.say(slog.LevelError, fmt.Errorf(format, v...))
}

func (l serverLog) say(level slog.Level, what error) {
	if l.said.IsNew(fromServer, what) {
		l.log.Log(context.Background(), level, fromServer+what.Error())
	}
}

func (l serverLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
		l.log.Error(fromServer + fmt.Sprintf(format, v...))
	}
}

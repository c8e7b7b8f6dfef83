package cli

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The defaults for finding a hub.
const (
	DefaultURL     = "nats://127.0.0.1:4222"
	DefaultHub     = "default"
	DefaultDataDir = "./dormouse-data"
)

// The forms of output.
const (
	OutputText = "text"
	OutputJSON = "json"
)

// Options are the flags that all commands have.
type Options struct {
	// URL is that of the NATS server; empty for the one that the context or NATS_URL names, or
	// the default.
	URL string
	// Context is the name of a saved NATS context.
	Context string
	// Creds and NKey are files of credentials; TLSCert, TLSKey and TLSCA are those of a TLS
	// connection.
	Creds, NKey            string
	TLSCert, TLSKey, TLSCA string
	// InboxPrefix is the beginning of the subjects on which the command listens for answers.
	InboxPrefix string
	// DataDir is the directory in which the embedded NATS server of a worker keeps its data,
	// and the logins if it asks for them.
	DataDir string
	// Hub is the hub's name.
	Hub string
	// Output is OutputText or OutputJSON.
	Output string
}

// Bind adds the flags to the command and its subcommands, and checks them before the command
// runs.
func (o *Options) Bind(command *cobra.Command) {
	flags := command.PersistentFlags()
	flags.StringVar(&o.URL, "nats-url", "", "NATS server, or several with commas between (env NATS_URL, default "+DefaultURL+")")
	flags.StringVar(&o.Context, "context", "", "saved NATS context to connect with")
	flags.StringVar(&o.Creds, "creds", "", "NATS credentials file")
	flags.StringVar(&o.NKey, "nkey", "", "NKey seed file")
	flags.StringVar(&o.TLSCert, "tlscert", "", "TLS client certificate file")
	flags.StringVar(&o.TLSKey, "tlskey", "", "TLS client key file")
	flags.StringVar(&o.TLSCA, "tlsca", "", "TLS certificate authority file")
	flags.StringVar(&o.InboxPrefix, "inbox-prefix", "", "subject prefix for answers (default _INBOX.USER with a user name and password, otherwise _INBOX)")
	flags.StringVar(&o.DataDir, "data-dir", cmp.Or(os.Getenv("DORMOUSE_DATA_DIR"), DefaultDataDir),
		"where a worker's embedded NATS server stores, and keeps logins if it asks for them (env DORMOUSE_DATA_DIR)")
	flags.StringVar(&o.Hub, "hub", cmp.Or(os.Getenv("DORMOUSE_HUB"), DefaultHub), "task hub (env DORMOUSE_HUB)")
	flags.StringVar(&o.Output, "output", OutputText, "form of the output: text or json")
	command.PersistentPreRunE = func(*cobra.Command, []string) error { return o.check() }
}

func (o *Options) check() error {
	if o.Output != OutputText && o.Output != OutputJSON {
		return Usagef("--output %q: use text or json", o.Output)
	}
	if o.Hub == "" {
		return Usagef("--hub is empty: leave it out for the hub %q", DefaultHub)
	}
	if strings.HasSuffix(o.InboxPrefix, ".") || strings.ContainsAny(o.InboxPrefix, "*> \t") {
		return Usagef("--inbox-prefix %q: use a subject without wildcards, such as _INBOX.operator", o.InboxPrefix)
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return Usagef("--tlscert and --tlskey go together: give both or none")
	}
	return nil
}

// JSON reports whether output is to be JSON.
func (o *Options) JSON() bool { return o.Output == OutputJSON }

// server returns the URL to connect to: that of the flag; without one none if there is a
// context, which names the server; otherwise that of NATS_URL, or none.
func (o *Options) server() string {
	if o.URL != "" || o.Context != "" {
		return o.URL
	}
	return os.Getenv("NATS_URL")
}

// Flag is a flag of the command line: its name without the dashes, and its value.
type Flag struct{ Name, Value string }

// login returns the flags for logging in; those that were not given are empty.
func (o *Options) login() []Flag {
	return []Flag{
		{"context", o.Context},
		{"creds", o.Creds},
		{"nkey", o.NKey},
		{"tlscert", o.TLSCert},
		{"tlskey", o.TLSKey},
		{"tlsca", o.TLSCA},
	}
}

// Login returns the flags that another command needs to log in as this one does, and to
// receive answers.
func (o *Options) Login() []Flag {
	all := append(o.login(), Flag{"inbox-prefix", o.InboxPrefix})
	return slices.DeleteFunc(all, func(f Flag) bool { return f.Value == "" })
}

// Elsewhere returns the flag or variable that names a NATS server or a login to one; empty if
// there is none.
func (o *Options) Elsewhere() string {
	for _, flag := range append([]Flag{{"nats-url", o.URL}}, o.login()...) {
		if flag.Value != "" {
			return "--" + flag.Name
		}
	}
	if o.server() != "" {
		return "NATS_URL"
	}
	return ""
}

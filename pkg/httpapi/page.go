package httpapi

import (
	"bytes"
	"fmt"
	"html/template"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// page is what a person with a signed URL sees.
type page struct {
	*access.Grant
	Done bool
	// Trouble is what is wrong, empty for nothing.
	Trouble string
}

// PayloadText is the payload for a person's eyes.
func (p page) PayloadText() string { return string(p.Payload) }

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{if .Trouble}}Not possible{{else}}{{.Event}}{{end}}</title>
</head>
<body>
{{if .Trouble}}<p>{{.Trouble}}</p>
{{else if .Done}}<p>Done: <b>{{.Event}}</b> was sent to <b>{{.Instance}}</b>. You can close this page.</p>
{{else}}<p>Send <b>{{.Event}}</b>{{if .Payload}} with <code>{{.PayloadText}}</code>{{end}} to <b>{{.Instance}}</b>?</p>
<form method="post">
{{if not .Payload}}<p><label>Payload, as JSON: <input name="payload" autocomplete="off"></label></p>
{{end}}<button>Send</button>
</form>
{{end}}</body>
</html>
`))

// page answers with a page. Nothing is loaded for it, nothing frames it, and its URL,
// which is a secret, is not told to anybody.
func (x *exchange) page(status int, p page) error {
	var buffer bytes.Buffer
	if err := pageTemplate.Execute(&buffer, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	header := x.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	x.write(status, buffer.Bytes())
	return nil
}

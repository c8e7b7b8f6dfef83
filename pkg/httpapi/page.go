package httpapi

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pagePolicy lets a page use its own style and send its form, and nothing else.
var pagePolicy = func() string {
	hash := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

// page is the page that a person with a signed URL sees.
type page struct {
	// About stands above the heading: the subject, or the person who asks.
	About, Heading, Text string
	Form                 bool
	// HasField is set if the form has a field for words. Typed are the words that have been
	// typed into it.
	HasField    bool
	Hint, Typed string
	// Problem says what is wrong with the answer that was sent.
	Problem string
	Buttons []button
	Facts   []fact
	Footer  string
}

// button is a button of the form: its label, and the field that it sends.
type button struct{ Label, Name, Value string }

// fact is a line of information.
type fact struct{ Name, Value string }

// Style is the style sheet, as it is.
func (page) Style() template.CSS { return template.CSS(pageStyle) } //nolint:gosec // the style sheet is part of the program

// Fields and buttons of the form.
const (
	fieldPayload = "payload"
	fieldAnswer  = "answer"
	fieldAs      = "as"
	asWords      = "words"
	answerYes    = "yes"
	answerNo     = "no"
)

// newForm returns the page with the form.
func newForm(g *access.Grant, now time.Time) page {
	p := page{Heading: heading(g), Text: g.Page.Text, Form: true, Facts: facts(g, now)}
	if from := g.Page.From; from != "" {
		p.About = from + " asks:"
	}
	yes, no := words(g)
	switch {
	case g.Payload != nil:
		p.Text = strings.TrimSpace(p.Text + "\n\nThis sends: " + inWords(g, g.Payload))
		p.Buttons = []button{{Label: cmp.Or(g.Page.Yes, "Send")}}
	case g.Page.Answer == access.AnswerYesNo:
		p.Buttons = []button{{yes, fieldAnswer, answerYes}, {no, fieldAnswer, answerNo}}
	case g.Page.Answer == access.AnswerText:
		p.HasField, p.Hint, p.Buttons = true, "In your own words.", []button{{Label: "Send"}}
	default:
		p.HasField, p.Hint, p.Buttons = true, `JSON, such as true, 42 or "some words".`, []button{{Label: "Send"}}
	}
	p.Footer = "This page is for whoever was given its link. Nothing is sent until you press a button."
	return p
}

func heading(g *access.Grant) string {
	return cmp.Or(g.Page.Title, fmt.Sprintf("%s for %s", g.Event, g.Instance))
}

// words returns the words for true and false.
func words(g *access.Grant) (yes, no string) {
	return cmp.Or(g.Page.Yes, "Yes"), cmp.Or(g.Page.No, "No")
}

// facts returns what a person may want to know before answering.
func facts(g *access.Grant, now time.Time) []fact {
	list := []fact{{"Good until", until(g.Until, now)}}
	if g.Once {
		list = append(list, fact{"Good for", "one answer"})
	}
	return append(list, fact{"Event", g.Event}, fact{"Instance", g.Instance})
}

// until returns when a link expires, and in how long that is.
func until(t, now time.Time) string {
	return fmt.Sprintf("%s (in %s)", calendar(t), roughly(t.Sub(now)))
}

func calendar(t time.Time) string { return t.UTC().Format("Monday, 2 January 2006, 15:04 UTC") }

// roughly returns a duration in the words of people.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d.Round(24*time.Hour)/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d.Round(time.Hour)/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d.Round(time.Minute)/time.Minute)
	}
	return "less than 2 minutes"
}

// inWords returns a payload in the words of the buttons, or as it was typed.
func inWords(g *access.Grant, payload json.RawMessage) string {
	yes, no := words(g)
	var value any
	if err := json.Unmarshal(payload, &value); err != nil {
		return clip(string(payload))
	}
	switch value := value.(type) {
	case bool:
		if g.Payload == nil && g.Page.Answer == access.AnswerYesNo {
			return map[bool]string{true: yes, false: no}[value]
		}
	case string:
		return clipWords(value)
	}
	return clipWords(string(payload))
}

func clipWords(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// newThanks returns the page that says that an answer was sent.
func newThanks(g *access.Grant, payload json.RawMessage) page {
	return page{About: heading(g), Heading: "Thank you", Text: fmt.Sprintf("Your answer was sent: %s\nYou can close this page.", inWords(g, payload))}
}

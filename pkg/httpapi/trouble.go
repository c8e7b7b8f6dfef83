package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// linkState says which page is for a person whose link cannot raise the event.
type linkState uint8

const (
	// linkOther depends on the status.
	linkOther linkState = iota
	linkExpired
	linkAltered
	linkUsed
)

// trouble returns the page that tells a person what is wrong and what to do.
func trouble(x *exchange, p *problem) page {
	g := x.grant
	shown := page{}
	if g != nil {
		shown.About = heading(g)
	}
	switch {
	case g != nil && p.human != "":
		return formAgain(x, p)
	case p.link == linkAltered || g == nil && p.status < http.StatusInternalServerError:
		shown.Heading = "This link is not valid"
		shown.Text = "It was changed or cut off on its way, or has been taken back. Open it exactly as you got it, or ask whoever sent it for a new one."
	case p.link == linkExpired:
		shown.Heading, shown.Text = "This link has expired", expired(g)
	case p.link == linkUsed:
		shown.Heading = "This link has been used"
		shown.Text = fmt.Sprintf("It was good for one answer, which was taken on %s: %s\nThere is nothing more to be done here.", calendar(p.sent.Time), inWords(g, p.sent.Data))
	case p.status == http.StatusNotFound:
		shown.Heading = "Not there yet"
		shown.Text = "What this link is for has not begun yet, or was cleared away long after its end. If you have just got the link, try it again in a few minutes."
	case p.status == http.StatusGone:
		shown.Heading = "This is over"
		shown.Text = "What this link was for has come to its end and takes no more answers. There is nothing to be done here any more."
	case g != nil && x.r.Method == http.MethodPost: // the form keeps what was typed
		p.human = "That did not work, and it is not your fault. Please send it again in a few minutes."
		shown = formAgain(x, p)
		shown.Facts = append(shown.Facts, fact{"Request", x.requestID})
	default:
		shown.Heading = "That did not work"
		shown.Text = "This is not your fault. Please try again in a few minutes."
		shown.Facts = []fact{{"Request", x.requestID}}
	}
	return shown
}

func expired(g *access.Grant) string {
	whom := "whoever sent it"
	if g.Page.From != "" {
		whom = g.Page.From
	}
	return fmt.Sprintf("It was good until %s. Ask %s for a new one.", calendar(g.Until), whom)
}

// formAgain shows the form with what was typed and what is wrong with it.
func formAgain(x *exchange, p *problem) page {
	shown := newForm(x.grant, time.Now())
	shown.Typed, shown.Problem = x.typed, p.human
	if p.words {
		shown.Buttons = append(shown.Buttons, button{"Send as plain words", fieldAs, asWords})
	}
	return shown
}

package access

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answer is the kind of answer that the page of a link without a payload asks for.
type Answer string

// Kinds of answers.
const (
	// AnswerJSON is any JSON, which the person types in.
	AnswerJSON Answer = ""
	// AnswerYesNo is true or false, by two buttons.
	AnswerYesNo Answer = "yes-no"
	// AnswerText is plain words, which become a JSON string.
	AnswerText Answer = "text"
)

// Page has the words that a person reads who opens a link. They are signed with the link, so
// that nobody can change them. The zero Page shows the names of the event and the instance.
type Page struct {
	// Title heads the page, such as "Approve the budget?": at most 100 characters.
	Title string
	// Text stands below the title and explains it: at most 1,000 characters, with line breaks.
	Text string
	// From names the person or department that asks: at most 100 characters.
	From string
	// Answer is the kind of answer that the page asks for, if the link has no payload.
	Answer Answer
	// Yes and No are the words on the buttons: at most 40 characters each. With a payload
	// there is one button, with the word Yes.
	Yes, No string
}

// The longest texts of a page, in characters.
const (
	longestTitle = 100
	longestText  = 1000
	longestLabel = 40
)

// IsZero reports whether no words are set.
func (p Page) IsZero() bool { return p == Page{} }

// check returns an error if a text is too long, or does not go with a link that has a payload
// or has none.
func (p Page) check(hasPayload bool) error {
	err := errors.Join(
		checkWords("title", p.Title, longestTitle, ""),
		checkWords("text", p.Text, longestText, "\n\t"),
		checkWords("name of who asks", p.From, longestTitle, ""),
		checkWords("word for yes", p.Yes, longestLabel, ""),
		checkWords("word for no", p.No, longestLabel, ""),
	)
	switch {
	case p.Answer != AnswerJSON && p.Answer != AnswerYesNo && p.Answer != AnswerText:
		err = errors.Join(err, fmt.Errorf("the page cannot ask for %q: use %s or %s", p.Answer, AnswerYesNo, AnswerText))
	case hasPayload && (p.Answer != AnswerJSON || p.No != ""):
		err = errors.Join(err, errors.New("a link with a payload asks for no other answer"))
	case !hasPayload && p.Answer != AnswerYesNo && p.Yes+p.No != "":
		err = errors.Join(err, errors.New("words for yes and no need a link that asks for yes or no"))
	}
	return err
}

func checkWords(what, text string, most int, allowed string) error {
	isBad := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) }
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, isBad):
		return fmt.Errorf("the %s of the link has a control character in it, or is not valid UTF-8", what)
	case text != "" && strings.TrimSpace(text) == "": // a page without a heading, a button without a word
		return fmt.Errorf("the %s of the link is blank", what)
	case utf8.RuneCountInString(text) > most:
		return fmt.Errorf("the %s of the link has more than %d characters", what, most)
	}
	return nil
}

// parts returns the texts of the page, in the order in which they are signed.
func (p Page) parts() []string {
	return []string{p.Title, p.Text, p.From, string(p.Answer), p.Yes, p.No}
}

// pageParameters are the names of the parts in a link.
var pageParameters = []string{"title", "text", "from", "answer", "yes", "no"}

func (p Page) addTo(q url.Values) {
	for i, part := range p.parts() {
		if part != "" {
			q.Set(pageParameters[i], part)
		}
	}
}

func readPage(q url.Values) Page {
	return Page{
		Title: q.Get("title"), Text: q.Get("text"), From: q.Get("from"),
		Answer: Answer(q.Get("answer")), Yes: q.Get("yes"), No: q.Get("no"),
	}
}

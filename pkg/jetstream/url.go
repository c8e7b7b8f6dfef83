package jetstream

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// errURL does not say which part is wrong: that could be a part of a password.
var errURL = errors.New("it must be a URL such as nats://127.0.0.1:4222, or several with commas between; " +
	"what is special in a user name, password or token must be percent-encoded")

// splitURLs returns the URLs of a list with commas between. It returns an error if one cannot
// be read, or is read in another way than it was meant: the client library would name the
// wrong part as the host.
func splitURLs(list string) ([]string, error) {
	var urls []string
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		absolute := text
		if !strings.Contains(text, "://") {
			absolute = "nats://" + text
		}
		u, err := url.Parse(absolute)
		if err != nil || u.Host == "" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
			return nil, errURL
		}
		urls = append(urls, text)
	}
	if urls == nil {
		return nil, errURL
	}
	return urls, nil
}

// userOf returns the user who logs in by a password at the first of the servers, empty for
// nobody.
func userOf(list string) string {
	urls, err := splitURLs(list)
	if err != nil {
		return ""
	}
	first := urls[0]
	if !strings.Contains(first, "://") {
		first = "nats://" + first
	}
	u, err := url.Parse(first)
	if err != nil {
		return ""
	}
	if _, byPassword := u.User.Password(); !byPassword {
		return "" // a name alone is a token
	}
	return u.User.Username()
}

var urlScheme = regexp.MustCompile(`(?:^|,)\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// hidden takes the place of secrets in a shown URL.
const hidden = "xxxxx"

// RedactURL returns a URL, or a list of them with commas between, with passwords and tokens
// made unreadable, to be shown. In doubt it hides more: a text that is no URL may hold a
// password as well.
func RedactURL(urls string) string {
	text := ""
	end := len(urls)
	schemes := urlScheme.FindAllStringIndex(urls, -1)
	for i := len(schemes) - 1; i >= 0; i-- {
		from, to := schemes[i][0], schemes[i][1]
		text = urls[from:to] + redactLogin(urls[to:end]) + text
		end = from
	}
	return redactLogin(urls[:end]) + text
}

// redactLogin keeps the name of a user who logs in by a password. A name alone is a token, and
// a comma may stand in a password or between two servers.
func redactLogin(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 {
		return text
	}
	name, password, _ := strings.Cut(text[:at], ":")
	if password == "" || strings.ContainsAny(name, "@/") || strings.Contains(text[:at], ",") {
		return hidden + text[at:]
	}
	return name + ":" + hidden + text[at:]
}

package httpapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a time as Durable Functions does, by the rules of DateTime.Parse of .NET for
// the invariant culture: a date and a time of day, or one of them, in one of many spellings.
// The month comes before the day if both are numbers. Missing parts are those of the present
// day, in UTC.
func parseTime(text string, now time.Time) (time.Time, bool) {
	text = strings.TrimSpace(text)
	// In a query a "+" that was not encoded is a space.
	for _, spelling := range []string{text, unencodedPlus.ReplaceAllString(text, "$1+$2")} {
		if t, ok := readTime(spelling, now.UTC()); ok && t.Year() >= 1 && t.Year() <= 9999 {
			return t, true
		}
	}
	return time.Time{}, false
}

var (
	unencodedPlus = regexp.MustCompile(`(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$`)
	// clockPattern is a time of day, with or without a zone. Without minutes it needs am or
	// pm.
	clockPattern = regexp.MustCompile(`(?i)^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9})\d*)?)?)?\s*(am|pm|a|p)?\s*(z|gmt|utc|[+-]\d{1,2}(?::?\d{2})?)?$`)
	// clockStart is where a time of day begins behind a date.
	clockStart = regexp.MustCompile(`(?i)(^|[\sT])(\d{1,2}(?::|\s*[ap]m?(?:\W|$)).*)$`)
	// earlyYear is a date with a year before 1000, which some programs write without zeros.
	earlyYear = regexp.MustCompile(`^(\d{1,3})(-\d{1,2}-\d{1,2})$`)
	weekday   = regexp.MustCompile(`(?i)^(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?,?\s+`)
)

func readTime(text string, now time.Time) (time.Time, bool) {
	text = weekday.ReplaceAllString(text, "")
	date, clock := text, ""
	if at := clockStart.FindStringSubmatchIndex(text); at != nil {
		date, clock = strings.TrimSuffix(strings.TrimSpace(text[:at[4]]), "T"), text[at[4]:]
		date = strings.TrimSuffix(strings.TrimSpace(date), ",")
	} else {
		date, _ = strings.CutSuffix(date, "Z")
	}
	day := now.Truncate(24 * time.Hour)
	if date != "" {
		var ok bool
		if day, ok = readDate(date, now); !ok {
			return time.Time{}, false
		}
	}
	if clock == "" {
		return day, date != ""
	}
	since, ok := readClock(clock)
	return day.Add(since), ok
}

// readClock returns the time since midnight in UTC.
func readClock(text string) (time.Duration, bool) {
	parts := clockPattern.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	if parts[2] == "" && parts[5] == "" {
		return 0, false // it is a mere number
	}
	hour, minute, second := number(parts[1]), number(parts[2]), number(parts[3])
	fraction := number((parts[4] + "000000000")[:9])
	if half := strings.ToLower(parts[5]); half != "" {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		hour %= 12
		if half[0] == 'p' {
			hour += 12
		}
	}
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(fraction)
	if minute > 59 || second > 59 || since >= 24*time.Hour && since != 24*time.Hour {
		return 0, false
	}
	ahead, ok := readZone(parts[6])
	return since - ahead, ok
}

// readZone returns how far a zone is ahead of UTC.
func readZone(text string) (time.Duration, bool) {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0, true
	}
	digits := strings.ReplaceAll(text[1:], ":", "")
	hours, minutes := number(digits), 0
	if len(digits) > 2 {
		hours, minutes = number(digits[:len(digits)-2]), number(digits[len(digits)-2:])
	}
	ahead := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[0] == '-' {
		ahead = -ahead
	}
	return ahead, minutes < 60 && hours <= 14
}

// readDate reads a date: numbers, and at most one name of a month.
func readDate(text string, now time.Time) (time.Time, bool) {
	if early := earlyYear.FindStringSubmatch(text); early != nil {
		text = ("000" + early[1])[len(early[1])-1:] + early[2]
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("-/., ", r) })
	month := slices.IndexFunc(parts, func(part string) bool { return monthOf(part) != 0 })
	var name time.Month
	if month >= 0 {
		name = monthOf(parts[month])
		parts = slices.Delete(parts, month, month+1)
	}
	for _, part := range parts {
		if len(part) > 4 || number(part) < 0 {
			return time.Time{}, false
		}
	}
	year, m, d := arrange(parts, name, now.Year())
	t := time.Date(year, m, d, 0, 0, 0, 0, time.UTC)
	return t, year > 0 && t.Month() == m && t.Day() == d
}

// arrange returns the year, month and day that the numbers of a date stand for; year 0 if they
// are no date.
func arrange(parts []string, month time.Month, thisYear int) (year int, m time.Month, day int) {
	if month != 0 {
		return arrangeNamed(parts, month, thisYear)
	}
	switch len(parts) {
	case 3:
		if isYear(parts[0]) {
			return number(parts[0]), time.Month(number(parts[1])), number(parts[2])
		}
		return fullYear(parts[2]), time.Month(number(parts[0])), number(parts[1])
	case 2:
		switch {
		case isYear(parts[0]):
			return number(parts[0]), time.Month(number(parts[1])), 1
		case isYear(parts[1]):
			return number(parts[1]), time.Month(number(parts[0])), 1
		}
		return thisYear, time.Month(number(parts[0])), number(parts[1])
	}
	return 0, 0, 0
}

// arrangeNamed is arrange for the numbers beside the name of a month.
func arrangeNamed(parts []string, month time.Month, thisYear int) (year int, m time.Month, day int) {
	switch {
	case len(parts) == 2 && isYear(parts[0]):
		return number(parts[0]), month, number(parts[1])
	case len(parts) == 2:
		return fullYear(parts[1]), month, number(parts[0])
	case len(parts) == 1 && isYear(parts[0]):
		return number(parts[0]), month, 1
	case len(parts) == 1:
		return thisYear, month, number(parts[0])
	}
	return 0, 0, 0
}

// isYear reports whether a number can only be a year.
func isYear(part string) bool { return len(part) > 2 }

// fullYear returns a year that may be written with two digits.
func fullYear(part string) int {
	year := number(part)
	switch {
	case len(part) > 2:
		return year
	case year < 50:
		return 2000 + year
	}
	return 1900 + year
}

// monthOf returns the month of that name, whole or its first three letters; 0 for none.
func monthOf(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(name, m.String()) || strings.EqualFold(name, m.String()[:3]) {
			return m
		}
	}
	return 0
}

// number returns the value of digits, 0 for an empty text, -1 for any other text.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || text[0] == '+' || text[0] == '-' {
		return -1
	}
	return n
}

package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal is json.Unmarshal with exact numbers, unless exact is false: where a
// history was begun before there were any. An integer that a float64 may not hold, in
// place of an any, is an int64, or a json.Number if that is too small. An integer type
// takes any number that is one, such as 42.0 and 1e3.
func Unmarshal(data []byte, target any, exact bool) error {
	if !exact {
		return json.Unmarshal(data, target)
	}
	err := unmarshalExact(data, target)
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) || !strings.HasPrefix(mistyped.Value, "number") {
		return err
	}
	plain, changed := plainIntegers(data)
	if !changed {
		return err
	}
	reflect.ValueOf(target).Elem().SetZero()
	if unmarshalExact(plain, target) != nil {
		return err // it names the number as it was sent
	}
	return nil
}

// longNumber is how many digits the shortest integer has that a float64 may not hold.
const longNumber = 16

// unmarshalExact reads numbers in place of an any exactly. JSON without long numbers,
// which is nearly all there is, is read as it always was.
func unmarshalExact(data []byte, target any) error {
	if !hasLongNumber(data) || !json.Valid(data) {
		return json.Unmarshal(data, target)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(target); err != nil {
		return err
	}
	return exactNumbers(reflect.ValueOf(target).Elem())
}

func hasLongNumber(data []byte) bool {
	run := 0
	for _, c := range data {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run == longNumber {
			return true
		}
	}
	return false
}

// exactNumbers replaces the json.Numbers that a decoder has put in place of an any by
// numbers.
func exactNumbers(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Interface:
		return exactAny(v)
	case reflect.Pointer:
		if !v.IsNil() {
			return exactNumbers(v.Elem())
		}
	case reflect.Struct:
		if v.CanAddr() && v.Addr().Type().Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return nil // it has read itself
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				if err := exactNumbers(f); err != nil {
					return err
				}
			}
		}
	case reflect.Slice, reflect.Array:
		for i := 0; i < v.Len() && isDeep(v.Type().Elem()); i++ {
			if err := exactNumbers(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		return exactMap(v)
	}
	return nil
}

// isDeep reports whether there may be an any in values of the type.
func isDeep(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		return true
	}
	return false
}

func exactMap(v reflect.Value) error {
	if !isDeep(v.Type().Elem()) {
		return nil
	}
	for _, key := range v.MapKeys() {
		exact := reflect.New(v.Type().Elem()).Elem()
		exact.Set(v.MapIndex(key))
		if err := exactNumbers(exact); err != nil {
			return err
		}
		v.SetMapIndex(key, exact)
	}
	return nil
}

func exactAny(v reflect.Value) error {
	switch held := v.Elem(); {
	case !held.IsValid():
		return nil
	case held.Type() == reflect.TypeFor[json.Number]():
		number, err := exactNumber(held.String())
		if err == nil {
			v.Set(reflect.ValueOf(number))
		}
		return err
	case held.Kind() == reflect.Map, held.Kind() == reflect.Slice, held.Kind() == reflect.Pointer:
		return exactNumbers(held)
	}
	return nil
}

// exactNumber returns a float64, as encoding/json does, where no digit is lost by it.
func exactNumber(text string) (any, error) {
	const exact = 1 << 53
	if !strings.ContainsAny(text, ".eE") {
		switch i, err := strconv.ParseInt(text, 10, 64); {
		case err != nil:
			return json.Number(text), nil
		case i > exact || i < -exact:
			return i, nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, &json.UnmarshalTypeError{Value: "number " + text, Type: reflect.TypeFor[float64]()}
	}
	return f, nil
}

// plainIntegers writes the numbers of a JSON text that are integers as such: 42 for 42.0
// and 1000 for 1e3. It reports whether there were any.
func plainIntegers(data []byte) ([]byte, bool) {
	var out []byte
	changed, quoted := false, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if quoted && c == '\\' && i+1 < len(data) {
			out = append(out, c, data[i+1])
			i++
			continue
		}
		if c == '"' {
			quoted = !quoted
		}
		if quoted || c != '-' && (c < '0' || c > '9') {
			out = append(out, c)
			continue
		}
		end := i
		for end < len(data) && strings.IndexByte("+-.0123456789eE", data[end]) >= 0 {
			end++
		}
		number := data[i:end]
		if plain, ok := plainInteger(string(number)); ok {
			number, changed = []byte(plain), true
		}
		out = append(out, number...)
		i = end - 1
	}
	return out, changed
}

// plainInteger writes a number with a fraction or an exponent as an integer, if it is one
// of no more digits than any integer type has.
func plainInteger(text string) (string, bool) {
	const most = 64
	digits, sign := strings.CutPrefix(text, "-")
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, hasFraction := strings.Cut(mantissa, ".")
	if !hasExponent && !hasFraction || len(mantissa) > most {
		return "", false
	}
	shift := 0
	if hasExponent {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > most || shift < -most {
			return "", false
		}
	}
	all := whole + fraction + strings.Repeat("0", max(0, shift))
	point := min(max(0, len(whole)+shift), len(all))
	if strings.Trim(all[point:], "0") != "" {
		return "", false
	}
	integer := strings.TrimLeft(all[:point], "0")
	switch {
	case integer == "":
		return "0", true
	case sign:
		return "-" + integer, true
	}
	return integer, true
}

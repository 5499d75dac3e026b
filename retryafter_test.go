package ifmatch

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRetryAfterReadsSecondsAndDates(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		fields []string
		date   string
		want   time.Duration
		ok     bool
	}{
		{"seconds", []string{"120"}, "", 2 * time.Minute, true},
		{"zero", []string{"0"}, "", 0, true},
		{"leading zeros", []string{"007"}, "", 7 * time.Second, true},
		{"surrounding blanks", []string{" 5\t"}, "", 5 * time.Second, true},
		{"IMF-fixdate", []string{"Fri, 20 Nov 2026 10:00:30 GMT"}, "", 30 * time.Second, true},
		{"RFC 850", []string{"Friday, 20-Nov-26 10:00:30 GMT"}, "", 30 * time.Second, true},
		{"asctime", []string{"Fri Nov 20 10:00:30 2026"}, "", 30 * time.Second, true},
		{"a date that has passed", []string{"Fri, 20 Nov 2026 09:00:00 GMT"}, "", 0, true},
		{"server clock an hour behind", []string{"Fri, 20 Nov 2026 09:00:30 GMT"}, "Fri, 20 Nov 2026 09:00:00 GMT",
			30 * time.Second, true},
		{"server clock an hour ahead", []string{"Fri, 20 Nov 2026 11:00:30 GMT"}, "Fri, 20 Nov 2026 11:00:00 GMT",
			30 * time.Second, true},
		{"garbage Date", []string{"Fri, 20 Nov 2026 10:00:30 GMT"}, "today", 30 * time.Second, true},
		{"the longest counts", []string{"3", "x", "9", "5"}, "", 9 * time.Second, true},

		{"a century", []string{"Fri, 20 Nov 2126 10:00:00 GMT"}, "", maxRetryAfter, true},
		{"overflows a Duration", []string{"9223372037"}, "", maxRetryAfter, true},
		{"overflows 64 bits", []string{"99999999999999999999999"}, "", maxRetryAfter, true},
		{"a thousand digits", []string{strings.Repeat("9", 1000)}, "", maxRetryAfter, true},
		{"just above the limit", []string{"31536001"}, "", maxRetryAfter, true},
		{"just below the limit", []string{"31535999"}, "", maxRetryAfter - time.Second, true},

		{"absent", nil, "", 0, false},
		{"empty", []string{""}, "", 0, false},
		{"negative", []string{"-1"}, "", 0, false},
		{"plus", []string{"+1"}, "", 0, false},
		{"fraction", []string{"1.5"}, "", 0, false},
		{"unit", []string{"5s"}, "", 0, false},
		{"hexadecimal", []string{"0x10"}, "", 0, false},
		{"other digits", []string{"٣"}, "", 0, false},
		{"ISO date", []string{"2026-11-20T10:00:30Z"}, "", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Retry-After": c.fields}
			if c.date != "" {
				h.Set("Date", c.date)
			}
			d, ok := retryAfter(h, now)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.want, d)
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "Fri, 20 Nov 2026 10:00:00 GMT")
	f.Add("Fri, 20 Nov 2026 10:00:30 GMT", "")
	f.Add("Friday, 20-Nov-26 10:00:30 GMT", "Fri Nov 20 10:00:30 2026")
	f.Add("-9223372037", "x")
	f.Fuzz(func(t *testing.T, field, date string) {
		h := http.Header{"Retry-After": {field}, "Date": {date}}
		d, ok := retryAfter(h, time.Unix(1.8e9, 0))
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, maxRetryAfter)
		require.True(t, ok || d == 0)
		_, err := http.ParseTime(strings.Trim(field, " \t"))
		onlyDigits := strings.Trim(field, " \t") != "" && strings.Trim(strings.Trim(field, " \t"), "0123456789") == ""
		require.Equal(t, err == nil || onlyDigits, ok, "%q", field)
	})
}

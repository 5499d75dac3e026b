package ifmatch_test

import (
	"testing"
)

func TestARefusalOfAnySizeIsKeptInPartAndPrintsCleanly(t *testing.T) {
	withstand(t, []hostile{
		{does: "refuses with a page of terminal commands",
			get: says("401 Unauthorized", "Content-Type: text/html\nWWW-Authenticate: "+secret,
				"<html>"+escape+secret),
			gets: "401"},
		{does: "refuses with content without end",
			get:  pours("HTTP/1.1 403 Forbidden\r\n"+problemJSON+"\r\n{\"detail\":\"", megabyte),
			gets: "403"},
	})
}

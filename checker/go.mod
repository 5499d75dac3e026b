module github.com/ifmatch-go/ifmatch/checker

go 1.26.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/ifmatch-go/ifmatch v0.0.0
	golang.org/x/net v0.62.0
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/ifmatch-go/ifmatch => ../

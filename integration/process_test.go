package integration_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// runUntilEnd starts cmd, which must have been made with t.Context(), and ends it by its process id
// when t ends: first with a request, then by force. A server that ends by itself before that fails
// t, with what it printed.
func runUntilEnd(t *testing.T, cmd *exec.Cmd) error {
	var output bytes.Buffer
	var told atomic.Bool
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error {
		told.Store(true)
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	cmd.WaitDelay = 5 * time.Second
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	t.Cleanup(func() { // t's context has ended by now
		err := cmd.Wait()
		if !told.Load() {
			t.Errorf("%s ended by itself: %v", cmd.Path, err)
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s", cmd.Path, &output)
		}
	})
	return nil
}

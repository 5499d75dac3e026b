package integration_test

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the process when the test's own process dies without cleaning
// up: a panic, a timeout of go test, a kill.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

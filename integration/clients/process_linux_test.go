package clients_test

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the server when the test's own process dies without cleaning up.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

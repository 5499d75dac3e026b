package bench

import (
	"os"
	"os/exec"
	"path/filepath"
)

// GitMergeFile merges a text as a program without a library does: three files in dir, and a process
// of git.
func GitMergeFile(dir string, t Triple) ([]byte, error) {
	args := []string{"merge-file", "-p"}
	for _, file := range []struct {
		name string
		text []byte
	}{{"local", t.Local}, {"base", t.Base}, {"remote", t.Remote}} {
		path := filepath.Join(dir, file.name)
		if err := os.WriteFile(path, file.text, 0o600); err != nil {
			return nil, err
		}
		args = append(args, path)
	}
	return exec.Command("git", args...).Output()
}

// HasGit reports whether there is a git to compare with.
func HasGit() bool {
	_, err := exec.LookPath("git")
	return err == nil
}

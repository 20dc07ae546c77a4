package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

// versions prints the Go version and each module that is linked in: a name and a version a line.
func versions(out io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this program was built without module information")
	}
	if _, err := fmt.Fprintln(out, "go", info.GoVersion); err != nil {
		return err
	}
	for _, module := range info.Deps {
		if _, err := fmt.Fprintln(out, module.Path, module.Version); err != nil {
			return err
		}
	}
	return nil
}

// Command kubernetes-yaml reads YAML with the libraries that Kubernetes itself reads it with: a peer to measure against,
// and an oracle that says what a file means.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `usage:
  kubernetes-yaml documents [FILE]...   each document as a line of JSON; standard input without FILE
  kubernetes-yaml batch                 the same for many inputs: length-prefixed on standard input, answers alike
  kubernetes-yaml load FILE...          reads the files, then answers each line of standard input with one timed load
  kubernetes-yaml read FILE...          the same, but each load reads the files anew, one after the other
  kubernetes-yaml versions              the modules that this program is built from
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes-yaml:", err)
		os.Exit(1)
	}
}

func run(command string, args []string) error {
	switch command {
	case "documents":
		return documents(args, os.Stdout)
	case "batch":
		return batch(os.Stdin, os.Stdout)
	case "load":
		return load(args, true, os.Stdin, os.Stdout)
	case "read":
		return load(args, false, os.Stdin, os.Stdout)
	case "versions":
		return versions(os.Stdout)
	default:
		return fmt.Errorf("unknown command %q\n%s", command, usage)
	}
}

func documents(files []string, out io.Writer) error {
	if len(files) == 0 {
		content, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		_, err = out.Write(describe(content))
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := out.Write(describe(content)); err != nil {
			return err
		}
	}
	return nil
}

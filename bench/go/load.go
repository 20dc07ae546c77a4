package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// load answers `ready`, and then each line of its input with one load of all files: `<nanoseconds> <refused files>`,
// the time being the processor's.
//
// With hold, the files are read and split before the first round, and the clock runs for the decoding alone. They are
// then most of the heap, and since the collector waits for the heap to double, it has little to do. Without hold, each
// file is read and split within the round, as a program does that reads a file, uses it and goes on to the next.
func load(names []string, hold bool, in io.Reader, out io.Writer) error {
	files := make([]func() ([][]byte, error), 0, len(names))
	for _, name := range names {
		file := func() ([][]byte, error) { return read(name) }
		if hold {
			documents, err := read(name)
			if err != nil {
				return err
			}
			file = func() ([][]byte, error) { return documents, nil }
		}
		files = append(files, file)
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	rounds := bufio.NewScanner(in)
	for rounds.Scan() {
		// Every round starts from the same heap; what the collector does within a round counts.
		runtime.GC()
		start, err := processorTime()
		if err != nil {
			return err
		}
		refused := 0
		for _, file := range files {
			documents, err := file()
			if err != nil {
				return err
			}
			if decode(documents) != nil {
				refused++
			}
		}
		end, err := processorTime()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, (end - start).Nanoseconds(), refused); err != nil {
			return err
		}
	}
	return rounds.Err()
}

// processorTime is what this process has used so far, the garbage collector's part included.
func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// decode reads the documents of a file into the form in which unstructured objects hold them, and drops them.
func decode(documents [][]byte) error {
	for _, document := range documents {
		var object map[string]any
		if err := yaml.Unmarshal(document, &object); err != nil {
			return err
		}
	}
	return nil
}

// read separates the documents of a file as apimachinery's decoder does.
func read(name string) ([][]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	reader := k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var documents [][]byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		documents = append(documents, document)
	}
}

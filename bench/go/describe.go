package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// peek is how far the decoder looks for the brace that makes a stream JSON; what cli-runtime passes.
const peek = 4096

// describe says what Kubernetes reads in a file: one line of JSON for each document, with sorted keys, and a line
// `ERR <message>` where it refuses, after which it reads no further. Empty documents and null have no line.
//
// The loop is the one of cli-runtime's StreamVisitor, which kubectl and operator-controller read with.
func describe(content []byte) []byte {
	var lines bytes.Buffer
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), peek)
	for {
		document, err := next(decoder)
		if errors.Is(err, io.EOF) {
			return lines.Bytes()
		}
		if err != nil {
			message := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
			fmt.Fprintf(&lines, "ERR %s\n", strings.ReplaceAll(message, "\n", " "))
			return lines.Bytes()
		}
		if document != nil {
			lines.Write(document)
			lines.WriteByte('\n')
		}
	}
}

// next is the next document in its canonical form, nil where it is empty. A panic of the decoder is an error like others.
func next(decoder *yaml.YAMLOrJSONDecoder) (line []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			line, err = nil, fmt.Errorf("panic: %v", cause)
		}
	}()
	raw := runtime.RawExtension{}
	if err := decoder.Decode(&raw); err != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(raw.Raw); len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return nil, nil
	}
	return canonical(raw.Raw)
}

// canonical writes a JSON value with sorted keys, without spaces, and with numbers in one form.
func canonical(raw []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	value, err := numbers(value)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// numbers replaces the text of each number by the integer of 64 bits that it is, signed or not, else by a float.
func numbers(value any) (any, error) {
	var err error
	switch typed := value.(type) {
	case map[string]any:
		for key, item := range typed {
			if typed[key], err = numbers(item); err != nil {
				return nil, err
			}
		}
	case []any:
		for index, item := range typed {
			if typed[index], err = numbers(item); err != nil {
				return nil, err
			}
		}
	case json.Number:
		if signed, err := strconv.ParseInt(typed.String(), 10, 64); err == nil {
			return signed, nil
		}
		if unsigned, err := strconv.ParseUint(typed.String(), 10, 64); err == nil {
			return unsigned, nil
		}
		return typed.Float64()
	}
	return value, nil
}

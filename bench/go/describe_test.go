package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestDescribe(t *testing.T) {
	for _, test := range []struct{ name, content, want string }{
		{"nothing", "", ""},
		{"empty documents and null", "---\n# comment\n---\nnull\n---\na: 1\n", `{"a":1}` + "\n"},
		{"YAML 1.1 scalars", "mode: 0644\non: yes\n", `{"mode":420,"true":true}` + "\n"},
		{"one form of numbers", `{"a":1e3,"b":1.0,"c":12345678901234567890}`, `{"a":1000,"b":1,"c":12345678901234567890}` + "\n"},
		{"sorted keys", "b: 1\na: <&>\n", `{"a":"<&>","b":1}` + "\n"},
		{"a stream of JSON", "{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}\n"},
		{"an error ends the file", "a: 1\n---\na: [\n---\nb: 2\n", "{\"a\":1}\nERR yaml: line 1: did not find expected node content\n"},
		{"a bad separator", "--- a: 1\n", "ERR invalid Yaml document separator: a: 1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(describe([]byte(test.content))); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBatchAnswersEachInput(t *testing.T) {
	var in, out bytes.Buffer
	for _, content := range []string{"a: 1", ""} {
		_ = binary.Write(&in, binary.BigEndian, uint32(len(content)))
		in.WriteString(content)
	}
	if err := batch(&in, &out); err != nil {
		t.Fatal(err)
	}
	want := "\x00\x00\x00\x08{\"a\":1}\n\x00\x00\x00\x00"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

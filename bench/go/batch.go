package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxInput bounds what a length prefix can ask for, in bytes.
const maxInput = 256 << 20

// batch answers inputs until the stream ends. An input is a length (4 bytes, big-endian) and so many bytes; its answer is
// what describe makes of it, in the same form. Each answer is flushed before the next input is read.
func batch(in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	writer := bufio.NewWriter(out)
	var prefix [4]byte
	for {
		if _, err := io.ReadFull(reader, prefix[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the length of an input: %w", err)
		}
		length := binary.BigEndian.Uint32(prefix[:])
		if length > maxInput {
			return fmt.Errorf("an input of %d bytes, expected at most %d", length, maxInput)
		}
		content := make([]byte, length)
		if _, err := io.ReadFull(reader, content); err != nil {
			return fmt.Errorf("an input of %d bytes: %w", length, err)
		}
		answer := describe(content)
		binary.BigEndian.PutUint32(prefix[:], uint32(len(answer)))
		// A failed write shows at the flush.
		_, _ = writer.Write(prefix[:])
		_, _ = writer.Write(answer)
		if err := writer.Flush(); err != nil {
			return err
		}
	}
}

//! Archives for tests, written header by header, so that they can lie.

use std::io::Write as _;

use tar::{EntryType, Header};

/// An archive in the making.
#[derive(Clone, Default)]
pub(crate) struct Forge {
    bytes: Vec<u8>,
}

impl Forge {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A header with a checksum that is right, after `change` had its way; no data.
    pub(crate) fn header(
        mut self,
        name: &[u8],
        kind: u8,
        size: u64,
        change: impl FnOnce(&mut Header),
    ) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(EntryType::new(kind));
        header.set_size(size);
        header.set_mode(0o644);
        change(&mut header);
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self
    }

    /// Data, padded to whole blocks.
    pub(crate) fn data(mut self, data: &[u8]) -> Self {
        self.bytes.extend_from_slice(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// Bytes as they are.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// An entry of any kind, with data.
    pub(crate) fn entry(self, name: impl AsRef<[u8]>, kind: u8, data: &[u8]) -> Self {
        self.header(name.as_ref(), kind, data.len() as u64, |_| {}).data(data)
    }

    pub(crate) fn file(self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.entry(name, b'0', content.as_ref())
    }

    pub(crate) fn directory(self, name: &str) -> Self {
        self.entry(name, b'5', b"")
    }

    pub(crate) fn symlink(self, name: &str, target: &str) -> Self {
        self.link(name, b'2', target)
    }

    pub(crate) fn hard_link(self, name: &str, target: &str) -> Self {
        self.link(name, b'1', target)
    }

    fn link(self, name: &str, kind: u8, target: &str) -> Self {
        self.header(name.as_bytes(), kind, 0, |header| {
            header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        })
    }

    /// A long name for the next entry, in the form of GNU tar.
    pub(crate) fn long_name(self, name: &[u8]) -> Self {
        self.entry("././@LongLink", b'L', &[name, b"\0"].concat())
    }

    /// PAX records for the next entry.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let data: Vec<u8> = records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
        self.pax_data(&data)
    }

    /// The data of a PAX header for the next entry, as it is.
    pub(crate) fn pax_data(self, data: &[u8]) -> Self {
        self.header(b"PaxHeaders/x", b'x', data.len() as u64, |header| {
            header.as_old_mut().pad[..8].copy_from_slice(b"ustar\x0000");
        })
        .data(data)
    }

    /// The archive without its end mark.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.bytes
    }

    /// The archive with its end mark.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}

/// One PAX record: its length in decimal, which counts itself, a space, `key=value` and a line break.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 9).find(|length| *length == rest + length.to_string().len()).unwrap();
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd_with_window(bytes, 0)
}

/// A frame whose header asks for a window of `2^log` bytes.
pub(crate) fn zstd_with_window(bytes: &[u8], log: u32) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.window_log(log).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

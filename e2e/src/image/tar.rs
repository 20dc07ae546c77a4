//! Archives that are written header by header, so that they can lie.

use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// An archive in the making.
#[derive(Debug, Clone, Default)]
pub struct Tar(Vec<u8>);

impl Tar {
    /// With nothing in it yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An archive of files.
    #[must_use]
    pub fn files(files: &[(&str, &str)]) -> Self {
        files.iter().fold(Self::new(), |tar, (name, content)| tar.file(name, content))
    }

    /// A header with a checksum that is right, after `change` had its way; no data.
    #[must_use]
    pub fn header(
        mut self,
        name: impl AsRef<[u8]>,
        kind: u8,
        size: u64,
        change: impl FnOnce(&mut Header),
    ) -> Self {
        let mut header = Header::new_gnu();
        for (to, from) in header.as_old_mut().name.iter_mut().zip(name.as_ref()) {
            *to = *from;
        }
        header.set_entry_type(EntryType::new(kind));
        header.set_size(size);
        header.set_mode(0o644);
        change(&mut header);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    /// Data, padded to whole blocks.
    #[must_use]
    pub fn data(mut self, data: &[u8]) -> Self {
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An entry of any kind, with data.
    #[must_use]
    pub fn entry(self, name: impl AsRef<[u8]>, kind: u8, data: &[u8]) -> Self {
        self.header(name, kind, data.len() as u64, |_| {}).data(data)
    }

    /// A file.
    #[must_use]
    pub fn file(self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.entry(name, b'0', content.as_ref())
    }

    /// A directory.
    #[must_use]
    pub fn directory(self, name: &str) -> Self {
        self.entry(name, b'5', b"")
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(self, name: &str, target: &str) -> Self {
        self.link(name, b'2', target)
    }

    /// A hard link.
    #[must_use]
    pub fn hard_link(self, name: &str, target: &str) -> Self {
        self.link(name, b'1', target)
    }

    fn link(self, name: &str, kind: u8, target: &str) -> Self {
        self.header(name, kind, 0, |header| {
            for (to, from) in header.as_old_mut().linkname.iter_mut().zip(target.as_bytes()) {
                *to = *from;
            }
        })
    }

    /// A long name for the next entry, in the form of GNU tar.
    #[must_use]
    pub fn long_name(self, name: &[u8]) -> Self {
        self.entry("././@LongLink", b'L', &[name, b"\0"].concat())
    }

    /// PAX records for the next entry.
    #[must_use]
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let data: Vec<u8> = records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
        self.header("PaxHeaders/x", b'x', data.len() as u64, |header| {
            for (to, from) in header.as_old_mut().pad.iter_mut().zip(b"ustar\x0000") {
                *to = *from;
            }
        })
        .data(&data)
    }

    /// The archive without its end mark.
    #[must_use]
    pub fn unfinished(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// The archive with its end mark.
    #[must_use]
    pub fn finish(&self) -> Vec<u8> {
        let mut bytes = self.0.clone();
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        bytes
    }
}

/// One PAX record: its length in decimal, which counts itself, a space, `key=value` and a line break.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 9).find(|length| *length == rest + length.to_string().len()).unwrap_or(rest);
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

//! How much of an input is accepted.

/// Bounds on what is read and kept. Each has an error of its own ([`TreeError`](crate::TreeError)).
///
/// A value that equals its limit is accepted, one more is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all kept files together; a followed link counts as a file of its own. 64 MiB.
    pub kept_bytes: u64,
    /// Bytes of one kept file. 16 MiB.
    pub file_bytes: u64,
    /// Kept files and links. There may be as many directories beside them, those counted that only a path implies. 10,000.
    pub files: u64,
    /// Bytes of the paths of all that is kept, of the directories that these imply, and of the targets of links, together.
    /// 16 MiB.
    pub names_bytes: u64,
    /// Bytes of the path of a kept file, and of the target of a kept link. 4,096.
    pub path_bytes: usize,
    /// Bytes of one component of a kept path. 255.
    pub name_bytes: usize,
    /// Components of a kept path. 32.
    pub depth: usize,
    /// How many bytes one compressed byte may become. Not judged before 1 MiB has come out, so that a small file of one
    /// repeated line passes. 200.
    pub ratio: u64,
    /// Bytes that are read past: files outside the kept folders, files that a later entry replaced, and what follows the
    /// end of an archive. 10 GiB.
    pub skipped_bytes: u64,
    /// Entries that are read past. 1,000,000.
    pub skipped_entries: u64,
    /// How far back a zstd stream may refer, which is what its decoder allocates; rounded down to a power of two. 8 MiB,
    /// which RFC 8878 (section 3.1.1.1.2) recommends that every decoder supports.
    pub zstd_window_bytes: u64,
}

impl Limits {
    /// Bytes of a compressed archive, of which some may come to nothing: as many as may come out of it.
    #[must_use]
    pub fn input_bytes(&self) -> u64 {
        self.kept_bytes.saturating_add(self.skipped_bytes)
    }
}

const MIB: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            kept_bytes: 64 * MIB,
            file_bytes: 16 * MIB,
            files: 10_000,
            names_bytes: 16 * MIB,
            path_bytes: 4096,
            name_bytes: 255,
            depth: 32,
            ratio: 200,
            skipped_bytes: 10 * 1024 * MIB,
            skipped_entries: 1_000_000,
            zstd_window_bytes: 8 * MIB,
        }
    }
}

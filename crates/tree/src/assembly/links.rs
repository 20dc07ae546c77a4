//! Symbolic links, followed within what is kept.
//!
//! They are followed by name alone, never by the host's file system, so a link means the same in an archive and in a
//! directory. An absolute target begins at the root of the tree, as it does in a container.

use std::collections::HashMap;

use super::{Assembly, Node};
use crate::{LinkFault, RelativePath, ShownPath, TreeError};

/// Links in a row that are followed, as many as Linux follows (`MAXSYMLINKS`).
const HOPS: usize = 40;

/// Where a link ends.
#[derive(Clone, Copy)]
struct Known<'a> {
    content: &'a [u8],
    /// Links in a row from there on, itself included.
    hops: usize,
}

impl Assembly<'_> {
    /// Puts the content of the file that it leads to in the place of every link.
    pub(super) fn follow_links(&mut self) -> Result<(), TreeError> {
        let mut followed = Vec::new();
        let (mut known, mut copied) = (HashMap::new(), 0);
        for (link, target) in self.lower.links() {
            let content = self.destination(link, target, &mut known)?.to_vec();
            let size = content.len() as u64;
            // Every copy counts: a thousand links to one large file are a large tree.
            self.expect_room_beside(copied, link, size)?;
            copied += size;
            followed.push((link.clone(), content));
        }
        self.kept_bytes += copied;
        for (link, content) in followed {
            self.lower.insert(link, Node::File(content));
        }
        Ok(())
    }

    /// The content of the kept file at which a link ends. What was found of others is used, and what is found is noted: each target is
    /// read once, however many links lead over it.
    fn destination<'a>(
        &'a self,
        link: &'a str,
        first: &'a [u8],
        known: &mut HashMap<&'a str, Known<'a>>,
    ) -> Result<&'a [u8], TreeError> {
        let fail =
            |fault| TreeError::Link { path: ShownPath::new(link), target: ShownPath::new(first), fault };
        let (mut at, mut target) = (link, first);
        let mut passed = Vec::new();
        let end = loop {
            if let Some(end) = known.get(at) {
                break *end;
            }
            if passed.len() >= HOPS {
                return Err(fail(LinkFault::TooManyHops));
            }
            passed.push(at);
            let from = RelativePath::parse(at.as_bytes())?.parent();
            let to = from.follow(target).ok_or_else(|| fail(LinkFault::LeavesTree))?;
            match str::from_utf8(to.as_bytes()).ok().and_then(|name| self.lower.get_key_value(name)) {
                Some((_, Node::File(content))) => break Known { content, hops: 0 },
                Some((path, Node::Link(next))) => (at, target) = (path, next),
                Some((_, Node::Directory)) | None => return Err(self.cannot_follow(link, first, &to)),
            }
        };
        let Known { content, mut hops } = end;
        if hops + passed.len() > HOPS {
            return Err(fail(LinkFault::TooManyHops));
        }
        for link in passed.into_iter().rev() {
            hops += 1;
            known.insert(link, Known { content, hops });
        }
        Ok(content)
    }

    /// Why a link that leads to a path where there is neither file nor link is not followed.
    pub(super) fn cannot_follow(&self, link: &str, target: &[u8], destination: &RelativePath) -> TreeError {
        let name = String::from_utf8_lossy(destination.as_bytes());
        let fault = if destination.is_root() || self.is_directory(&name) {
            LinkFault::ToDirectory
        } else if self.keep().covers(destination) {
            LinkFault::Dangling
        } else {
            LinkFault::NotKept
        };
        TreeError::Link { path: ShownPath::new(link), target: ShownPath::new(target), fault }
    }
}

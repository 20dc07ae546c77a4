//! Symbolic links, followed within what is kept.
//!
//! They are followed by name alone, never by the host's file system, so a link means the same in an archive and in a
//! directory. An absolute target begins at the root of the tree, as it does in a container.

use super::{Assembly, Node};
use crate::{LinkFault, RelativePath, ShownPath, TreeError};

/// Links in a row that are followed, as many as Linux follows (`MAXSYMLINKS`).
const HOPS: usize = 40;

impl Assembly<'_> {
    /// Puts the content of the file that it leads to in the place of every link.
    pub(super) fn follow_links(&mut self) -> Result<(), TreeError> {
        let mut followed = Vec::new();
        for (link, target) in self.lower.links() {
            let content = self.destination(link, target)?.to_vec();
            let size = content.len() as u64;
            // Every copy counts: a thousand links to one large file are a large tree.
            self.expect_room(link, size)?;
            self.kept_bytes += size;
            followed.push((link.clone(), content));
        }
        for (link, content) in followed {
            self.lower.insert(link, Node::File(content));
        }
        Ok(())
    }

    /// The content of the kept file at which a link ends.
    fn destination(&self, link: &str, first: &[u8]) -> Result<&[u8], TreeError> {
        let mut at = RelativePath::parse(link.as_bytes())?;
        let fail =
            |fault| TreeError::Link { path: ShownPath::new(link), target: ShownPath::new(first), fault };
        let mut target = first;
        for _ in 0..HOPS {
            at = at.parent().follow(target).ok_or_else(|| fail(LinkFault::LeavesTree))?;
            match str::from_utf8(at.as_bytes()).ok().and_then(|name| self.get(name)) {
                Some(Node::File(content)) => return Ok(content),
                Some(Node::Link(next)) => target = next,
                Some(Node::Directory) | None => return Err(self.cannot_follow(link, first, &at)),
            }
        }
        Err(fail(LinkFault::TooManyHops))
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

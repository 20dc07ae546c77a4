//! What stands at the paths of one layer, or of several that were merged.

use std::collections::BTreeMap;

use crate::tree::below;

/// What stands at a path.
pub(super) enum Node {
    /// A file's content.
    File(Vec<u8>),
    /// A symbolic link's target, as written.
    Link(Vec<u8>),
    /// A directory that the source names, be it empty. Those that only a path below them implies are no nodes.
    Directory,
}

/// Files, links and directories by their paths. A file or link is called a leaf; nothing stands below one.
#[derive(Default)]
pub(super) struct Nodes(BTreeMap<String, Node>);

impl Nodes {
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    /// What stands at a path, and the path itself as it is held here.
    pub(super) fn get_key_value(&self, path: &str) -> Option<(&str, &Node)> {
        self.0.get_key_value(path).map(|(path, node)| (path.as_str(), node))
    }

    pub(super) fn insert(&mut self, path: String, node: Node) {
        self.0.insert(path, node);
    }

    pub(super) fn is_leaf(&self, path: &str) -> bool {
        matches!(self.get(path), Some(Node::File(_) | Node::Link(_)))
    }

    /// Whether a directory is named so, or is implied by what stands below it.
    pub(super) fn is_directory(&self, path: &str) -> bool {
        matches!(self.get(path), Some(Node::Directory))
            || below(path, |from, to| self.0.range::<str, _>((from, to))).next().is_some()
    }

    pub(super) fn links(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.0.iter().filter_map(|(path, node)| match node {
            Node::Link(target) => Some((path, target)),
            Node::File(_) | Node::Directory => None,
        })
    }

    /// Takes out what stands at a path.
    pub(super) fn take(&mut self, path: &str) -> Option<Node> {
        self.0.remove(path)
    }

    /// Takes out a file or link.
    pub(super) fn take_leaf(&mut self, path: &str) -> Option<Node> {
        if self.is_leaf(path) { self.take(path) } else { None }
    }

    /// Takes out all that stands below a directory.
    pub(super) fn take_below(&mut self, directory: &str) -> Vec<(String, Node)> {
        let range = below(directory, |from, to| (from.map(str::to_owned), to.map(str::to_owned)));
        self.0.extract_if(range, |_, _| true).collect()
    }

    /// Adds all of another layer, which must not clash with this one.
    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl IntoIterator for Nodes {
    type Item = (String, Node);
    type IntoIter = std::collections::btree_map::IntoIter<String, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

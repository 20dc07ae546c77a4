//! Layers, compared with a model that is slow and plain.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Forge, listing, read_as};
use crate::{Keep, Limits};

#[derive(Debug, Clone)]
enum Item {
    File(String),
    Directory(String),
    Whiteout(String),
    Opaque(String),
}

impl Item {
    fn add(&self, forge: Forge, content: &str) -> Forge {
        match self {
            Self::File(path) => forge.file(path, content),
            Self::Directory(path) => forge.directory(path),
            Self::Whiteout(path) => match path.rsplit_once('/') {
                Some((directory, name)) => forge.file(format!("{directory}/.wh.{name}"), ""),
                None => forge.file(format!(".wh.{path}"), ""),
            },
            Self::Opaque(directory) => forge.file(format!("{directory}/.wh..wh..opq"), ""),
        }
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn directories_above(path: &str) -> impl Iterator<Item = String> {
    path.match_indices('/').map(|(slash, _)| path[..slash].to_owned())
}

/// Files with their contents, and all directories, as a file system has them.
#[derive(Default)]
struct Model {
    files: BTreeMap<String, String>,
    directories: BTreeSet<String>,
}

impl Model {
    /// Applies a layer, if no path of it is a file and a directory.
    fn apply(&mut self, layer: &[Item], content: &str) -> Option<()> {
        let mut upper = Self::default();
        for item in layer {
            match item {
                Item::File(path) => {
                    upper.files.insert(path.clone(), content.to_owned());
                    upper.directories.extend(directories_above(path));
                }
                Item::Whiteout(path) => upper.directories.extend(directories_above(path)),
                Item::Directory(path) | Item::Opaque(path) => {
                    upper.directories.extend(directories_above(path));
                    upper.directories.extend(Some(path.clone()).filter(|path| !path.is_empty()));
                }
            }
        }
        if upper.directories.iter().any(|directory| upper.files.contains_key(directory)) {
            return None;
        }
        let stays = |path: &str, is_file: bool| {
            let hidden = layer.iter().any(|item| match item {
                Item::Whiteout(hidden) => path == hidden || is_below(path, hidden),
                Item::Opaque(directory) => is_below(path, directory),
                Item::File(file) => path == file || is_below(path, file),
                Item::Directory(_) => false,
            });
            !(hidden || is_file && upper.directories.contains(path))
        };
        self.files.retain(|path, _| stays(path, true));
        self.directories.retain(|path| stays(path, false));
        self.files.extend(upper.files);
        self.directories.extend(upper.directories);
        Some(())
    }

    fn listing(&self) -> Vec<String> {
        let files = self.files.iter().map(|(path, content)| format!("{path} {content}"));
        let mut listing: Vec<_> =
            files.chain(self.directories.iter().map(|path| format!("{path}/"))).collect();
        listing.sort();
        listing
    }
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(vec!["a", "b", "b.c"]), 1..4)
        .prop_map(|names| names.join("/"))
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        4 => path().prop_map(Item::File),
        1 => path().prop_map(Item::Directory),
        2 => path().prop_map(Item::Whiteout),
        1 => path().prop_map(Item::Opaque),
        1 => Just(Item::Opaque(String::new())),
    ]
}

fn layers() -> impl Strategy<Value = Vec<Vec<Item>>> {
    proptest::collection::vec(proptest::collection::vec(item(), 0..6), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn as_the_model_has_it(layers in layers()) {
        let mut model = Model::default();
        let mut archives = Vec::new();
        let mut conflict = false;
        for (number, items) in layers.iter().enumerate() {
            let content = number.to_string();
            archives.push(items.iter().fold(Forge::new(), |forge, item| item.add(forge, &content)).finish());
            conflict |= model.apply(items, &content).is_none();
        }
        match read_as(&Keep::everything(), &Limits::default(), &archives) {
            Ok(tree) => {
                prop_assert!(!conflict);
                prop_assert_eq!(listing(&tree), model.listing());
            }
            Err(error) => prop_assert!(conflict, "{}", error),
        }
    }

    /// A filter while reading gives what a filter behind would.
    #[test]
    fn what_is_kept_is_a_part_of_all(layers in layers()) {
        let archives: Vec<_> = layers
            .iter()
            .map(|items| items.iter().fold(Forge::new(), |forge, item| item.add(forge, "")).finish())
            .collect();
        let Ok(all) = read_as(&Keep::everything(), &Limits::default(), &archives) else { return Ok(()) };
        let part = read_as(&Keep::prefixes(["a/b", "b"]), &Limits::default(), &archives).unwrap();
        let kept = |path: &str| ["a/b", "b"].iter().any(|kept| path == *kept || is_below(path, kept));
        let expected: Vec<_> = all.iter().filter(|(path, _)| kept(path)).collect();
        prop_assert_eq!(part.iter().collect::<Vec<_>>(), expected);
        let expected: Vec<_> = all.all_directories().into_iter().filter(|path| kept(path)).collect();
        let directories: Vec<_> = part.all_directories().into_iter().filter(|path| kept(path)).collect();
        prop_assert_eq!(directories, expected);
    }
}

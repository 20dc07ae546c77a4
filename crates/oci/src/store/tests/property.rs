//! What holds for all contents, and for all damage.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use tempfile::tempdir;

use super::*;

fn file(content: &[u8]) -> BuiltImage {
    build(&tar(&[("manifests/a.yaml", content)]), &BTreeMap::new()).unwrap()
}

/// One of the three forms, written and read back; the content of its layer without compression, or an error.
fn through(form: usize, path: &Path, image: &BuiltImage) -> Result<ImageStore, StoreError> {
    let writer = match form {
        0 => ImageWriter::oci_layout(path),
        1 => ImageWriter::oci_archive(path),
        _ => ImageWriter::docker_archive(path, &Limits::default()),
    };
    write(writer?, image, Some("quay.io/a/b:v1"))?;
    open(form, path)
}

fn open(form: usize, path: &Path) -> Result<ImageStore, StoreError> {
    match form {
        0 => ImageStore::oci_layout(path),
        1 => oci_archive(path),
        _ => docker_archive(path),
    }
}

/// Every content of the image.
fn contents(store: &ImageStore) -> Result<Vec<Vec<u8>>, StoreError> {
    let found = store.find(Some("quay.io/a/b:v1"))?;
    let manifest = store.content(&found, 4 << 20)?;
    let Ok(Manifest::Image(image)) = Manifest::parse(&manifest, Some(&found.media_type)) else {
        return Ok(vec![]);
    };
    let mut contents = vec![manifest];
    for part in std::iter::once(&image.config).chain(&image.layers) {
        contents.push(store.content(part, 4 << 20)?);
    }
    Ok(contents)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..3000), form in 0_usize..3) {
        let (directory, image) = (tempdir().unwrap(), file(&content));
        let store = through(form, &directory.path().join("x"), &image).unwrap();
        let contents = contents(&store).unwrap();
        if form < 2 {
            prop_assert_eq!(contents, [image.manifest, image.config, image.layer]);
        } else {
            prop_assert_eq!(&contents[1], &image.config);
            prop_assert_eq!(&contents[2], &tar(&[("manifests/a.yaml", &content)]));
        }
    }

    /// Whatever happens to an archive, what still comes out of it is what was put in, but for the index itself.
    #[test]
    fn damage_is_noticed(
        form in 1_usize..3,
        cut in any::<prop::sample::Index>(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1_u8..=255), 0..4),
        is_cut in any::<bool>(),
        compress in any::<bool>(),
    ) {
        let (directory, image) = (tempdir().unwrap(), file(b"content"));
        let path = directory.path().join("x");
        let good = contents(&through(form, &path, &image).unwrap()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        if compress {
            bytes = forge::gzip(&bytes);
        }
        for (place, flip) in flips {
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).unwrap();
        if let Ok(read) = open(form, &path).and_then(|store| contents(&store)) {
            if form == 1 {
                prop_assert_eq!(read, good);
            } else {
                // The manifest is made of what is there.
                prop_assert_eq!(read.get(2), good.get(2));
            }
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let directory = tempdir().unwrap();
        let path = directory.path().join("x");
        fs::write(&path, &bytes).unwrap();
        prop_assert!(oci_archive(&path).is_err() && docker_archive(&path).is_err());
        let odd = tar(&[("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#), ("index.json", &bytes), ("manifest.json", &bytes)]);
        fs::write(&path, odd).unwrap();
        for form in 1..3 {
            prop_assert!(open(form, &path).and_then(|store| store.find(None)).is_err());
        }
    }
}

//! Which files of a commit come, and with which bytes.

use e2e::git::{HttpServer, Options, Repository};

use super::*;

fn serve(repository: &Repository) -> HttpServer {
    HttpServer::start(repository.root(), Options::default()).unwrap()
}

fn directory(url: &str, directory: &str) -> GitSource {
    GitSource { directory: Some(directory.to_owned()), ..source(url, branch("main")) }
}

#[tokio::test]
async fn a_directory() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    let commit = repository
        .commit(
            "main",
            &[
                ("a/manifests/x.yaml", b"x"),
                ("a/link", b"-> manifests/x.yaml"),
                ("a/sub", format!("=> {nowhere}").as_bytes()),
                ("b c/:(top)*/größe", b"b"),
                ("file", b"f"),
                ("to-a", b"-> a"),
            ],
        )
        .unwrap();
    let server = serve(&repository);
    let url = server.url(REPOSITORY);

    for name in ["a", "./a", "a/", ".//a/./"] {
        let tree = Call::anonymous().get(&directory(&url, name)).await.unwrap();
        assert_eq!(files(&tree), [("link", "x"), ("manifests/x.yaml", "x")], "the submodule has no files");
        assert!(tree.has_directory("sub"));
    }
    let tree = Call::anonymous().get(&directory(&url, "b c/:(top)*")).await.unwrap();
    assert_eq!(files(&tree), [("größe", "b")]);

    for (name, text) in [
        ("A", format!("found no directory A in commit {commit}")),
        ("a/manifests/y", format!("found no directory a/manifests/y in commit {commit}")),
        ("*", format!("found no directory * in commit {commit}")),
        (
            "a/manifests/x.yaml",
            format!("a/manifests/x.yaml in commit {commit} is a file, expected a directory"),
        ),
        ("to-a", format!("to-a in commit {commit} is a symbolic link, expected a directory")),
        (
            "a/sub",
            format!("a/sub in commit {commit} is a submodule, which is not fetched, expected a directory"),
        ),
        ("../a", "got directory ../a, expected none with ..".to_owned()),
        ("/a", "got directory /a, expected one that does not begin with /".to_owned()),
    ] {
        let refusal = Call::anonymous().refused(&directory(&url, name)).await;
        assert_eq!(refusal.text, text);
        assert!(refusal.error.is_permanent());
    }
}

#[tokio::test]
async fn the_root() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("a", b"1"), ("b/c", b"2")]).unwrap();
    let server = serve(&repository);
    for name in ["", ".", "./"] {
        let tree = Call::anonymous().get(&directory(&server.url(REPOSITORY), name)).await.unwrap();
        assert_eq!(files(&tree), [("a", "1"), ("b/c", "2")]);
    }
}

#[tokio::test]
async fn attributes_change_nothing() {
    if !all_installed(&["git"]) {
        return;
    }
    let attributes = "\
        *.hidden export-ignore\n\
        folder export-ignore\n\
        subst export-subst\n\
        crlf text eol=crlf\n\
        auto text=auto eol=crlf\n\
        ident ident\n\
        utf16 text working-tree-encoding=UTF-16LE\n\
        lfs filter=lfs diff=lfs merge=lfs -text\n\
        [attr]gone export-ignore\n\
        macro gone\n";
    let contents: &[(&str, &[u8])] = &[
        (".gitattributes", attributes.as_bytes()),
        ("a.hidden", b"1"),
        ("auto", b"a\nb\n"),
        ("crlf", b"a\nb\n"),
        ("folder/.gitattributes", b"* export-ignore eol=crlf\n"),
        ("folder/file", b"a\n"),
        ("ident", b"$Id$\n"),
        ("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
        ("macro", b"1"),
        ("mixed", b"a\r\nb\nc\r\n"),
        ("subst", b"$Format:%H$\n"),
        ("utf16", "größe\n".as_bytes()),
    ];
    let mut repository = Repository::new().unwrap();
    repository.commit("main", contents).unwrap();
    let server = serve(&repository);
    let tree = Call::anonymous().get(&source(server.url(REPOSITORY), branch("main"))).await.unwrap();
    assert_eq!(tree.iter().collect::<Vec<_>>(), contents);
}

#[tokio::test]
async fn the_rules_of_the_tree_hold() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("link", b"-> ../../etc/passwd")]).unwrap();
    repository.commit("control", &[("a\tb", b"1")]).unwrap();
    repository.commit("large", &[("file", &[b'x'; 2000])]).unwrap();
    let server = serve(&repository);
    let refused = async |name, call: Call| call.refused(&source(server.url(REPOSITORY), branch(name))).await;
    for (name, text) in [
        ("main", "cannot follow the link link to ../../etc/passwd: it leaves the tree"),
        ("control", r"a\tb: the name contains a control character"),
    ] {
        let refusal = refused(name, Call::anonymous()).await;
        assert_eq!(refusal.text, format!("cannot take the files of the commit: {text}"));
        assert!(refusal.error.is_permanent());
    }
    let mut call = Call::anonymous();
    call.limits.tree.file_bytes = 1000;
    let refusal = refused("large", call).await;
    assert!(
        refusal.text.ends_with("file has 2000 bytes, the limit for one file is 1000 bytes"),
        "{}",
        refusal.text
    );
}

#[tokio::test]
async fn an_empty_commit_is_an_empty_tree() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[]).unwrap();
    let server = serve(&repository);
    let tree = Call::anonymous().get(&source(server.url(REPOSITORY), branch("main"))).await.unwrap();
    assert!(tree.is_empty());
}

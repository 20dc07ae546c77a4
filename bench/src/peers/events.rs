//! Libraries that only parse: every event of a document is looked at and dropped. False: the document is refused.

use std::hint::black_box;

use libyaml_safer::EventData;

pub(super) fn libyaml_safer(document: &str) -> bool {
    let mut bytes = document.as_bytes();
    let mut parser = libyaml_safer::Parser::new();
    parser.set_input_string(&mut bytes);
    loop {
        match black_box(parser.parse()) {
            Ok(event) if matches!(event.data, EventData::StreamEnd) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

pub(super) fn saphyr_parser(document: &str) -> bool {
    saphyr_parser::Parser::new_from_str(document).all(|event| black_box(event).is_ok())
}

pub(super) fn yaml_rust2(document: &str) -> bool {
    let mut parser = yaml_rust2::parser::Parser::new_from_str(document);
    loop {
        match black_box(parser.next_token()) {
            Ok((yaml_rust2::Event::StreamEnd, _)) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

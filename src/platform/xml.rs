//! XML 1.0 as feeds and maps are written in: whatever a text holds, it stays text.

use std::{borrow::Cow, io};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

use crate::error::{Error, Result};

type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document in UTF-8 while it is written.
pub struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// With the declaration and the root element, which `finish` closes.
    pub fn new(root: &str, attributes: Attributes<'_>) -> Result<Self> {
        let mut xml = Self(Writer::new(Vec::new()));
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        xml.begin(root, attributes)?;
        Ok(xml)
    }

    pub fn begin(&mut self, name: &str, attributes: Attributes<'_>) -> Result<()> {
        self.write(Event::Text(BytesText::from_escaped("\n")))?;
        self.write(Event::Start(element(name, attributes)))
    }

    pub fn end(&mut self, name: &str) -> Result<()> {
        self.write(Event::End(BytesEnd::new(name)))
    }

    /// An element that holds nothing.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> Result<()> {
        self.write(Event::Empty(element(name, attributes)))
    }

    /// An element that holds a text.
    pub fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.text_with(name, &[], text)
    }

    pub fn text_with(&mut self, name: &str, attributes: Attributes<'_>, text: &str) -> Result<()> {
        self.write(Event::Start(element(name, attributes)))?;
        self.write(Event::Text(BytesText::new(&legal(text))))?;
        self.end(name)
    }

    pub fn finish(mut self, root: &str) -> Result<Vec<u8>> {
        self.end(root)?;
        Ok(self.0.into_inner())
    }

    fn write(&mut self, event: Event<'_>) -> Result<()> {
        let written: io::Result<()> = self.0.write_event(event);
        written.map_err(Error::internal)
    }
}

fn element<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    for (name, value) in attributes {
        element.push_attribute((*name, &*legal(value)));
    }
    element
}

/// The text without the characters that XML 1.0 cannot hold, not even escaped.
fn legal(text: &str) -> Cow<'_, str> {
    let is_legal = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    if text.chars().all(is_legal) {
        text.into()
    } else {
        text.chars().filter(|char| is_legal(*char)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::*;

    fn written(text: &str) -> String {
        let mut xml = Xml::new("r", &[("a", text)]).unwrap();
        xml.text("t", text).unwrap();
        String::from_utf8(xml.finish("r").unwrap()).unwrap()
    }

    /// The attribute and the text as a parser reads them; anything else than the two elements panics.
    fn read(document: &str) -> (String, String) {
        let mut reader = Reader::from_str(document);
        reader.config_mut().check_comments = true;
        let (mut attribute, mut text, mut depth) = (None, String::new(), 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    depth += 1;
                    assert!(depth <= 2, "{document}");
                    if depth == 1 {
                        let all: Vec<_> = start.attributes().map(|a| a.unwrap()).collect();
                        assert_eq!(all.len(), 1);
                        let raw: &str = &all[0].value;
                        attribute = Some(quick_xml::escape::unescape(raw).unwrap().into_owned());
                    }
                }
                Event::End(_) => depth -= 1,
                Event::Text(found) if depth == 2 => text.push_str(&found),
                Event::GeneralRef(found) if depth == 2 => {
                    let name = found.to_string();
                    text.push_str(&quick_xml::escape::unescape(&format!("&{name};")).unwrap());
                }
                Event::Decl(_) | Event::Text(_) => {}
                Event::Eof => break,
                other => panic!("{other:?} in {document}"),
            }
        }
        assert_eq!(depth, 0);
        (attribute.unwrap(), text)
    }

    #[test]
    fn what_would_end_an_element_or_a_section_is_text() {
        for text in [
            "</t><x>",
            "]]>",
            "<![CDATA[x]]>",
            "&amp; &lt; & &#0;",
            "\"' onload='x",
            "<!-- x -->",
            "<?xml version='1.0'?>",
            "İı ş 👍 \u{2028}\r\n\t",
        ] {
            assert_eq!(
                read(&written(text)),
                (text.to_owned(), text.to_owned()),
                "{text:?}"
            );
        }
        assert!(!written("]]>").contains("]]>"));
        assert!(written("a\rb").contains("a&#13;b"));
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        for char in [
            '\0', '\u{1}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}',
        ] {
            let text = format!("a{char}b");
            assert_eq!(
                read(&written(&text)),
                ("ab".to_owned(), "ab".to_owned()),
                "{char:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_but_for_what_xml_cannot_hold(text in "\\PC*|.*|[<>&\"'\\]\\-!\\[\0-\u{20}\u{fffe}]*") {
            let expected = legal(&text).into_owned();
            prop_assert_eq!(read(&written(&text)), (expected.clone(), expected));
        }
    }
}

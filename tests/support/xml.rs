//! XML documents as trees, so that a test can ask what is in them.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};

#[derive(Debug, Default)]
pub struct Node {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The root of a well-formed document; anything else panics.
    pub fn parse(document: &str) -> Self {
        assert!(
            document.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"),
            "{document}"
        );
        let mut reader = Reader::from_str(document);
        let mut open = vec![Self::default()];
        loop {
            let event = reader
                .read_event()
                .unwrap_or_else(|error| panic!("{error}: {document}"));
            match event {
                Event::Start(start) => open.push(Self::of(&start)),
                Event::Empty(start) => {
                    let node = Self::of(&start);
                    open.last_mut().unwrap().children.push(node);
                }
                Event::End(_) => {
                    let node = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(node);
                }
                Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
                Event::GeneralRef(name) => {
                    let text = unescape(&format!("&{};", &*name)).unwrap().into_owned();
                    open.last_mut().unwrap().text.push_str(&text);
                }
                Event::Decl(_) => {}
                Event::Eof => break,
                other => panic!("{other:?} is not what we write"),
            }
        }
        assert_eq!(open.len(), 1, "elements are left open");
        let mut top = open.pop().unwrap().children;
        assert_eq!(top.len(), 1, "there is one root");
        top.pop().unwrap()
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            let value = unescape(&attribute.value).unwrap().into_owned();
            (attribute.key.0.to_owned(), value)
        });
        Self {
            attributes: attributes.collect(),
            name: start.name().0.to_owned(),
            ..Self::default()
        }
    }

    pub fn all(&self, name: &str) -> Vec<&Self> {
        let children = self.children.iter();
        children.filter(|child| child.name == name).collect()
    }

    /// The only child of this name.
    pub fn one(&self, name: &str) -> &Self {
        let found = self.all(name);
        assert_eq!(found.len(), 1, "{name} in {}", self.name);
        found[0]
    }

    pub fn texts(&self, name: &str) -> Vec<&str> {
        let found = self.all(name);
        found.into_iter().map(|node| node.text.as_str()).collect()
    }

    pub fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.get(name);
        found.unwrap_or_else(|| panic!("{} without {name}", self.name))
    }

    /// The only child of this name whose attributes have these values.
    pub fn with(&self, name: &str, wanted: &[(&str, &str)]) -> &Self {
        let mut found = self.all(name);
        found.retain(|node| {
            wanted
                .iter()
                .all(|(key, value)| node.attributes.get(*key).is_some_and(|it| it == value))
        });
        assert_eq!(found.len(), 1, "{name} {wanted:?} in {}", self.name);
        found[0]
    }
}

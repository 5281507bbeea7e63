//! Reads HTML as a row of tags and texts, without making a tree of it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Between two tags, as it is escaped.
    Text(&'a str),
    /// From `<` to `>`.
    Tag(&'a str),
}

/// Of cleaned HTML everything; of any other what can be made out of it.
pub struct Tokens<'a>(pub &'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.0;
        if rest.is_empty() {
            return None;
        }
        let (end, is_tag) = match rest.find('<') {
            Some(0) if begins_tag(rest) => (tag_end(rest), true),
            Some(0) => (rest[1..].find('<').map_or(rest.len(), |at| at + 1), false),
            Some(at) => (at, false),
            None => (rest.len(), false),
        };
        let (token, rest) = rest.split_at(end);
        self.0 = rest;
        Some(if is_tag {
            Token::Tag(token)
        } else {
            Token::Text(token)
        })
    }
}

fn begins_tag(text: &str) -> bool {
    text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

/// Just after the tag or comment that the text begins with.
fn tag_end(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |at| at + 3);
    }
    let mut quote = None;
    let mut begins_value = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if begins_value => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        begins_value = byte == b'=' || begins_value && byte.is_ascii_whitespace();
    }
    text.len()
}

/// The name of a tag in lower case, and whether it ends an element.
pub fn name(tag: &str) -> (String, bool) {
    let inner = tag.trim_start_matches('<');
    let (inner, ends) = match inner.strip_prefix('/') {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    let name: String = inner
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    (name.to_ascii_lowercase(), ends)
}

/// The value of an attribute of a cleaned tag, as it is escaped.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let (head, tail) = rest.split_once("=\"")?;
        let (value, next) = tail.split_once('"')?;
        if head.rsplit([' ', '\n', '<']).next() == Some(name) {
            return Some(value);
        }
        rest = next;
    }
}

/// Elements that begin a block of HTML, which ends at the next empty line.
const BLOCKS: &[&str] = &[
    "blockquote",
    "details",
    "div",
    "dl",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ol",
    "p",
    "table",
    "ul",
];

/// Cleaned HTML without an empty line, within an element that begins a block.
pub fn one_block(html: &str) -> String {
    let mut block = String::with_capacity(html.len());
    let mut kept = 0_usize;
    for token in Tokens(html.trim()) {
        match token {
            Token::Text(text) if kept > 0 => block.push_str(&text.replace('\n', "&#10;")),
            Token::Text(text) => push_lines(&mut block, text),
            Token::Tag(tag) => {
                match name(tag) {
                    (name, false) if name == "pre" => kept += 1,
                    (name, true) if name == "pre" => kept = kept.saturating_sub(1),
                    _ => {}
                }
                // An attribute may hold a line's end too.
                block.push_str(&tag.replace('\n', " "));
            }
        }
    }
    let begins = Tokens(&block).next().is_some_and(|first| match first {
        Token::Tag(tag) => BLOCKS.contains(&name(tag).0.as_str()),
        Token::Text(_) => false,
    });
    if begins || block.is_empty() {
        block
    } else {
        format!("<div>\n{block}\n</div>")
    }
}

/// The text with single line ends, and no blanks after them.
fn push_lines(block: &mut String, text: &str) {
    let mut lines = text.split('\n');
    block.push_str(lines.next().unwrap_or_default());
    for line in lines {
        if !block.ends_with('\n') {
            block.push('\n');
        }
        block.push_str(line.trim_start_matches([' ', '\t', '\r']));
    }
}

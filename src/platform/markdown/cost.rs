//! What a parser does with HTML, found out by letting it build a tree of nothing, and bounded before a tree is built.
//!
//! The cleaner's parser walks its open elements at each tag, so that a few kilobytes can take it minutes. No reading of tags
//! other than its own sees the same elements: this is the same parser, fed in pieces and stopped when it is too much.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use html5ever::{
    Attribute, ExpandedName, QualName, TokenizerResult,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts, create_element},
};

use super::{DEEPEST, Refused};

/// Elements within each other; those that nobody writes, such as a `tbody`, are among them.
const DEEPEST_TREE: usize = 2 * DEEPEST;

/// Looks at elements: a text of plain paragraphs that is as long as can be takes a third of it.
const MOST_STEPS: usize = 8_000_000;

/// Attributes of a tag.
const MOST_ATTRIBUTES: usize = 128;

/// Elements that are opened again in each block that follows, until they are ended. A new one is compared with those of its
/// name that are open, attribute by attribute.
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Bytes between two looks at what was done.
const PIECE: usize = 1024;

/// Blanks, strokes and quotes of one token, a long comment or attribute among them: each new attribute of a tag is
/// compared with those before it, and none comes without one of these.
const MOST_GAPS: usize = 12_000;

pub fn check(html: &str) -> Result<(), Refused> {
    let done = Done::default();
    if work(html, &done) > MOST_STEPS {
        return Err(Refused::TooDeep);
    }
    Ok(())
}

/// What was done for the HTML, more than `MOST_STEPS` if it was given up.
fn work(html: &str, done: &Done) -> usize {
    let tree = Tree {
        done,
        root: Element::nameless(done),
    };
    // As the cleaner does: all of it is within a `div`.
    let div = QualName::new(None, ns!(html), local_name!("div"));
    let div = create_element(&tree, div, Vec::new());
    let builder = TreeBuilder::new_for_fragment(tree, div, None, TreeBuilderOpts::default());
    let options = TokenizerOpts {
        initial_state: Some(builder.tokenizer_state_for_context_elem(false)),
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Watched { builder, done }, options);
    let input = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() && done.is_bearable() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(PIECE));
        rest = after;
        done.read(piece);
        input.push_back(StrTendril::from_slice(piece));
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    }
    if done.is_bearable() {
        tokenizer.end();
    }
    done.steps.get()
}

#[derive(Default)]
struct Done {
    steps: Cell<usize>,
    /// Since the last token.
    gaps: Cell<usize>,
    /// Attributes of the formatting elements that are open.
    held: Cell<usize>,
}

impl Done {
    fn add(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    fn give_up(&self) {
        self.steps.set(usize::MAX);
    }

    fn is_bearable(&self) -> bool {
        self.steps.get() <= MOST_STEPS
    }

    fn read(&self, piece: &str) {
        let is_gap = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'');
        let gaps = self.gaps.get() + piece.as_bytes().iter().filter(|byte| is_gap(byte)).count();
        self.gaps.set(gaps);
        if gaps > MOST_GAPS {
            self.give_up();
        }
    }
}

/// Sees each token before the tree does.
struct Watched<'a> {
    builder: TreeBuilder<Rc<Element<'a>>, Tree<'a>>,
    done: &'a Done,
}

impl<'a> TokenSink for Watched<'a> {
    type Handle = Rc<Element<'a>>;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Rc<Element<'a>>> {
        self.done.add(1);
        if !matches!(token, Token::ParseError(_)) {
            self.done.gaps.set(0);
        }
        if matches!(&token, Token::TagToken(tag) if tag.attrs.len() > MOST_ATTRIBUTES) {
            self.done.give_up();
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// An element that knows its place and holds nothing.
struct Element<'a> {
    done: &'a Done,
    name: QualName,
    /// Attributes, of a formatting element.
    held: usize,
    parent: RefCell<Option<Rc<Self>>>,
    depth: Cell<usize>,
    children: Cell<usize>,
    ends_in_text: Cell<bool>,
}

impl<'a> Element<'a> {
    fn new(done: &'a Done, name: QualName, attributes: usize) -> Rc<Self> {
        let held = if FORMATTING.contains(&&*name.local) {
            done.add(4 * done.held.get());
            attributes
        } else {
            0
        };
        done.held.set(done.held.get() + held);
        Rc::new(Self {
            done,
            name,
            held,
            parent: RefCell::default(),
            depth: Cell::new(0),
            children: Cell::new(0),
            ends_in_text: Cell::new(false),
        })
    }

    fn nameless(done: &'a Done) -> Rc<Self> {
        Self::new(done, QualName::new(None, ns!(), local_name!("")), 0)
    }
}

/// Nobody holds one that was ended, and has no more open elements in it.
impl Drop for Element<'_> {
    fn drop(&mut self) {
        self.done.held.set(self.done.held.get() - self.held);
    }
}

struct Tree<'a> {
    done: &'a Done,
    root: Rc<Element<'a>>,
}

impl<'a> Tree<'a> {
    fn put(&self, parent: &Rc<Element<'a>>, child: NodeOrText<Rc<Element<'a>>>) {
        let is_text = matches!(child, NodeOrText::AppendText(_));
        if !is_text || !parent.ends_in_text.get() {
            parent.children.set(parent.children.get() + 1);
        }
        parent.ends_in_text.set(is_text);
        let NodeOrText::AppendNode(child) = child else {
            return;
        };
        // The root, and the body's place, are no elements of the text.
        child.depth.set(parent.depth.get() + 1);
        if child.depth.get() > DEEPEST_TREE + 2 {
            self.done.give_up();
        }
        *child.parent.borrow_mut() = Some(Rc::clone(parent));
    }
}

impl<'a> TreeSink for Tree<'a> {
    type Handle = Rc<Element<'a>>;
    type Output = ();
    type ElemName<'n>
        = ExpandedName<'n>
    where
        Self: 'n;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Rc<Element<'a>> {
        Rc::clone(&self.root)
    }

    /// Each walk over the open elements asks for their names, or compares them.
    fn elem_name<'n>(&'n self, target: &'n Rc<Element<'a>>) -> ExpandedName<'n> {
        self.done.add(1);
        target.name.expanded()
    }

    fn same_node(&self, one: &Rc<Element<'a>>, other: &Rc<Element<'a>>) -> bool {
        self.done.add(1);
        Rc::ptr_eq(one, other)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        _flags: ElementFlags,
    ) -> Rc<Element<'a>> {
        self.done.add(8 * (1 + attributes.len()));
        Element::new(self.done, name, attributes.len())
    }

    fn create_comment(&self, _text: StrTendril) -> Rc<Element<'a>> {
        Element::nameless(self.done)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Rc<Element<'a>> {
        Element::nameless(self.done)
    }

    fn append(&self, parent: &Rc<Element<'a>>, child: NodeOrText<Rc<Element<'a>>>) {
        self.put(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Rc<Element<'a>>,
        before: &Rc<Element<'a>>,
        child: NodeOrText<Rc<Element<'a>>>,
    ) {
        if element.parent.borrow().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.put(before, child);
        }
    }

    /// The cleaner's tree looks for the sibling among all.
    fn append_before_sibling(&self, sibling: &Rc<Element<'a>>, child: NodeOrText<Rc<Element<'a>>>) {
        if let NodeOrText::AppendNode(child) = &child {
            self.remove_from_parent(child);
        }
        let Some(parent) = sibling.parent.borrow().clone() else {
            return;
        };
        self.done.add(parent.children.get());
        self.put(&parent, child);
        parent.ends_in_text.set(false);
    }

    fn remove_from_parent(&self, target: &Rc<Element<'a>>) {
        if let Some(parent) = target.parent.take() {
            self.done.add(parent.children.get());
            let left = parent.children.get().saturating_sub(1);
            parent.children.set(left);
        }
    }

    /// They keep the parent that they had, which is as deep and is taken to have them still.
    fn reparent_children(&self, node: &Rc<Element<'a>>, new_parent: &Rc<Element<'a>>) {
        let children = node.children.get();
        self.done.add(children);
        new_parent
            .children
            .set(new_parent.children.get() + children);
        node.ends_in_text.set(false);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Element<'a>>) -> Rc<Element<'a>> {
        Rc::clone(target)
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn add_attrs_if_missing(&self, _target: &Rc<Element<'a>>, attributes: Vec<Attribute>) {
        self.done.add(8 * attributes.len());
    }
}

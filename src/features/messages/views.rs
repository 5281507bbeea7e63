//! What the inbox's templates see.

use serde::Serialize;

use super::{
    form::{ListQuery, ReplyForm, href},
    model::{ContactMessage, Reply, State},
    queries,
};
use crate::{
    error::Result,
    features::{companies::views::PageView, mails},
    platform::{db::Conn, i18n::Message, mail::Mode},
    types::{
        Id, Lang,
        page::{Cursor, Key},
    },
    web::{
        cx::Cx,
        form::{Errors, FormView},
    },
};

const PER_PAGE: i64 = 25;
/// Characters of a message that the list shows.
const GIST: usize = 120;

#[derive(Serialize)]
pub struct Index {
    tabs: Vec<Tab>,
    state: Option<State>,
    q: String,
    rows: Vec<Row>,
    page: PageView,
    csv_href: String,
}

/// The messages of one state, or all but spam.
#[derive(Serialize)]
struct Tab {
    state: Option<State>,
    href: String,
    count: i64,
    current: bool,
}

#[derive(Serialize)]
struct Row {
    href: String,
    name: String,
    company: Option<String>,
    gist: String,
    state: State,
    created_at: String,
}

impl Index {
    pub async fn load(conn: &mut Conn, query: &ListQuery) -> Result<Self> {
        let (filter, from) = (query.filter()?, query.cursor()?);
        let (state, q) = (filter.state, query.q.trim());
        let counts = queries::counts(conn, &filter.words).await?;
        let before = from.as_ref().map(|cursor| Id::from_uuid(cursor.id));
        let mut messages = queries::list(conn, &filter, before, PER_PAGE + 1).await?;
        let tabs: Vec<Tab> = std::iter::once(None)
            .chain(State::ALL.iter().copied().map(Some))
            .map(|tab| Tab {
                state: tab,
                href: list_href("/messages", tab, q, ""),
                count: count(&counts, tab),
                current: tab == state,
            })
            .collect();
        let page = page((state, q), &mut messages, from, count(&counts, state));
        Ok(Self {
            tabs,
            rows: messages.into_iter().map(Row::from).collect(),
            page,
            csv_href: list_href("/messages/export", state, q, ""),
            state,
            q: q.to_owned(),
        })
    }
}

fn count(counts: &[(State, i64)], tab: Option<State>) -> i64 {
    let is_in = |state: State| tab.map_or(state != State::Spam, |tab| tab == state);
    counts
        .iter()
        .filter(|(state, _)| is_in(*state))
        .map(|(_, count)| count)
        .sum()
}

fn list_href(path: &str, state: Option<State>, q: &str, after: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(state) = state {
        query.append_pair("state", state.as_str());
    }
    for (name, value) in [("q", q), ("after", after)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// Cuts the one row more that was asked for, and links to the page that begins there.
fn page(
    (state, q): (Option<State>, &str),
    messages: &mut Vec<ContactMessage>,
    from: Option<Cursor>,
    total: i64,
) -> PageView {
    let per_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = messages.len() > per_page;
    messages.truncate(per_page);
    let position = from.map_or(0, |cursor| cursor.position);
    let mut page = PageView::whole(messages.len());
    page.from += position;
    page.to += position;
    page.total = u32::try_from(total).unwrap_or(u32::MAX).max(page.to);
    page.next = messages.last().filter(|_| more).map(|last| {
        let cursor = Cursor {
            key: Key::Time(last.created_at),
            id: last.id.uuid(),
            position: page.to,
            backwards: false,
        };
        list_href("/messages", state, q, &cursor.encode())
    });
    page.prev = (position > 0).then(|| list_href("/messages", state, q, ""));
    page
}

impl From<ContactMessage> for Row {
    fn from(message: ContactMessage) -> Self {
        let words: Vec<&str> = message.body.split_whitespace().collect();
        let whole = words.join(" ");
        let mut gist: String = whole.chars().take(GIST).collect();
        if gist.len() < whole.len() {
            gist.push('…');
        }
        Self {
            href: href(message.id),
            gist,
            name: message.name,
            company: message.company,
            state: message.state,
            created_at: message.created_at.to_rfc3339(),
        }
    }
}

// ---- one message

#[derive(Serialize)]
pub struct Show {
    message: MessageView,
    replies: Vec<ReplyView>,
    mails: Vec<mails::views::Row>,
    form: FormView,
    mode: Mode,
}

#[derive(Serialize)]
pub struct Confirm {
    message: MessageView,
}

#[derive(Serialize)]
struct MessageView {
    href: String,
    name: String,
    email: String,
    phone: Option<String>,
    company: Option<String>,
    body: String,
    consented_at: String,
    ip: Option<String>,
    user_agent: Option<String>,
    locale: Lang,
    state: State,
    version: i64,
    created_at: String,
    /// What it can be made by hand.
    states: Vec<State>,
}

#[derive(Serialize)]
struct ReplyView {
    author: String,
    body: String,
    created_at: String,
}

/// More than anybody writes about one message.
const MOST: i64 = 50;

impl Show {
    pub async fn load(
        cx: &Cx,
        id: Id<ContactMessage>,
        form: &ReplyForm,
        errors: Errors,
    ) -> Result<Self> {
        let mut conn = cx.read().await?;
        let message = queries::find(&mut conn, id).await?;
        let replies = queries::replies(&mut conn, id, MOST).await?;
        Ok(Self {
            replies: replies.into_iter().map(ReplyView::from).collect(),
            mails: mails::of_record(&mut conn, "messages", id.uuid(), MOST).await?,
            form: form.view(&message).errors(errors),
            mode: cx.app.mailer.mode(),
            message: message.into(),
        })
    }
}

impl From<ContactMessage> for Confirm {
    fn from(message: ContactMessage) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl From<ContactMessage> for MessageView {
    fn from(message: ContactMessage) -> Self {
        let is_choice = |state: &State| match state {
            State::Answered => false,
            state => *state != message.state,
        };
        Self {
            href: href(message.id),
            states: State::ALL.iter().copied().filter(is_choice).collect(),
            name: message.name,
            email: message.email,
            phone: message.phone,
            company: message.company,
            body: message.body,
            consented_at: message.consented_at.to_rfc3339(),
            ip: message.ip,
            user_agent: message.user_agent,
            locale: message.locale,
            state: message.state,
            version: message.version,
            created_at: message.created_at.to_rfc3339(),
        }
    }
}

impl From<Reply> for ReplyView {
    fn from(reply: Reply) -> Self {
        Self {
            author: reply.author,
            body: reply.body,
            created_at: reply.created_at.to_rfc3339(),
        }
    }
}

// ---- the file

pub fn csv_head(cx: &Cx) -> Result<Vec<String>> {
    [
        "message-created-at",
        "message-state",
        "message-name",
        "message-email",
        "message-phone",
        "message-company",
        "message-body",
        "message-consented-at",
    ]
    .into_iter()
    .map(|key| cx.app.translations.message(cx.lang, &Message::new(key)))
    .collect()
}

#[must_use]
pub fn csv_line(message: &ContactMessage) -> Vec<String> {
    vec![
        message.created_at.to_rfc3339(),
        message.state.to_string(),
        message.name.clone(),
        message.email.clone(),
        message.phone.clone().unwrap_or_default(),
        message.company.clone().unwrap_or_default(),
        message.body.clone(),
        message.consented_at.to_rfc3339(),
    ]
}

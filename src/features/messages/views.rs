//! What the inbox's templates see.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    form::{ListQuery, ReplyForm, href},
    model::{ContactMessage, Reply, State},
    queries::{self, Filter, Start},
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
        let messages = Messages::load(conn, &filter, from).await?;
        let tabs: Vec<Tab> = std::iter::once(None)
            .chain(State::ALL.iter().copied().map(Some))
            .map(|tab| Tab {
                state: tab,
                href: list_href("/messages", tab, q, ""),
                count: count(&counts, tab),
                current: tab == state,
            })
            .collect();
        let page = messages.page((state, q), count(&counts, state));
        Ok(Self {
            tabs,
            rows: messages.rows.into_iter().map(Row::from).collect(),
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

/// A page of the list, and what there is on either side of it.
struct Messages {
    rows: Vec<ContactMessage>,
    /// How many are before the first one.
    position: u32,
    has_previous: bool,
    has_next: bool,
}

impl Messages {
    async fn load(conn: &mut Conn, filter: &Filter, cursor: Option<Cursor>) -> Result<Self> {
        let is_back = cursor.as_ref().is_some_and(|cursor| cursor.backwards);
        let start = match &cursor {
            None => Start::Newest,
            Some(cursor) if is_back => Start::After(Id::from_uuid(cursor.id)),
            Some(cursor) => Start::Before(Id::from_uuid(cursor.id)),
        };
        let mut rows = queries::list(conn, filter, start, PER_PAGE + 1).await?;
        let per_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
        let more = rows.len() > per_page;
        if more && is_back {
            rows.remove(0);
        }
        rows.truncate(per_page);
        if rows.is_empty() && cursor.is_some() {
            // All that was on this page is gone: the list begins anew.
            return Box::pin(Self::load(conn, filter, None)).await;
        }
        let length = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let has_previous = if is_back { more } else { cursor.is_some() };
        let position = match cursor {
            Some(cursor) if is_back => cursor.position.saturating_sub(length),
            Some(cursor) => cursor.position,
            None => 0,
        };
        Ok(Self {
            rows,
            position: if has_previous { position } else { 0 },
            has_previous,
            has_next: is_back || more,
        })
    }

    fn page(&self, (state, q): (Option<State>, &str), total: i64) -> PageView {
        let mut page = PageView::whole(self.rows.len());
        page.from += self.position;
        page.to += self.position;
        page.total = u32::try_from(total).unwrap_or(u32::MAX).max(page.to);
        let href = |row: &ContactMessage, position, backwards| {
            let cursor = Cursor {
                key: Key::Time(row.created_at),
                id: row.id.uuid(),
                position,
                backwards,
            };
            list_href("/messages", state, q, &cursor.encode())
        };
        let first = self.rows.first().filter(|_| self.has_previous);
        let last = self.rows.last().filter(|_| self.has_next);
        page.prev = first.map(|row| href(row, self.position, true));
        page.next = last.map(|row| href(row, page.to, false));
        page
    }
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

pub fn csv_line(cx: &Cx, message: &ContactMessage) -> Result<Vec<String>> {
    let state = Message {
        key: format!("message-state-{}", message.state).into(),
        args: HashMap::new(),
    };
    Ok(vec![
        message.created_at.to_rfc3339(),
        cx.app.translations.message(cx.lang, &state)?,
        message.name.clone(),
        message.email.clone(),
        message.phone.clone().unwrap_or_default(),
        message.company.clone().unwrap_or_default(),
        message.body.clone(),
        message.consented_at.to_rfc3339(),
    ])
}

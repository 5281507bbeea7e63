//! What was typed into a form whose session had ended comes back after the sign-in, to the same person, for an hour.
//!
//! The form's fields are kept sealed; the sign-in leads to the page that has the form, with the id of what was kept in
//! its URL; and there the fields are written into the form of the same action. Passwords and codes are never kept.

use std::cell::{Cell, RefCell};

use chrono::{DateTime, Utc};
use lol_html::{
    RewriteStrSettings, element,
    errors::{AttributeNameError, RewritingError},
    html_content::{ContentType, Element},
    rewrite_str,
};
use poem::{Request, http::Method};
use serde::Serialize;
use uuid::Uuid;

use super::{
    cx::Cx,
    extract,
    session::{self, KEPT, User},
};
use crate::{
    app::App,
    error::{Error, Result},
    platform::db::Tx,
    sql,
    types::Id,
};

/// Of one person at once; older ones make room.
const MOST: i64 = 20;

/// What `kept_forms.action` holds.
const ACTION_MAX: usize = 500;

/// Fields that are never kept, by what their names hold.
const SECRET: [&str; 5] = ["password", "secret", "token", "otp", "recovery"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    action: String,
    fields: Vec<(String, String)>,
}

/// Where the page shows that something came back.
#[derive(Serialize)]
pub struct Notice {
    /// Its form is on this page and holds it.
    is_found: bool,
    /// What was typed, for a page without the form.
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    value: String,
}

/// Keeps a posted form if its session ended by itself not long ago. Where the sign-in leads then: to the page that has
/// the form, which is `page` below the form's own URL.
pub async fn keep(cx: &Cx, request: Request, page: &str) -> Result<Option<String>> {
    if cx.method != Method::POST {
        return Ok(None);
    }
    let Some(hash) = cx.session_hash else {
        return Ok(None);
    };
    let Some(user) = session::ended_of(&cx.app, hash).await? else {
        return Ok(None);
    };
    let action = cx.uri.path().to_owned();
    if action.len() > ACTION_MAX {
        return Ok(None);
    }
    let (request, mut body) = request.split();
    let bytes = extract::form_bytes(&request, &mut body).await?;
    let fields: Vec<(String, String)> = extract::parse(&bytes)?;
    let kept = Kept {
        action,
        fields: fields
            .into_iter()
            .filter(|(name, _)| is_harmless(name))
            .collect(),
    };
    let id = store(&cx.app, user, &kept, cx.app.clock.now()).await?;
    Ok(Some(format!("{}{page}?kept={id}", kept.action)))
}

fn is_harmless(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name != "code" && !SECRET.iter().any(|secret| name.contains(secret))
}

/// Deletes what nobody gets back any more.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let old = sql!("delete from kept_forms where created_at < ?", now - KEPT);
    tx.execute(old).await
}

async fn store(app: &App, user: Id<User>, kept: &Kept, now: DateTime<Utc>) -> Result<Id<Kept>> {
    let id: Id<Kept> = app.clock.new_id();
    let plain = serde_json::to_vec(&kept.fields).map_err(Error::internal)?;
    let sealed = app.keys.seal("kept-forms", id.uuid().as_bytes(), &plain)?;
    let mut tx = app.db.begin().await?;
    sweep(&mut tx, now).await?;
    tx.execute(sql!(
        "insert into kept_forms (id, user_id, action, fields, created_at, updated_at) values (?, ?, ?, ?, ?, ?)",
        id,
        user,
        kept.action.as_str(),
        sealed,
        now,
        now,
    ))
    .await?;
    let too_old: Option<(Uuid,)> = tx
        .fetch_optional(sql!(
            "select id from kept_forms where user_id = ? order by created_at desc, id desc limit 1 offset ?",
            user,
            MOST
        ))
        .await?;
    if let Some((oldest,)) = too_old {
        tx.execute(sql!("delete from kept_forms where id = ?", oldest))
            .await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// What the URL says was kept, if it was this person's and not longer ago than an hour.
pub async fn load(cx: &Cx) -> Result<Option<Kept>> {
    let (Some(user), Some(id)) = (&cx.user, named_in(cx)) else {
        return Ok(None);
    };
    let mut conn = cx.read().await?;
    let row: Option<(String, Vec<u8>)> = conn
        .fetch_optional(sql!(
            "select action, fields from kept_forms where id = ? and user_id = ? and created_at > ?",
            id,
            user.id,
            cx.app.clock.now() - KEPT
        ))
        .await?;
    Ok(row.and_then(|(action, sealed)| {
        let plain = cx
            .app
            .keys
            .open("kept-forms", id.uuid().as_bytes(), &sealed)?;
        let fields = serde_json::from_slice(&plain).ok()?;
        Some(Kept { action, fields })
    }))
}

fn named_in(cx: &Cx) -> Option<Id<Kept>> {
    if cx.method != Method::GET {
        return None;
    }
    let query = cx.uri.query()?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("kept="))?
        .parse()
        .ok()
}

impl Kept {
    /// The page with what was typed in the form of the same action, and what to say about it.
    pub fn fill(&self, html: &str) -> Result<(String, Notice)> {
        let is_found = Cell::new(false);
        let is_form = Cell::new(false);
        let list = RefCell::new(String::new());
        let settings = RewriteStrSettings::new()
            // A form to add something waits closed, and would hide what is in it again.
            .append_element_content_handler(element!("details.add", |details| {
                mark(details, "open", true)?;
                Ok(())
            }))
            .append_element_content_handler(element!("form", |form| {
                is_form.set(attribute(form, "action") == self.action);
                Ok(())
            }))
            .append_element_content_handler(element!("form input[name]", |input| {
                let name = attribute(input, "name");
                match attribute(input, "type").as_str() {
                    _ if !is_form.get() => {}
                    "password" | "file" | "submit" | "image" | "button" => {}
                    "checkbox" | "radio" => {
                        mark(
                            input,
                            "checked",
                            self.has(&name, &attribute(input, "value")),
                        )?;
                    }
                    kind => {
                        if let Some(value) = self.value(&name) {
                            is_found.set(is_found.get() || kind != "hidden");
                            input.set_attribute("value", &escaped(value))?;
                        }
                    }
                }
                Ok(())
            }))
            .append_element_content_handler(element!("form textarea[name]", |area| {
                let value = self.value(&attribute(area, "name"));
                if let Some(value) = value.filter(|_| is_form.get()) {
                    is_found.set(true);
                    // A browser drops one line end at the beginning.
                    area.set_inner_content(&format!("\n{value}"), ContentType::Text);
                }
                Ok(())
            }))
            .append_element_content_handler(element!("form select[name]", |select| {
                *list.borrow_mut() = attribute(select, "name");
                Ok(())
            }))
            .append_element_content_handler(element!("form select[name] option", |option| {
                let name = list.borrow();
                if is_form.get() && self.value(&name).is_some() {
                    is_found.set(true);
                    mark(
                        option,
                        "selected",
                        self.has(&name, &attribute(option, "value")),
                    )?;
                }
                Ok(())
            }));
        let filled =
            rewrite_str(html, settings).map_err(|error: RewritingError| Error::internal(error))?;
        let is_found = is_found.get();
        let fields = if is_found { Vec::new() } else { self.typed() };
        Ok((filled, Notice { is_found, fields }))
    }

    /// What a person typed: neither empty nor one of the form's own marks.
    fn typed(&self) -> Vec<Field> {
        let is_typed = |(name, value): &&(String, String)| {
            !value.trim().is_empty()
                && !["version", "form_key", "next", "confirm"].contains(&name.as_str())
        };
        self.fields
            .iter()
            .filter(is_typed)
            .map(|(name, value)| Field {
                name: name.clone(),
                value: value.clone(),
            })
            .collect()
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.fields
            .iter()
            .any(|(known, kept)| known == name && kept == value)
    }
}

/// The attribute's value; `lol_html` gives it as the template wrote it.
fn attribute(element: &Element<'_, '_>, name: &str) -> String {
    let written = element.get_attribute(name).unwrap_or_default();
    [
        ("&#x2f;", "/"),
        ("&#x27;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(written, |text, (entity, char)| text.replace(entity, char))
}

/// `lol_html` sees to the quotes.
fn escaped(value: &str) -> String {
    value.replace('&', "&amp;")
}

fn mark(
    element: &mut Element<'_, '_>,
    name: &str,
    is_set: bool,
) -> std::result::Result<(), AttributeNameError> {
    if is_set {
        element.set_attribute(name, "")
    } else {
        element.remove_attribute(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(fields: &[(&str, &str)]) -> Kept {
        Kept {
            action: "/notes".into(),
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn what_was_typed_is_in_its_form_again_and_in_no_other() {
        let page = r#"<main><form action="&#x2f;other"><input name="title" value="x"></form>
<form method="post" action="&#x2f;notes"><input name="title" value="old"><input type="password" name="password">
<textarea name="body">old</textarea><input type="checkbox" name="pinned" value="true" checked>
<input type="radio" name="way" value="a" checked><input type="radio" name="way" value="b">
<select name="kind"><option value="call" selected>Call</option><option value="mail">Mail</option></select></form></main>"#;
        let typed = kept(&[
            ("title", "\"Ş&lt;\" <b>"),
            ("body", "</textarea><script>1</script>\nline"),
            ("way", "b"),
            ("kind", "mail"),
            ("password", "secret"),
        ]);
        let (html, notice) = typed.fill(page).unwrap();
        assert!(notice.is_found && notice.fields.is_empty());
        assert!(html.contains(r#"<form action="&#x2f;other"><input name="title" value="x">"#));
        assert!(
            html.contains(r#"<input name="title" value="&quot;Ş&amp;lt;&quot; <b>">"#),
            "{html}"
        );
        assert!(
            html.contains("<textarea name=\"body\">\n&lt;/textarea&gt;&lt;script&gt;1"),
            "{html}"
        );
        assert!(html.contains(r#"name="pinned" value="true">"#), "{html}");
        assert!(html.contains(r#"name="way" value="a">"#), "{html}");
        assert!(
            html.contains(r#"name="way" value="b" checked="">"#),
            "{html}"
        );
        assert!(html.contains(r#"<option value="call">"#), "{html}");
        assert!(
            html.contains(r#"<option value="mail" selected="">"#),
            "{html}"
        );
        assert!(html.contains(r#"<input type="password" name="password">"#));
    }

    #[test]
    fn a_page_without_the_form_is_as_it_was_and_what_was_typed_is_listed() {
        let page = "<main><p>ğ &amp; <br></p></main>";
        let (html, notice) = kept(&[("title", "Söz"), ("version", "3"), ("body", "")])
            .fill(page)
            .unwrap();
        assert_eq!(html, page);
        assert!(!notice.is_found);
        assert_eq!(notice.fields.len(), 1);
    }

    #[test]
    fn secrets_are_not_kept() {
        for secret in [
            "password",
            "current_password",
            "code",
            "recovery_code",
            "Token",
        ] {
            assert!(!is_harmless(secret), "{secret}");
        }
        for harmless in ["name", "nace_code", "body", "version", "form_key"] {
            assert!(is_harmless(harmless), "{harmless}");
        }
    }
}

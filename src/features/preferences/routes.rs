//! URL × verb, then the handler.

use poem::{
    IntoResponse, Response, handler,
    http::{HeaderValue, header},
};
use serde::Deserialize;

use super::queries;
use crate::{
    error::{Error, Result},
    platform::audit::{self, Changes},
    types::Lang,
    web::{
        cx::{Cx, LANG_COOKIE, THEME_COOKIE, THEMES},
        extract::Form,
        render::{self, Render},
        router::{Table, account_post},
    },
};

#[must_use]
pub fn routes() -> Table {
    Table::default().at("/preferences", [account_post(update)])
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PreferencesForm {
    locale: String,
    theme: String,
    next: String,
}

#[handler]
async fn update(cx: Cx, Form(form): Form<PreferencesForm>) -> Result<Response> {
    let locale = given(&form.locale, |text| Lang::parse(text).ok())?;
    let theme = given(&form.theme, |text| {
        THEMES.into_iter().find(|theme| *theme == text)
    })?;
    let home = cx
        .user
        .as_ref()
        .map_or("/dashboard", |user| user.role.home());
    let next = local_path(&form.next).unwrap_or(home).to_owned();
    if let Some(user) = &cx.user {
        let mut tx = cx.begin().await?;
        let now = cx.app.clock.now();
        let mut changes = Changes::new();
        if let Some(locale) = locale {
            queries::set_locale(&mut tx, user.id, locale, now).await?;
            let before = user.locale.map(Lang::code);
            changes = changes.field("locale", before, Some(locale.code()));
        }
        if let Some(theme) = theme {
            queries::set_theme(&mut tx, user.id, theme, now).await?;
            changes = changes.field("theme", Some(&user.theme), Some(theme));
        }
        if !changes.is_empty() {
            let (actor, id) = (cx.actor(), Some(user.id.uuid()));
            audit::record(&mut tx, now, &actor, "users.prefer", id, None, &changes).await?;
        }
        tx.commit().await?;
        return Ok(Render::redirect(next).into_response());
    }
    let mut response = render::see_other(&next);
    let secure = if cx.app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookies = [(LANG_COOKIE, locale.map(Lang::code)), (THEME_COOKIE, theme)];
    for (name, value) in cookies
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    {
        let cookie =
            format!("{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
        response.headers_mut().append(
            header::SET_COOKIE,
            HeaderValue::from_str(&cookie).map_err(Error::internal)?,
        );
    }
    Ok(response)
}

fn given<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or(Error::Unprocessable)
}

/// A path of ours, never another site: browsers read `//host` and `/\\host` as one.
pub fn local_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let is_local = !rest.starts_with(['/', '\\'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_local.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        for ours in ["/dashboard", "/companies?q=a%20b&status=lead", "/"] {
            assert_eq!(local_path(ours), Some(ours));
        }
        for evil in [
            "//evil.test",
            "/\\evil.test",
            "https:evil.test",
            "/\t/evil.test",
            "javascript:alert(1)",
            "",
            "/a\r\nb",
            "/ş",
        ] {
            assert_eq!(local_path(evil), None, "{evil}");
        }
    }
}

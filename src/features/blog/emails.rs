//! What authors are told about their posts.

use chrono::{DateTime, Utc};
use minijinja::context;

use super::queries::Due;
use crate::{
    app::App,
    error::{Error, Result},
    features::mails,
    platform::{db::Tx, i18n::Message},
    types::Email,
    web::seo::{base_url, in_lang},
};

/// To whoever wrote it: the moment that it was scheduled for has come.
pub async fn is_public(app: &App, tx: &mut Tx, now: DateTime<Utc>, post: &Due) -> Result<()> {
    let to = Email::parse(&post.email).map_err(Error::internal)?;
    let path = in_lang(&format!("/blog/{}", post.slug), post.lang);
    let letter = mails::Letter {
        to: &to,
        to_name: Some(&post.name),
        lang: post.locale.unwrap_or(post.lang),
        company_id: None,
        record: Some(("posts", post.id.uuid())),
        template: "blog/emails/public",
        subject: Message::new("public-mail-subject").arg("title", &post.title),
        link: None,
        view: context! {
            name => post.name.as_str(),
            title => post.title.as_str(),
            public_at => post.public_at.to_rfc3339(),
            url => format!("{}{path}", base_url(app)),
        },
    };
    mails::queue(app, tx, now, letter).await?;
    Ok(())
}

//! The page of permissions says what the code does, and nothing else.

use prosektorweb::{
    routes,
    web::{
        access::{Access, Permission, Role},
        router::Line,
    },
};

use crate::support::{ADA, OFIS, Reply, TestApp};

/// The marks of each row of a table: whether its icon is there.
fn marks(page: &Reply, table: &str) -> Vec<Vec<bool>> {
    let rows = page.count(&format!("{table} tbody tr"));
    (1..=rows)
        .map(|row| {
            let row = format!("{table} tbody tr:nth-child({row}) td.mark");
            let words = page.texts(&row);
            words.iter().map(|words| words == "yes").collect()
        })
        .collect()
}

#[tokio::test]
async fn the_page_shows_each_permission_and_each_url_as_the_code_has_them() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    ada.post_form("/preferences", &[("locale", "en")]).await;
    let page = ada.get("/permissions").await;
    assert_eq!(page.status, 200);

    let told = marks(&page, "#roles");
    let known: Vec<Vec<bool>> = Permission::ALL
        .iter()
        .map(|permission| Role::ALL.iter().map(|role| role.may(*permission)).collect())
        .collect();
    assert_eq!(told, known);

    let lines = routes::table().lines();
    let names: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {}", line.method, line.path))
        .collect();
    assert_eq!(page.texts("#urls tbody th"), names);
    let told = marks(&page, "#urls");
    for (line, told) in lines.iter().zip(told) {
        assert_eq!(told, admitted(line), "{} {}", line.method, line.path);
    }
}

/// Nobody, then each role.
fn admitted(line: &Line) -> Vec<bool> {
    let role = |role: Role| match line.access {
        Access::Public | Access::Account | Access::Signed => true,
        Access::Client => role == Role::Client,
        Access::Staff(permission) => role.may(permission),
    };
    let nobody = matches!(line.access, Access::Public | Access::Account);
    let roles = Role::ALL.iter().map(|one| role(*one));
    std::iter::once(nobody).chain(roles).collect()
}

#[tokio::test]
async fn each_permission_has_a_name_of_its_own_in_both_languages() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    for lang in ["en", "tr"] {
        ada.post_form("/preferences", &[("locale", lang)]).await;
        let mut names = ada.get("/permissions").await.texts("#roles tbody th");
        assert_eq!(names.len(), Permission::ALL.len());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Permission::ALL.len(), "{lang}");
        assert!(names.iter().all(|name| name.contains(' ')), "{names:?}");
    }
}

#[tokio::test]
async fn the_tables_have_heads_and_scroll_in_boxes_that_the_keyboard_reaches() {
    let app = TestApp::new().await;
    let page = app.sign_in(ADA).await.get("/permissions").await;
    assert_eq!(page.count(".matrix-box[tabindex='0'][aria-labelledby]"), 2);
    assert_eq!(
        page.count("#roles thead th[scope=col]"),
        Role::ALL.len() + 1
    );
    assert_eq!(
        page.count("#roles tbody th[scope=row]"),
        Permission::ALL.len()
    );
    let ofis = app.sign_in(OFIS).await;
    assert_eq!(ofis.get("/permissions").await.status, 403);
}

//! URL × verb × permission, then the handler.

use poem::{handler, web::Data};

use super::views::Index;
use crate::web::{
    access::Permission::UsersManage,
    render::Render,
    router::{Lines, Table, get},
};

#[must_use]
pub fn routes() -> Table {
    Table::default().at("/permissions", [get(UsersManage, index)])
}

#[handler]
fn index(Data(lines): Data<&Lines>) -> Render {
    Render::page("permissions/index.html", &Index::new(lines))
}

//! What the page of permissions sees.

use serde::Serialize;

use crate::web::{
    access::{Access, Permission, Role},
    router::Line,
};

#[derive(Serialize)]
pub struct Index {
    roles: Vec<Role>,
    permissions: Vec<PermissionRow>,
    urls: Vec<UrlRow>,
}

#[derive(Serialize)]
struct PermissionRow {
    permission: Permission,
    /// One for each role, in their order.
    may: Vec<bool>,
}

#[derive(Serialize)]
struct UrlRow {
    method: String,
    path: String,
    permission: Option<Permission>,
    /// Somebody who is not signed in.
    nobody: bool,
    may: Vec<bool>,
}

impl Index {
    #[must_use]
    pub fn new(lines: &[Line]) -> Self {
        let permission = |permission: &Permission| PermissionRow {
            permission: *permission,
            may: Role::ALL.iter().map(|role| role.may(*permission)).collect(),
        };
        let url = |line: &Line| UrlRow {
            method: line.method.to_string(),
            path: line.path.clone(),
            permission: match line.access {
                Access::Staff(permission) => Some(permission),
                _ => None,
            },
            nobody: line.access.admits(None),
            may: Role::ALL
                .iter()
                .map(|role| line.access.admits(Some(*role)))
                .collect(),
        };
        Self {
            roles: Role::ALL.to_vec(),
            permissions: Permission::ALL.iter().map(permission).collect(),
            urls: lines.iter().map(url).collect(),
        }
    }
}

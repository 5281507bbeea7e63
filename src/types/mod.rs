//! Values with rules and no I/O: what the product accepts from people, how it keeps it and how it shows it.

mod choice;
pub mod date;
mod email;
mod id;
mod invalid;
mod lang;
mod money;
mod nace;
pub mod number;
pub mod page;
mod phone;
mod tax_id;
pub mod text;

#[cfg(test)]
pub(crate) mod golden;

pub(crate) use choice::choice;
pub use email::Email;
pub use id::{Id, MalformedId};
pub use invalid::Invalid;
pub use lang::Lang;
pub use money::{Currency, Money};
pub use nace::Nace;
pub use phone::Phone;
pub use tax_id::{TaxId, TaxIdKind};

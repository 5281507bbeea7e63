//! Why a typed value was refused, as a message that the languages translate.

/// The reason beside a field. `key` names the Fluent message, `args` its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.key())]
pub enum Invalid {
    Required,
    /// Fewer than `min` characters.
    TooShort {
        min: u32,
    },
    /// More than `max` characters.
    TooLong {
        max: u32,
    },
    Email,
    /// An address that may be right, but has letters that mail servers take only in ASCII form.
    EmailNotAscii,
    Phone,
    TaxId,
    Nace,
    Choice,
    Date,
    Number,
    Money,
    ControlCharacters,
}

impl Invalid {
    pub fn key(self) -> &'static str {
        match self {
            Self::Required => "error-required",
            Self::TooShort { .. } => "error-too-short",
            Self::TooLong { .. } => "error-too-long",
            Self::Email => "error-email",
            Self::EmailNotAscii => "error-email-not-ascii",
            Self::Phone => "error-phone",
            Self::TaxId => "error-tax-id",
            Self::Nace => "error-nace",
            Self::Choice => "error-choice",
            Self::Date => "error-date",
            Self::Number => "error-number",
            Self::Money => "error-money",
            Self::ControlCharacters => "error-control-characters",
        }
    }

    pub fn args(self) -> Vec<(&'static str, i64)> {
        match self {
            Self::TooShort { min } => vec![("min", i64::from(min))],
            Self::TooLong { max } => vec![("max", i64::from(max))],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Invalid;

    #[test]
    fn a_length_error_carries_the_limit() {
        let short = Invalid::TooShort { min: 2 };
        assert_eq!(short.key(), "error-too-short");
        assert_eq!(short.args(), [("min", 2)]);
        let long = Invalid::TooLong { max: 160 };
        assert_eq!(long.key(), "error-too-long");
        assert_eq!(long.args(), [("max", 160)]);
        assert!(Invalid::Required.args().is_empty());
    }

    #[test]
    fn an_error_reads_as_its_key() {
        assert_eq!(Invalid::TaxId.to_string(), "error-tax-id");
    }
}

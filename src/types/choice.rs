//! A closed list of words, such as a status: an enum in code, its text in tables, forms and JSON.

/// Declares the enum with `ALL`, `as_str`, `parse`, `Display`, `Serialize` and `Deserialize`.
///
/// `parse` ignores the case of ASCII letters only: these words are identifiers, not Turkish text.
macro_rules! choice {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            pub fn parse(text: &str) -> Result<Self, $crate::types::Invalid> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|choice| choice.as_str().eq_ignore_ascii_case(text.trim()))
                    .ok_or($crate::types::Invalid::Choice)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(|_| {
                    let text = ::serde::de::Unexpected::Str(&text);
                    <D::Error as ::serde::de::Error>::invalid_value(text, &"one of the choices")
                })
            }
        }
    };
}

pub(crate) use choice;

#[cfg(test)]
mod tests {
    use crate::types::Invalid;

    choice! {
        /// A sample.
        enum Status {
            Draft = "draft",
            PartiallyPaid = "partially_paid",
            Issued = "issued",
        }
    }

    #[test]
    fn every_choice_is_found_by_its_own_text() {
        assert_eq!(Status::ALL.len(), 3);
        for &status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Ok(status));
            assert_eq!(status.to_string(), status.as_str());
        }
    }

    #[test]
    fn ascii_case_and_outer_blanks_do_not_matter() {
        assert_eq!(
            Status::parse(" PARTIALLY_Paid\n"),
            Ok(Status::PartiallyPaid)
        );
        assert_eq!(Status::parse("ISSUED"), Ok(Status::Issued));
    }

    #[test]
    fn turkish_letters_do_not_fold_into_an_identifier() {
        assert_eq!(Status::parse("İSSUED"), Err(Invalid::Choice));
        assert_eq!(Status::parse("ıssued"), Err(Invalid::Choice));
    }

    #[test]
    fn anything_else_is_no_choice() {
        for text in ["", " ", "drafts", "dra", "draft,issued", "partially paid"] {
            assert_eq!(Status::parse(text), Err(Invalid::Choice), "{text:?}");
        }
    }

    #[test]
    fn it_serialises_as_its_text_and_comes_back() {
        let json = serde_json::to_string(&Status::PartiallyPaid).unwrap();
        assert_eq!(json, r#""partially_paid""#);
        assert_eq!(
            serde_json::from_str::<Status>(&json).unwrap(),
            Status::PartiallyPaid
        );
        assert!(serde_json::from_str::<Status>("\"paid\"").is_err());
    }
}

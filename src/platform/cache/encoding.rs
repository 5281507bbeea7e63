//! Values as bytes: `MessagePack`, for Redis and to know what they weigh.

use std::{
    any::{Any, type_name},
    io,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use super::{memory::Value, timed::Timed};
use crate::error::{Error, Result};

/// How values of one type become bytes and come back; the rest of the cache knows no type.
#[derive(Clone, Copy)]
pub(super) struct Codec {
    encode: fn(&(dyn Any + Send + Sync), &mut Sink) -> Result<()>,
    decode: fn(&[u8]) -> Result<Value>,
    ends: fn(&(dyn Any + Send + Sync)) -> Option<DateTime<Utc>>,
}

impl Codec {
    pub fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self {
            encode: |value, sink| {
                let value: &T = value.downcast_ref().ok_or_else(|| {
                    Error::internal(format!("a value is no {}", type_name::<T>()))
                })?;
                rmp_serde::encode::write(sink, value).map_err(Error::internal)
            },
            decode: |bytes| {
                let value: T = rmp_serde::from_slice(bytes).map_err(Error::internal)?;
                Ok(Arc::new(value))
            },
            ends: |_| None,
        }
    }

    /// Of values that know when they end.
    pub fn timed<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self {
            ends: |value| value.downcast_ref::<Timed<T>>()?.until,
            ..Self::of::<Timed<T>>()
        }
    }

    pub fn ends(self, value: &Value) -> Option<DateTime<Utc>> {
        (self.ends)(&**value)
    }

    pub fn decode(self, bytes: &[u8]) -> Result<Value> {
        (self.decode)(bytes)
    }

    /// The value's length, and its bytes if somebody wants them. None if there are more than `max`.
    pub fn encode(self, value: &Value, wants_bytes: bool, max: usize) -> Result<Option<Encoded>> {
        let mut sink = Sink {
            bytes: wants_bytes.then(Vec::new),
            len: 0,
            max,
        };
        match (self.encode)(&**value, &mut sink) {
            Ok(()) => Ok(Some(Encoded {
                len: sink.len,
                bytes: sink.bytes,
            })),
            Err(_) if sink.len > max => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) struct Encoded {
    pub len: usize,
    pub bytes: Option<Vec<u8>>,
}

/// Counts, and gives up when it is too much.
struct Sink {
    bytes: Option<Vec<u8>>,
    len: usize,
    max: usize,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.len = self.len.saturating_add(bytes.len());
        if self.len > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if let Some(kept) = &mut self.bytes {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_weighs_what_its_encoding_takes_and_comes_back_the_same() {
        let codec = Codec::of::<Vec<String>>();
        let words: Value = Arc::new(vec!["şu".to_owned(), "bu".to_owned()]);
        let encoded = codec.encode(&words, true, 100).unwrap().unwrap();
        let bytes = encoded.bytes.unwrap();
        assert_eq!((encoded.len, bytes.len()), (8, 8));
        let back: Arc<Vec<String>> = codec.decode(&bytes).unwrap().downcast().unwrap();
        assert_eq!(*back, ["şu", "bu"]);
        assert!(
            codec
                .encode(&words, false, 8)
                .unwrap()
                .unwrap()
                .bytes
                .is_none()
        );
        assert!(codec.encode(&words, true, 7).unwrap().is_none());
        assert!(codec.decode(b"\xc1").is_err());
    }
}

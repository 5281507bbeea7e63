//! What the tests of this module share: the golden vectors and a seeded generator.

use serde_json::Value;

/// One section of `tests/vectors/formats.json`.
pub fn vectors(section: &str) -> Value {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/formats.json"
    ));
    let mut all: Value = serde_json::from_str(text).unwrap();
    all[section].take()
}

/// The texts listed under `name` of a section, `valid` or `invalid` for example.
pub fn texts(section: &str, name: &str) -> Vec<String> {
    serde_json::from_value(vectors(section)[name].take()).unwrap()
}

/// `SplitMix64`: a failing case comes back on every run.
pub struct Generator(pub u64);

impl Generator {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn digits(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| u8::try_from(self.below(10)).unwrap())
            .collect()
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

pub fn digits_to_text(digits: &[u8]) -> String {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

/// Every text that differs from `digits` in exactly one digit.
pub fn single_digit_errors(digits: &[u8]) -> impl Iterator<Item = String> {
    (0..digits.len()).flat_map(move |place| {
        (0..10)
            .filter(move |d| *d != digits[place])
            .map(move |wrong| {
                let mut changed = digits.to_vec();
                changed[place] = wrong;
                digits_to_text(&changed)
            })
    })
}

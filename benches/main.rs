//! What the product takes, as ratios measured within one run.
fn main() {}

//! `chinhchu-demo`: the main job, played. With `--headless` by itself; otherwise for a person.

fn main() {}

//! Whether anything of a person can be read on a disk by somebody without its keys: every file below a folder is
//! searched for bytes of known pictures and for known texts, in the ways in which programs write texts down.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// Taken of a picture at one place. Long enough that nothing else has it.
const SAMPLE: usize = 24;
/// From place to place in a picture.
const STEP: usize = 512;
/// Head and tables are the same in many pictures.
const HEAD: usize = 1_024;
/// A sample with fewer different bytes may be anything.
const LEAST_DIFFERENT: usize = 12;

/// What must not be found.
#[derive(Default)]
pub struct Secrets {
    /// What, and its bytes.
    all: Vec<(String, Vec<u8>)>,
    /// By the first four bytes.
    by_start: HashMap<[u8; 4], Vec<usize>>,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Search {
    /// File and what can be read in it.
    pub found: BTreeSet<(String, String)>,
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: usize,
}

impl Secrets {
    /// A text of at least four bytes: as UTF-8, as both kinds of UTF-16, as in JSON and as in a URL.
    pub fn text(&mut self, what: &str, text: &str) {
        let units = || text.encode_utf16();
        let json = units().fold(String::new(), |mut json, unit| {
            match u8::try_from(unit) {
                Ok(ascii) if ascii.is_ascii() => json.push(char::from(ascii)),
                Ok(_) | Err(_) => {
                    let _ = write!(json, "\\u{unit:04x}"); // Writing into a String cannot fail.
                }
            }
            json
        });
        let url = text.bytes().fold(String::new(), |mut url, byte| {
            if byte.is_ascii_alphanumeric() {
                url.push(char::from(byte));
            } else {
                let _ = write!(url, "%{byte:02X}"); // As above.
            }
            url
        });
        self.add(what, text.as_bytes().to_vec());
        self.add(what, units().flat_map(u16::to_le_bytes).collect());
        self.add(what, units().flat_map(u16::to_be_bytes).collect());
        self.add(what, json.into_bytes());
        self.add(what, url.into_bytes());
    }

    /// A picture file: samples all over it, as they are and in Base64.
    pub fn picture(&mut self, what: &str, bytes: &[u8]) {
        for at in (HEAD..bytes.len().saturating_sub(SAMPLE)).step_by(STEP) {
            let sample = &bytes[at..at + SAMPLE];
            if sample.iter().collect::<BTreeSet<_>>().len() < LEAST_DIFFERENT {
                continue;
            }
            self.add(what, sample.to_vec());
            // Whole groups of three, wherever the encoder began to count.
            for skipped in 0..3 {
                self.add(what, BASE64.encode(&sample[skipped..skipped + SAMPLE - 3]).into_bytes());
            }
        }
    }

    /// How many sequences of bytes are looked for.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    fn add(&mut self, what: &str, bytes: Vec<u8>) {
        let Some(start) = bytes.first_chunk() else { return };
        self.by_start.entry(*start).or_default().push(self.all.len());
        self.all.push((what.to_owned(), bytes));
    }

    /// Reads every file below the folder.
    pub fn search(&self, folder: &Path) -> Result<Search> {
        let mut search = Search::default();
        // Most bytes are no beginning of anything: one look at a small table tells.
        let mut begins = vec![false; 1 << 16];
        for start in self.by_start.keys() {
            begins[usize::from(u16::from_le_bytes([start[0], start[1]]))] = true;
        }
        self.look_into(folder, folder, &begins, &mut search)?;
        Ok(search)
    }

    fn look_into(&self, top: &Path, folder: &Path, begins: &[bool], search: &mut Search) -> Result<()> {
        // A folder that has just been deleted holds nothing.
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                self.look_into(top, &path, begins, search)?;
            } else if kind.is_file() {
                let bytes = match std::fs::read(&path) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    read => read.with_context(|| format!("cannot read {}", path.display()))?,
                };
                search.files += 1;
                search.bytes += bytes.len();
                let name = path.strip_prefix(top)?.display().to_string();
                for what in self.readable(&bytes, begins) {
                    search.found.insert((name.clone(), what.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn readable(&self, bytes: &[u8], begins: &[bool]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, four) in bytes.array_windows::<4>().enumerate() {
            if begins[usize::from(u16::from_le_bytes([four[0], four[1]]))]
                && let Some(secrets) = self.by_start.get(four)
            {
                let is_there = |n: &&usize| bytes[at..].starts_with(&self.all[**n].1);
                found.extend(secrets.iter().filter(is_there).map(|n| self.all[*n].0.as_str()));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Nguyễn Thị Mẫu";

    fn noise(seed: u32, length: usize) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_le_bytes()[3]
        };
        (0..length).map(|_| next()).collect()
    }

    fn found(bytes: &[u8]) -> Vec<String> {
        let mut secrets = Secrets::default();
        secrets.text("name", NAME);
        secrets.picture("portrait", &noise(1, 20_000));
        let folder = tempfile::tempdir().expect("folder");
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).expect("folder");
        std::fs::write(below.join("file"), bytes).expect("written");
        let search = secrets.search(folder.path()).expect("searched");
        assert_eq!((search.files, search.bytes), (1, bytes.len()));
        search.found.into_iter().map(|(file, what)| format!("{file}: {what}")).collect()
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let utf16 = |to: fn(u16) -> [u8; 2]| NAME.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let json = br"Nguy\u1ec5n Th\u1ecb M\u1eabu".to_vec();
        let url = b"Nguy%E1%BB%85n%20Th%E1%BB%8B%20M%E1%BA%ABu".to_vec();
        for written in [NAME.as_bytes().to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), json, url]
        {
            assert_eq!(found(&[&noise(2, 777)[..], &written, b"\0"].concat()), ["a/b/file: name"]);
            assert_eq!(found(&[&noise(2, 777)[..], &written[..written.len() - 1]].concat()), [""; 0]);
        }
    }

    #[test]
    fn a_part_of_a_picture_is_found_at_any_place_also_as_text() {
        let picture = noise(1, 20_000);
        for from in [3_000, 7_777, 12_345] {
            let part = &picture[from..from + STEP + SAMPLE];
            assert_eq!(found(&[&noise(3, 99)[..], part].concat()), ["a/b/file: portrait"]);
            assert_eq!(found(BASE64.encode(part).as_bytes()), ["a/b/file: portrait"]);
        }
        assert_eq!(found(&noise(4, 100_000)), [""; 0]);
    }
}

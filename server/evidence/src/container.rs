//! The file that holds a bundle: a ZIP that any program opens, written in exactly one way (stored, sorted, no
//! times). What reads it writes it anew and compares, so that no byte of it can differ unseen.

use crate::fault::Fault;

/// Largest bundle that is read.
pub const MAX_BYTES: u64 = 96 * 1024 * 1024;
/// Most files in one.
const MAX_ENTRIES: usize = 200;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;
/// ZIP 2.0.
const VERSION: u16 = 20;
/// 1 January 1980, the first day that a ZIP can name.
const DATE: u16 = 0x0021;

/// A file in the container.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, ASCII.
    pub name: String,
    /// CRC-32 as the container says.
    pub crc: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// A file to be written.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), crc: crc32fast::hash(&bytes), bytes }
    }

    /// Whether the bytes are those that were written.
    pub fn intact(&self) -> bool {
        crc32fast::hash(&self.bytes) == self.crc
    }
}

/// What was read of a container.
pub struct Container {
    /// The files, in order of their names.
    pub entries: Vec<Entry>,
    /// Whether every byte outside the files is as [`write`] writes it.
    pub canonical: bool,
}

/// Writes the container; the entries are sorted here.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, Fault> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let doubled = sorted.windows(2).any(|pair| pair[0].name == pair[1].name);
    if doubled || sorted.len() > MAX_ENTRIES || !sorted.iter().all(|entry| plain(&entry.name)) {
        return Err(Fault::NotABundle);
    }
    let (mut out, mut index) = (Vec::new(), Vec::new());
    for entry in &sorted {
        let offset = size(out.len())?;
        let common = common(entry)?;
        number(&mut out, LOCAL);
        out.extend_from_slice(&common);
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(&entry.bytes);
        number(&mut index, CENTRAL);
        index.extend_from_slice(&VERSION.to_le_bytes());
        index.extend_from_slice(&common);
        index.extend_from_slice(&[0; 10]); // comment, disk, attributes
        number(&mut index, offset);
        index.extend_from_slice(entry.name.as_bytes());
    }
    let (start, length) = (size(out.len())?, size(index.len())?);
    let count = u16::try_from(sorted.len()).map_err(|_| Fault::NotABundle)?.to_le_bytes();
    out.append(&mut index);
    number(&mut out, END);
    out.extend_from_slice(&[0; 4]); // disks
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    number(&mut out, length);
    number(&mut out, start);
    out.extend_from_slice(&[0; 2]); // comment
    Ok(out)
}

/// Version, flags, method, time, date, CRC, sizes, length of the name, length of extra: the same in both headers.
fn common(entry: &Entry) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(LOCAL_LEN - 4);
    let length = size(entry.bytes.len())?;
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 6]);
    out.extend_from_slice(&DATE.to_le_bytes());
    number(&mut out, entry.crc);
    number(&mut out, length);
    number(&mut out, length);
    out.extend_from_slice(&u16::try_from(entry.name.len()).map_err(|_| Fault::NotABundle)?.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}

/// Reads a container by its index at the end.
pub fn read(bytes: &[u8]) -> Result<Container, Fault> {
    let end = bytes.len().checked_sub(END_LEN).ok_or(Fault::NotABundle)?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    if u32_at(bytes, end)? != END || count > MAX_ENTRIES {
        return Err(Fault::NotABundle);
    }
    let mut at = place(u32_at(bytes, end + 16)?)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (entry, next) = entry(bytes, at)?;
        entries.push(entry);
        at = next;
    }
    let canonical = write(&entries).is_ok_and(|again| again == bytes);
    Ok(Container { entries, canonical })
}

/// One entry of the index at `at`, with its file; and where the next one is.
fn entry(bytes: &[u8], at: usize) -> Result<(Entry, usize), Fault> {
    if u32_at(bytes, at)? != CENTRAL {
        return Err(Fault::NotABundle);
    }
    let (crc, length) = (u32_at(bytes, at + 16)?, place(u32_at(bytes, at + 24)?)?);
    let named = usize::from(u16_at(bytes, at + 28)?);
    let offset = place(u32_at(bytes, at + 42)?)?;
    let name_at = at + CENTRAL_LEN;
    let name = slice(bytes, name_at, named)?;
    let name = std::str::from_utf8(name).ok().filter(|name| plain(name)).ok_or(Fault::NotABundle)?;
    let start = offset.checked_add(LOCAL_LEN + named).ok_or(Fault::NotABundle)?;
    let data = slice(bytes, start, length)?.to_vec();
    Ok((Entry { name: name.to_owned(), crc, bytes: data }, name_at + named))
}

/// Names are ours: no way out of a folder, nothing that a file system reads differently.
fn plain(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    !name.is_empty() && name.len() <= 100 && name.chars().all(allowed) && !name.contains("..")
}

fn number(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn size(length: usize) -> Result<u32, Fault> {
    u32::try_from(length).map_err(|_| Fault::NotABundle)
}

fn place(offset: u32) -> Result<usize, Fault> {
    usize::try_from(offset).map_err(|_| Fault::NotABundle)
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], Fault> {
    at.checked_add(length).and_then(|end| bytes.get(at..end)).ok_or(Fault::NotABundle)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    slice(bytes, at, 2)?.try_into().map(u16::from_le_bytes).map_err(|_| Fault::NotABundle)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    slice(bytes, at, 4)?.try_into().map(u32::from_le_bytes).map_err(|_| Fault::NotABundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let entries = [Entry::new("b.json", b"{}".to_vec()), Entry::new("a/x.jpg", vec![7; 300])];
        write(&entries).expect("writes")
    }

    #[test]
    fn a_container_is_read_back_in_order_of_names() {
        let read = read(&written()).expect("reads");
        assert!(read.canonical);
        let names: Vec<&str> = read.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a/x.jpg", "b.json"]);
        assert!(read.entries.iter().all(Entry::intact));
        assert_eq!(read.entries[0].bytes, [7; 300]);
    }

    #[test]
    fn every_flipped_bit_is_found_in_a_file_or_around_it() {
        let good = written();
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = read(&flipped) {
                let found = !read.canonical || !read.entries.iter().all(Entry::intact);
                assert!(found, "bit {bit}");
            }
        }
    }

    #[test]
    fn added_bytes_and_names_that_leave_the_folder_are_refused() {
        let good = written();
        for wrong in [[&good[..], b"x"].concat(), [b"x", &good[..]].concat(), good[..good.len() - 1].to_vec()]
        {
            assert!(read(&wrong).map_or(true, |read| !read.canonical));
        }
        for name in ["../x", "a b", "", "ẩn"] {
            assert!(write(&[Entry::new(name, Vec::new())]).is_err(), "{name}");
        }
        assert!(write(&[Entry::new("a", Vec::new()), Entry::new("a", Vec::new())]).is_err());
    }
}

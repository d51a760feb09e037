//! Settings that IT puts on many machines at once: one JSON file of the variables' names and their values, that
//! only an administrator can write. The environment and the command line win over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::SettingsError;

/// What may stand in it. A session's own folder and devices are not IT's to set for everybody.
const KNOWN: [&str; 5] = [
    "CHINHCHU_SERVER",
    "CHINHCHU_CA",
    "CHINHCHU_ENROLMENT_CODE",
    "CHINHCHU_SERVER_KEY",
    "CHINHCHU_DISK_RESERVE_MIB",
];

/// `/etc/chinhchu/workstation.json`, on Windows `%ProgramData%\chinhchu\workstation.json`.
pub fn path(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if cfg!(windows) {
        return env("ProgramData").map(|root| PathBuf::from(root).join("chinhchu").join("workstation.json"));
    }
    Some(PathBuf::from("/etc/chinhchu/workstation.json"))
}

/// Reads it; none is none set.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>, SettingsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(_) => return Err(SettingsError::Managed),
    };
    let values: BTreeMap<String, String> = serde_json::from_str(&text).map_err(|_| SettingsError::Managed)?;
    let known = values.keys().all(|name| KNOWN.contains(&name.as_str()));
    if known { Ok(values) } else { Err(SettingsError::Managed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<BTreeMap<String, String>, SettingsError> {
        let folder = tempfile::tempdir().expect("tempdir");
        let path = folder.path().join("workstation.json");
        std::fs::write(&path, text).expect("written");
        read(&path)
    }

    #[test]
    fn it_gives_the_values_of_it_and_refuses_what_it_does_not_know() {
        let good = read_text(r#"{"CHINHCHU_SERVER": "https://verify.example.vn"}"#).expect("good");
        assert_eq!(good["CHINHCHU_SERVER"], "https://verify.example.vn");
        for bad in ["{", "[]", r#"{"CHINHCHU_SERVR": "x"}"#, r#"{"CHINHCHU_SERVER": 1}"#] {
            assert!(matches!(read_text(bad), Err(SettingsError::Managed)), "{bad}");
        }
        assert!(read(Path::new("/nowhere/at/all.json")).expect("none").is_empty());
    }
}

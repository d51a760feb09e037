//! Where the server is, which profile, where data lies. Command line first, then `CHINHCHU_…`, then what IT has
//! set for the machine ([`managed`]), then defaults.

pub mod managed;

use std::path::{Path, PathBuf};

use chinhchu_evidence::key::PublicKey;
use chinhchu_protocol::ids::WorkstationId;
use reqwest::Url;
use thiserror::Error;
use uuid::Uuid;

use crate::outbox::room::Limits;

/// Everything that is set before the program starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server; none on a first start without any.
    pub server: Option<Url>,
    /// Name of the profile: own data, keyring entries and window.
    pub profile: String,
    /// Folder of this profile's data.
    pub data: PathBuf,
    /// One-time code of IT that approves this workstation at once.
    pub enrolment_code: Option<String>,
    /// How much may wait in the outbox, and how much of the disk must stay free.
    pub limits: Limits,
    /// The server's public key, if IT has set it; else the first one told is held on to.
    pub server_key: Option<String>,
    /// Secrets live only as long as the program: for trials, where a kill may cost a verdict.
    pub keyring_in_memory: bool,
    /// PEM file of an extra trusted root.
    pub extra_root: Option<PathBuf>,
    /// Camera to use.
    pub camera: CameraSetting,
    /// Sound to use.
    pub sound: SoundSetting,
    /// How video gets into the page.
    pub video: VideoSetting,
}

/// `CHINHCHU_CAMERA`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CameraSetting {
    /// The system's first.
    Default,
    /// A moving test picture.
    Synthetic,
    /// None, even if there is one.
    None,
}

/// `CHINHCHU_SOUND`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SoundSetting {
    /// The system's.
    Default,
    /// None.
    None,
}

/// `CHINHCHU_VIDEO`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VideoSetting {
    /// Native where the desktop allows it.
    Auto,
    /// Native or nothing.
    Native,
    /// Through the page.
    Socket,
}

/// What the command line said.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--server`.
    pub server: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--enrolment-code`.
    pub enrolment_code: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Not an http(s) URL without path, query and credentials.
    #[error("the server must be a URL such as https://verify.example.vn")]
    Server,
    /// Passwords and faces do not travel in the clear.
    #[error("http:// is taken on this computer only (127.0.0.1, localhost); use https://")]
    ServerInsecure,
    /// Other characters, or too long.
    #[error("a profile's name has 1 to 32 letters, digits, - and _")]
    Profile,
    /// Not one of the values.
    #[error("{name} must be one of {values}")]
    Choice {
        /// The variable.
        name: &'static str,
        /// What it takes.
        values: &'static str,
    },
    /// The machine's settings file is there and is not one.
    #[error("the machine's settings file (workstation.json) cannot be read: a JSON object of known names")]
    Managed,
    /// Not a key as `chinhchu-server key show` prints it.
    #[error("CHINHCHU_SERVER_KEY must be the server's public key, ed25519:…")]
    ServerKey,
    /// Not a number of MiB.
    #[error("CHINHCHU_DISK_RESERVE_MIB must be a whole number of MiB; 0 does not look")]
    Reserve,
    /// Neither CHINHCHU_DATA nor a home folder.
    #[error("there is no folder for data; set CHINHCHU_DATA")]
    NoDataFolder,
    /// The folder cannot be made or read.
    #[error("the data folder cannot be used")]
    Data(#[source] std::io::Error),
    /// The file with the workstation's id is not one.
    #[error("the file workstation-id in the data folder is damaged")]
    WorkstationId,
}

impl Settings {
    /// Reads everything, as the program does when it starts.
    pub fn of_this_machine(overrides: Overrides) -> Result<Self, SettingsError> {
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let managed = managed::path(env).map(|path| managed::read(&path)).transpose()?.unwrap_or_default();
        Self::resolve(overrides, |name| env(name).or_else(|| managed.get(name).cloned()))
    }

    /// The same; `env` gives the environment and what stands behind it.
    pub fn resolve(
        overrides: Overrides,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let profile =
            overrides.profile.or_else(|| env("CHINHCHU_PROFILE")).unwrap_or_else(|| "default".into());
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if profile.is_empty() || profile.len() > 32 || !profile.chars().all(allowed) {
            return Err(SettingsError::Profile);
        }
        let server = overrides.server.or_else(|| env("CHINHCHU_SERVER"));
        let camera = match env("CHINHCHU_CAMERA").as_deref() {
            None | Some("default") => CameraSetting::Default,
            Some("synthetic") => CameraSetting::Synthetic,
            Some("none") => CameraSetting::None,
            Some(_) => return Err(choice("CHINHCHU_CAMERA", "default, synthetic, none")),
        };
        let sound = match env("CHINHCHU_SOUND").as_deref() {
            None | Some("default") => SoundSetting::Default,
            Some("none") => SoundSetting::None,
            Some(_) => return Err(choice("CHINHCHU_SOUND", "default, none")),
        };
        let video = match env("CHINHCHU_VIDEO").as_deref() {
            None | Some("auto") => VideoSetting::Auto,
            Some("native") => VideoSetting::Native,
            Some("socket") => VideoSetting::Socket,
            Some(_) => return Err(choice("CHINHCHU_VIDEO", "auto, native, socket")),
        };
        let keyring_in_memory = match env("CHINHCHU_KEYRING").as_deref() {
            None | Some("system") => false,
            Some("memory") => true,
            Some(_) => return Err(choice("CHINHCHU_KEYRING", "system, memory")),
        };
        Ok(Self {
            server: server.as_deref().map(server_url).transpose()?,
            data: data_root(&env).ok_or(SettingsError::NoDataFolder)?.join(&profile),
            profile,
            enrolment_code: overrides.enrolment_code.or_else(|| env("CHINHCHU_ENROLMENT_CODE")),
            server_key: env("CHINHCHU_SERVER_KEY").map(|key| server_key(&key)).transpose()?,
            limits: limits(env("CHINHCHU_DISK_RESERVE_MIB"))?,
            keyring_in_memory,
            extra_root: env("CHINHCHU_CA").map(PathBuf::from),
            camera,
            sound,
            video,
        })
    }

    /// The server as text without a trailing slash; empty if there is none.
    pub fn server_text(&self) -> String {
        self.server.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()).unwrap_or_default()
    }

    /// Makes the data folder, for this user only, and gives the workstation's id, made at first start.
    pub fn prepare_data(&self) -> Result<WorkstationId, SettingsError> {
        std::fs::create_dir_all(&self.data).map_err(SettingsError::Data)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let only_owner = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&self.data, only_owner).map_err(SettingsError::Data)?;
        }
        workstation_id(&self.data)
    }
}

fn workstation_id(folder: &Path) -> Result<WorkstationId, SettingsError> {
    let path = folder.join("workstation-id");
    match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| SettingsError::WorkstationId),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = WorkstationId(Uuid::now_v7());
            let fresh = folder.join("workstation-id.new");
            let write = || -> std::io::Result<()> {
                let mut file = std::fs::File::create(&fresh)?;
                std::io::Write::write_all(&mut file, id.to_string().as_bytes())?;
                file.sync_all()?;
                std::fs::rename(&fresh, &path)
            };
            write().map_err(SettingsError::Data)?;
            Ok(id)
        }
        Err(error) => Err(SettingsError::Data(error)),
    }
}

fn server_key(text: &str) -> Result<String, SettingsError> {
    let key: PublicKey = text.trim().parse().map_err(|_| SettingsError::ServerKey)?;
    Ok(key.to_string())
}

fn limits(reserve_mib: Option<String>) -> Result<Limits, SettingsError> {
    let Some(text) = reserve_mib else { return Ok(Limits::DEFAULT) };
    let mib: u32 = text.trim().parse().map_err(|_| SettingsError::Reserve)?;
    Ok(Limits { free_bytes: u64::from(mib) * 1024 * 1024, ..Limits::DEFAULT })
}

fn choice(name: &'static str, values: &'static str) -> SettingsError {
    SettingsError::Choice { name, values }
}

fn server_url(text: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(text).map_err(|_| SettingsError::Server)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    let Some(host) = url.host_str().filter(|_| plain) else { return Err(SettingsError::Server) };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_computer(host) => Ok(url),
        "http" => Err(SettingsError::ServerInsecure),
        _ => Err(SettingsError::Server),
    }
}

fn is_this_computer(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|ip| ip.is_loopback())
}

fn data_root(env: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(folder) = env("CHINHCHU_DATA") {
        return Some(PathBuf::from(folder));
    }
    if cfg!(windows) {
        // Not the roaming folder: the outbox belongs to this machine, as its key in the keyring does.
        return env("LOCALAPPDATA").map(|folder| PathBuf::from(folder).join("chinhchu"));
    }
    let xdg = env("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || env("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    xdg.or_else(home).map(|folder| folder.join("chinhchu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let env = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned()).or((name == "HOME").then(|| "/home/x".into()))
        };
        Settings::resolve(Overrides::default(), env)
    }

    #[test]
    fn a_password_is_never_sent_in_the_clear_to_another_computer() {
        assert!(matches!(
            resolve(&[("CHINHCHU_SERVER", "http://10.0.0.1")]),
            Err(SettingsError::ServerInsecure)
        ));
        for good in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://10.0.0.1"] {
            assert!(resolve(&[("CHINHCHU_SERVER", good)]).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_server_with_path_credentials_or_another_scheme_is_refused() {
        for bad in ["ftp://h", "https://u:p@h", "https://h/path", "https://h?x", "h:1", ""] {
            let settings = resolve(&[("CHINHCHU_SERVER", bad)]);
            let none = settings.as_ref().is_ok_and(|settings| settings.server.is_none());
            assert!(settings.is_err() || (bad.is_empty() && none), "{bad}");
        }
    }

    #[test]
    fn two_profiles_have_two_data_folders() {
        let a = resolve(&[("CHINHCHU_PROFILE", "a"), ("CHINHCHU_DATA", "/d")]).expect("settings");
        let b = resolve(&[("CHINHCHU_PROFILE", "b"), ("CHINHCHU_DATA", "/d")]).expect("settings");
        assert_ne!(a.data, b.data);
        assert!(matches!(resolve(&[("CHINHCHU_PROFILE", "../x")]), Err(SettingsError::Profile)));
    }

    #[test]
    fn the_workstation_keeps_its_id() {
        let folder = tempfile::tempdir().expect("tempdir");
        let root = folder.path().to_str().expect("utf-8");
        let settings = resolve(&[("CHINHCHU_DATA", root)]).expect("settings");
        let first = settings.prepare_data().expect("id");
        assert_eq!(settings.prepare_data().expect("id"), first);
    }
}

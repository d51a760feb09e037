//! The operator's own directory (OpenID Connect), which may sign people of the console in.

use std::fmt;

use zeroize::Zeroizing;

/// Which claim names the person, if the settings don't say: the directory's own unchanging one.
pub const DEFAULT_CLAIM: &str = "sub";

/// A directory.
#[derive(Clone, Debug)]
pub struct Directory {
    /// What it is called on the sign-in page.
    pub name: String,
    /// Its issuer, exactly as it names itself.
    pub issuer: String,
    /// This server's name there.
    pub client_id: String,
    /// Shared with it; none for a public client (PKCE alone).
    pub client_secret: Option<DirectorySecret>,
    /// The claim that is compared with a person's `directory_id`.
    pub claim: String,
    /// Scopes asked for beside `openid`.
    pub scopes: Vec<String>,
}

/// Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectorySecret(Zeroizing<String>);

impl DirectorySecret {
    /// Of the settings.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// For the one request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DirectorySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectorySecret")
    }
}

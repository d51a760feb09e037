//! What outlives a killed workstation: the keyring's service, and the ear that hears what the screen showed. One
//! Unix socket, a line of JSON each. What was written before a SIGKILL is still heard.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chinhchu_protocol::ids::CallId;
use chinhchu_station::keys::{Keyring, KeysError};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, unix::OwnedReadHalf};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// From workstation to campaign.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// Keyring; answered by the secret or null.
    Get { name: String },
    /// Keyring; answered by null.
    Set { name: String, secret: String },
    /// Keyring; answered by null.
    Delete { name: String },
    /// A call is at hand.
    Talking,
    /// The agent presses the key now.
    Deciding { call_id: CallId, assignment: u32 },
    /// The screen shows this verdict as done.
    Shown { call_id: CallId, assignment: u32 },
    /// The screen shows that nothing was decided.
    Refused { code: String },
}

/// The workstation's end.
pub struct Mouth(Mutex<(BufReader<UnixStream>, UnixStream)>);

impl Mouth {
    pub fn open(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("the campaign listens");
        let reader = BufReader::new(stream.try_clone().expect("socket"));
        Self(Mutex::new((reader, stream)))
    }

    /// Says it; it is heard even if this process is killed right after.
    pub fn say(&self, word: &Word) {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        send(&mut ends.1, word);
    }

    fn ask(&self, word: &Word) -> Option<String> {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        send(&mut ends.1, word);
        let mut line = String::new();
        ends.0.read_line(&mut line).expect("socket");
        serde_json::from_str(&line).expect("answer")
    }
}

fn send(stream: &mut UnixStream, word: &Word) {
    let mut line = serde_json::to_string(word).expect("json");
    line.push('\n');
    stream.write_all(line.as_bytes()).expect("the campaign listens");
}

impl Keyring for Mouth {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeysError> {
        Ok(self.ask(&Word::Get { name: name.to_owned() }).map(Zeroizing::new))
    }

    fn set(&self, name: &str, secret: &str) -> Result<(), KeysError> {
        self.ask(&Word::Set { name: name.to_owned(), secret: secret.to_owned() });
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), KeysError> {
        self.ask(&Word::Delete { name: name.to_owned() });
        Ok(())
    }
}

/// The campaign's end.
pub struct Ear {
    pub words: mpsc::UnboundedReceiver<Word>,
}

impl Ear {
    /// Listens for workstation after workstation.
    pub fn open(path: &Path) -> Self {
        let listener = UnixListener::bind(path).expect("socket");
        let (sender, words) = mpsc::unbounded_channel();
        let secrets: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reader, writer) = stream.into_split();
                tokio::spawn(hear(reader, writer, sender.clone(), secrets.clone()));
            }
        });
        Self { words }
    }
}

async fn hear(
    reader: OwnedReadHalf,
    mut writer: tokio::net::unix::OwnedWriteHalf,
    sender: mpsc::UnboundedSender<Word>,
    secrets: Arc<Mutex<BTreeMap<String, String>>>,
) {
    let mut lines = tokio::io::BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // A line that the kill cut off was not said.
        let Ok(word) = serde_json::from_str::<Word>(&line) else { return };
        let answer = {
            let mut secrets = secrets.lock().expect("secrets");
            match &word {
                Word::Get { name } => Some(secrets.get(name).cloned()),
                Word::Set { name, secret } => {
                    secrets.insert(name.clone(), secret.clone());
                    Some(None)
                }
                Word::Delete { name } => {
                    secrets.remove(name);
                    Some(None)
                }
                Word::Talking | Word::Deciding { .. } | Word::Shown { .. } | Word::Refused { .. } => None,
            }
        };
        let Some(answer) = answer else {
            let _ = sender.send(word); // The campaign is over.
            continue;
        };
        let line = format!("{}\n", serde_json::to_string(&answer).expect("json"));
        if writer.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

//! The process that is killed: the real station with an agent who works by herself. She signs in, takes what
//! rings, decides as soon as she may, and tells the campaign what her screen shows as done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentActivity, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::CallId;
use chinhchu_station::driver::{Handle, Parts, start};
use chinhchu_station::keys::Keyring;
use chinhchu_station::picture::{Account, Command, DeviceState, Picture, VerdictPicture, VideoPlan};
use chinhchu_station::settings::{Overrides, Settings};

use crate::ear::{Mouth, Word};
use crate::edge::Edge;

/// Set for the child only: the campaign's socket.
pub const SOCKET: &str = "CHINHCHU_OUTBOX_SOCKET";
/// Folder of drawn pictures.
pub const DRAWINGS: &str = "CHINHCHU_OUTBOX_DRAWINGS";
/// `name:password` of the agent.
pub const ACCOUNT: &str = "CHINHCHU_OUTBOX_ACCOUNT";
/// A note of every verdict: must not be found on the disk.
pub const NOTE: &str = "Khách hàng đã đối chiếu đủ giấy tờ";

/// At most so long between two looks; also between two tries of what was not taken.
const LOOK: Duration = Duration::from_millis(50);

/// Works until killed, if this process was started as a workstation.
pub fn run_if_asked() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("runtime").block_on(work(&PathBuf::from(socket)));
}

async fn work(socket: &Path) {
    let mouth = Arc::new(Mouth::open(socket));
    let env = |name: &str| std::env::var(name).ok();
    let (username, password) = env(ACCOUNT)
        .and_then(|text| text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned())))
        .expect("account");
    let keyring: Arc<dyn Keyring> = mouth.clone();
    let kept = keyring.get("session").expect("keyring").is_some();
    let edge = Edge::new(Path::new(&env(DRAWINGS).expect("drawings")));
    let handle = loop {
        let parts = Parts {
            settings: Settings::resolve(Overrides::default(), env).expect("settings"),
            ports: edge.clone().ports(keyring.clone()),
            video: VideoPlan::Native,
            picture_base: "station://localhost/".into(),
        };
        match start(parts).await {
            Ok(handle) => break handle,
            // No room for the workstation's id: the window says so, and a person starts it again.
            Err(error) => mouth.say(&Word::Refused { code: format!("start: {error}") }),
        }
        tokio::time::sleep(LOOK).await;
    };
    let mut agent = Agent {
        handle,
        mouth,
        username,
        password,
        kept,
        shown: BTreeSet::new(),
        refused: false,
        talking: None,
    };
    let mut pictures = agent.handle.picture();
    loop {
        let picture = pictures.borrow_and_update().clone();
        agent.look(&picture).await;
        // Nothing new: what was not taken is tried again.
        let _ = tokio::time::timeout(LOOK, pictures.changed()).await;
    }
}

struct Agent {
    handle: Handle,
    mouth: Arc<Mouth>,
    username: String,
    password: String,
    /// A session of a former run is being taken up.
    kept: bool,
    /// Told already.
    shown: BTreeSet<(CallId, u32)>,
    /// The refusal on the screen was told.
    refused: bool,
    /// The call at hand was told.
    talking: Option<(CallId, u32)>,
}

impl Agent {
    async fn look(&mut self, picture: &Picture) {
        self.tell(picture);
        match &picture.account {
            Account::SignedOut { error } => self.sign_in(picture, error.is_some()).await,
            Account::SigningIn => self.kept = false,
            Account::SignedIn { .. } => {
                self.kept = false;
                self.act(picture).await;
            }
        }
    }

    /// Everything that the screen shows as done: the verdict at hand and the history.
    fn tell(&mut self, picture: &Picture) {
        let sealed = match &picture.verdict {
            VerdictPicture::Sealed { entry, .. } => Some(entry),
            VerdictPicture::None
            | VerdictPicture::Locked { .. }
            | VerdictPicture::Open
            | VerdictPicture::Sealing
            | VerdictPicture::Refused { .. } => None,
        };
        for entry in sealed.into_iter().chain(&picture.history) {
            let (call_id, assignment) = (entry.call_id, entry.assignment);
            if self.shown.insert((call_id, assignment)) {
                self.mouth.say(&Word::Shown { call_id, assignment });
            }
        }
        let refusal = match &picture.verdict {
            VerdictPicture::Refused { code } => Some(code.clone()),
            // What may pass by itself is no refusal.
            VerdictPicture::Locked { why, .. } if why.contains("disk") || why.contains("outbox") => {
                Some(format!("locked: {why}"))
            }
            VerdictPicture::None
            | VerdictPicture::Locked { .. }
            | VerdictPicture::Open
            | VerdictPicture::Sealing
            | VerdictPicture::Sealed { .. } => None,
        };
        match refusal {
            Some(code) if !std::mem::replace(&mut self.refused, true) => {
                self.mouth.say(&Word::Refused { code });
            }
            Some(_) => {}
            None => self.refused = false,
        }
    }

    async fn sign_in(&self, picture: &Picture, failed: bool) {
        // The kept session comes first, and is looked for once the devices were.
        if (self.kept && !failed) || picture.devices.camera == DeviceState::Unknown {
            return;
        }
        let (username, password) = (self.username.clone(), self.password.clone());
        self.order(Command::SignIn { username, password }).await;
    }

    async fn act(&mut self, picture: &Picture) {
        let Some(view) = &picture.view else { return };
        match &view.activity {
            AgentActivity::Paused { .. } if picture.wish.is_none() => {
                self.order(Command::SetStatus { status: WantedStatus::Available }).await;
            }
            AgentActivity::Ringing { offer, .. } => {
                let shown = Command::RingShown { call_id: offer.call_id, offer: offer.offer };
                self.order(shown).await;
                self.order(Command::Accept).await;
            }
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. } => {
                let key = Some((call.call_id, call.assignment));
                if std::mem::replace(&mut self.talking, key) != key {
                    self.mouth.say(&Word::Talking);
                }
                let may = matches!(picture.verdict, VerdictPicture::Open | VerdictPicture::Refused { .. });
                if may {
                    let (call_id, assignment) = (call.call_id, call.assignment);
                    self.mouth.say(&Word::Deciding { call_id, assignment });
                    self.order(verdict()).await;
                }
            }
            AgentActivity::WrapUp { .. } => self.order(Command::WrapUpDone).await,
            AgentActivity::Paused { .. } | AgentActivity::Available { .. } => {}
        }
    }

    /// What is refused is tried again at the next look.
    async fn order(&self, command: Command) {
        let _ = self.handle.command(command).await;
    }
}

fn verdict() -> Command {
    let rejected = rand::random_ratio(1, 4);
    Command::Verdict {
        decision: if rejected { Decision::Rejected } else { Decision::Confirmed },
        reason: rejected.then(|| "face_mismatch".to_owned()),
        note: Some(NOTE.to_owned()),
    }
}

//! Why a change of people or agents was not made; the console and the command line say it each in its way.

use chinhchu_protocol::problem::ErrorCode;

use crate::agents::names;
use crate::http::ApiError;
use crate::store::StoreError;

/// A change that was not made.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none such, or it is another's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody has the user name (or the directory's name).
    #[error("this name exists already")]
    NameTaken,
    /// Nobody would be left who can add others.
    #[error("the last administrator of all companies must stay: add another one first")]
    LastAdministrator,
    /// Fields with what is wrong with each.
    #[error("wrong: {}", told(.0))]
    Faults(Vec<(String, String)>),
    /// The store refused.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_conflict() { Self::NameTaken } else { Self::Store(error) }
    }
}

impl From<Vec<names::Fault>> for Refused {
    fn from(faults: Vec<names::Fault>) -> Self {
        Self::Faults(
            faults.into_iter().map(|fault| (fault.field.to_owned(), fault.code.to_owned())).collect(),
        )
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound(what) => Self::new(ErrorCode::NotFound, format!("There is no such {what}.")),
            Refused::NameTaken => Self::new(ErrorCode::NameTaken, "Choose another name."),
            Refused::LastAdministrator => {
                Self::new(ErrorCode::LastAdministrator, "Add another administrator of all companies first.")
            }
            Refused::Faults(faults) => {
                let error = Self::new(ErrorCode::RequestInvalid, "Correct the named fields.");
                faults.into_iter().fold(error, |error, (field, code)| error.with(field, code))
            }
            Refused::Store(error) => Self::unavailable(error),
        }
    }
}

fn told(faults: &[(String, String)]) -> String {
    faults.iter().map(|(field, code)| format!("{field} ({code})")).collect::<Vec<_>>().join(", ")
}

//! Errors on the wire: RFC 9457 with a stable `code`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `application/problem+json`. Texts never hold what the caller sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Problem {
    /// URI of the error's page in the documentation.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Short English title, the same for every occurrence of the code.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: ErrorCode,
    /// What went wrong here and what to do about it.
    pub detail: String,
    /// Each fault, with its field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One faulty field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct FieldError {
    /// Path of the field, such as `customer.date_of_birth`, or the name of the part.
    pub field: String,
    /// What is wrong with it, such as `missing`, `unknown_value`, `not_a_date`, `too_long`.
    pub code: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $wire:literal, $title:literal;)*) => {
        /// Stable error codes of the public interface.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[ts(export)]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// Every code, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// HTTP status that goes with the code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The code as it stands on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// Short English title.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// `POST /v1/calls` without the header.
    IdempotencyKeyMissing = 400, "idempotency_key_missing", "Idempotency-Key header is missing";
    /// The multipart (or the JSON of another endpoint) itself cannot be read.
    BodyMalformed = 400, "body_malformed", "The body cannot be read";
    /// No credential.
    TokenMissing = 401, "token_missing", "A token is needed";
    /// Not a token that was ever issued.
    TokenInvalid = 401, "token_invalid", "The token is not known";
    /// Its time is over.
    TokenExpired = 401, "token_expired", "The token has expired";
    /// Taken back.
    TokenRevoked = 401, "token_revoked", "The token was revoked";
    /// Wrong user name or password; never says which.
    SignInFailed = 401, "sign_in_failed", "User name or password is wrong";
    /// A request of the console without its cookie.
    SessionMissing = 401, "session_missing", "Sign in first";
    /// The console's session has ended: by time, by sign-out, or by another's hand.
    SessionOver = 401, "session_over", "The session is over";
    /// The session has not shown its second factor, or there is none yet.
    SecondFactorMissing = 403, "second_factor_missing", "The second factor is missing";
    /// Not the code of now, or one that was used.
    SecondFactorWrong = 403, "second_factor_wrong", "The code does not hold";
    /// Somebody else made the password; its person sets an own one before anything else.
    PasswordTemporary = 403, "password_temporary", "Set a password of your own first";
    /// The operator's directory did not vouch for anybody known here.
    DirectoryRefused = 403, "directory_refused", "The directory's sign-in was not taken";
    /// A valid credential of the wrong kind.
    Forbidden = 403, "forbidden", "This credential may not do that";
    /// The workstation's key is not approved (yet).
    WorkstationNotApproved = 403, "workstation_not_approved", "The workstation is not approved";
    /// The workstation's key was taken back.
    WorkstationRevoked = 403, "workstation_revoked", "The workstation's key was revoked";
    /// The workstation's key signed two manifests with one number.
    WorkstationQuarantined = 403, "workstation_quarantined", "The workstation's key is in quarantine";
    /// Not a code that was issued, or one that was used or has expired.
    EnrolmentCodeInvalid = 403, "enrolment_code_invalid", "The enrolment code does not hold";
    /// No such call, or another company's.
    CallNotFound = 404, "call_not_found", "No such call";
    /// No such thing (token, picture, page).
    NotFound = 404, "not_found", "Nothing here";
    /// The catalogue has no such subscriber type.
    SubTypeUnknown = 404, "sub_type_unknown", "Unknown subscriber type";
    /// No rule held at that time.
    PolicyNotInForce = 404, "policy_not_in_force", "No policy in force at that time";
    /// The route exists, not for this method.
    MethodNotAllowed = 405, "method_not_allowed", "Method not allowed";
    /// The key was used with other parts.
    IdempotencyConflict = 409, "idempotency_conflict", "The key was used with another body";
    /// Too late for that.
    CallEnded = 409, "call_ended", "The call has ended";
    /// Another manifest stands for this assignment.
    EvidenceConflict = 409, "evidence_conflict", "Other evidence stands for this assignment";
    /// The key signed another manifest with this number before.
    CounterConflict = 409, "counter_conflict", "The key has used this number for another manifest";
    /// A chunk that does not go on where the server stands; `errors` says `received=N`.
    ChunkOffset = 409, "chunk_offset", "The chunk does not follow";
    /// The user name is taken.
    NameTaken = 409, "name_taken", "The user name is taken";
    /// A dated change that waits would become impossible.
    ChangeConflict = 409, "change_conflict", "A change that waits would become impossible";
    /// Applied, withdrawn or refused before.
    ChangeNotPending = 409, "change_not_pending", "The change waits no longer";
    /// A check of the audit runs already.
    CheckRunning = 409, "check_running", "A check runs already";
    /// Somebody must be left who can add others.
    LastAdministrator = 409, "last_administrator", "The last administrator stays";
    /// The catalogue has changed since the preview, or the draft has.
    PolicyChanged = 409, "policy_changed", "The catalogue has changed since the preview";
    /// The verdict was reviewed already.
    ReviewGiven = 409, "review_given", "The verdict was reviewed already";
    /// The call is not this reviewer's now.
    ReviewNotClaimed = 409, "review_not_claimed", "The review was not claimed";
    /// The person's data was destroyed: erased on demand, or at the end of its time.
    CaseErased = 410, "case_erased", "The case was erased";
    /// One picture is over 5 MiB, or has too many pixels.
    PictureTooLarge = 413, "picture_too_large", "A picture is too large";
    /// The whole body is over its limit.
    BodyTooLarge = 413, "body_too_large", "The body is too large";
    /// A recognised format that is not taken.
    PictureUnsupported = 415, "picture_unsupported", "The picture's format is not taken";
    /// Faults in the case, each named in `errors`.
    CaseInvalid = 422, "case_invalid", "The case has faults";
    /// Faults in a file or in changes of the catalogue, each named in `errors`.
    PolicyInvalid = 422, "policy_invalid", "The draft of the catalogue has faults";
    /// Faults in a query or in the JSON of another endpoint, each named in `errors`.
    RequestInvalid = 422, "request_invalid", "The request has faults";
    /// A required picture is missing.
    PictureMissing = 422, "picture_missing", "A picture is missing";
    /// Broken picture, or bytes of no known format.
    PictureUnreadable = 422, "picture_unreadable", "A picture cannot be read";
    /// The company's settings want consent in the case.
    ConsentMissing = 422, "consent_missing", "Consent is missing";
    /// The evidence does not fit its manifest.
    EvidenceInvalid = 422, "evidence_invalid", "The evidence does not fit its manifest";
    /// Too many requests; see Retry-After.
    RateLimited = 429, "rate_limited", "Too many requests";
    /// The queue is at its limit; see Retry-After.
    QueueFull = 429, "queue_full", "The queue is full";
    /// Header section over its limit.
    HeadersTooLarge = 431, "headers_too_large", "Too many or too large headers";
    /// The body did not arrive in time.
    RequestTimeout = 408, "request_timeout", "The request took too long";
    /// A fault of ours; the log has the cause under the request id.
    Internal = 500, "internal", "Internal error";
    /// The figures are being made anew from the log; see Retry-After.
    FiguresBehind = 503, "figures_behind", "The figures are being made anew";
    /// Cannot serve now; see Retry-After.
    Unavailable = 503, "unavailable", "Not available now";
}

impl Problem {
    /// A problem with its standard type, title and status.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("/docs/errors#{}", code.name()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// Adds one faulty field.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, code: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), code: code.into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_same_name_in_json_and_in_text() {
        for code in ErrorCode::ALL {
            let json = serde_json::to_string(code).expect("json");
            assert_eq!(json, format!("\"{}\"", code.name()));
        }
    }
}

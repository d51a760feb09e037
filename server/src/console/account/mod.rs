//! One's own account: sessions and password.

pub mod http;
pub mod sql;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use chinhchu_protocol::problem::ErrorCode;

use super::session::MAX_PASSWORD;
use super::sql::StoredPerson;
use crate::http::{ApiError, App};

/// Shortest password that a person may choose, in characters.
pub const MIN_PASSWORD: usize = 12;

/// The JSON of a request. The text of a rejection may repeat a password: it is not told.
pub fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    body.map(|Json(request)| request)
        .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send the fields of this request as JSON."))
}

/// Checks the password once more before something is changed that it protects.
pub async fn again(app: &App, person: &StoredPerson, password: Option<String>) -> Result<(), ApiError> {
    let wrong = |code: &str| {
        ApiError::new(ErrorCode::RequestInvalid, "Give the password of now.").with("password", code)
    };
    let password = password.filter(|text| !text.is_empty() && text.len() <= MAX_PASSWORD);
    let password = password.ok_or_else(|| wrong("missing"))?;
    let wait = app.console.passwords.take(&person.username, app.clock.now());
    wait.map_err(|seconds| {
        ApiError::new(ErrorCode::RateLimited, "Too many wrong passwords; wait.").retry_after(seconds)
    })?;
    let known = person.password_hash.clone();
    let fits = app.hub.password_checks.verify(password, known).await.map_err(ApiError::unavailable)?;
    if !fits {
        return Err(wrong("wrong"));
    }
    app.console.passwords.clear(&person.username);
    Ok(())
}

/// What a password that a person chooses must be.
pub fn fit_for_use(password: &str, old: &str, username: &str) -> Result<(), &'static str> {
    let simple = password.to_lowercase();
    let mut letters = simple.chars();
    let first = letters.next();
    if password.chars().count() < MIN_PASSWORD {
        Err("too_short")
    } else if password.len() > MAX_PASSWORD {
        Err("too_long")
    } else if password == old {
        Err("the_old_one")
    } else if simple.contains(&username.to_lowercase()) || letters.all(|letter| Some(letter) == first) {
        Err("too_simple")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_is_long_new_and_not_the_user_name() {
        let fit = |password: &str| fit_for_use(password, "mật khẩu cũ nhé", "hoa.nguyen");
        assert_eq!(fit("ba con gà đi chợ"), Ok(()));
        assert_eq!(fit("ngắn quá"), Err("too_short"));
        assert_eq!(fit("mật khẩu cũ nhé"), Err("the_old_one"));
        assert_eq!(fit("Hoa.Nguyen2026"), Err("too_simple"));
        assert_eq!(fit("aaaaaaaaaaaaaa"), Err("too_simple"));
        assert_eq!(fit(&"dài ".repeat(80)), Err("too_long"));
    }
}

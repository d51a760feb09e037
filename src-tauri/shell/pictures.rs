//! Pictures of the case and captured evidence for the web view: `station://localhost/case/id_front?of=…`,
//! `…/evidence/{call}/{assignment}`. From memory and from the sealed outbox, never from a path.

use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager as _, Runtime, UriSchemeContext, UriSchemeResponder};

use super::Station;

/// Where the pages find them.
#[cfg(not(windows))]
pub(crate) const BASE: &str = "station://localhost/";
/// Where the pages find them: WebView2 has no custom schemes.
#[cfg(windows)]
pub(crate) const BASE: &str = "http://station.localhost/";

#[expect(clippy::needless_pass_by_value, reason = "the signature is Tauri's")]
pub(crate) fn serve<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let handle = context.app_handle().state::<Station>().now();
    tauri::async_runtime::spawn_blocking(move || {
        let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
        let shown = handle.and_then(|handle| handle.shelf().get(asked));
        let (status, content_type, bytes) = match shown {
            Some((content_type, bytes)) => (StatusCode::OK, content_type, bytes.to_vec()),
            None => (StatusCode::NOT_FOUND, "text/plain".to_owned(), Vec::new()),
        };
        let response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(bytes);
        match response {
            Ok(response) => responder.respond(response),
            Err(error) => tracing::error!(?error, "a picture could not be answered"),
        }
    });
}

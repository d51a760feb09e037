//! What the OpenAPI document says of every route of the console: by cookie, and what else a change needs.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};

const NAME: &str = "console_session";
const TOLD: &str = "The session's cookie (`__Host-…` over TLS), set by the sign-in. Whatever is not a GET also wants \
                    the header `X-Chinhchu-Console: 1`";
/// Asked before there is a session.
const OPEN: [(&str, &str); 4] = [
    ("get", "/v1/console/sign-in-ways"),
    ("get", "/v1/console/directory"),
    ("get", "/v1/console/directory/back"),
    ("post", "/v1/console/session"),
];

/// Says it.
pub fn describe(document: &mut OpenApi) {
    let cookie = ApiKeyValue::with_description("chinhchu-console", TOLD);
    let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
    document.components.get_or_insert_default().add_security_scheme(NAME, scheme);
    let paths = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/console/"));
    for (path, item) in paths {
        for (method, operation) in operations(item) {
            if !OPEN.contains(&(method, path.as_str())) {
                operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(NAME, [])]);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|found| (method, found)))
}

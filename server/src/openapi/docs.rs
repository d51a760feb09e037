//! Draws the OpenAPI document as one page of plain HTML.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use chinhchu_protocol::problem::ErrorCode;
use serde_json::Value;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2330}\
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f3f5f8;padding:.8rem;overflow:auto;border-radius:6px}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d8dde5;padding:.35rem .6rem;text-align:left;vertical-align:top}\
h2{margin-top:2.4rem}h3 code{background:#e7f0ff;padding:.15rem .4rem;border-radius:4px}";

/// A page under its own policy: its style, nothing else.
pub fn html(page: String) -> Response {
    let mut response = Html(page).into_response();
    let policy =
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    let name: HeaderName = header::CONTENT_SECURITY_POLICY;
    response.headers_mut().insert(name, policy);
    response
}

/// Every operation, then every shape.
pub fn page(document: &Value) -> String {
    let mut out = head("Chính Chủ: API");
    let info = document["info"]["description"].as_str().unwrap_or("");
    let _ = write!(
        out,
        "<p>{}</p><p><a href=\"/openapi.json\">OpenAPI 3.1</a> · <a href=\"/docs/errors\">errors</a></p><h2>Operations</h2>",
        escape(info)
    );
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            draw_operation(&mut out, path, method, operation);
        }
    }
    out.push_str("<h2>Shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let text = serde_json::to_string_pretty(schema).unwrap_or_default();
        let _ =
            write!(out, "<h3 id=\"{0}\"><code>{0}</code></h3><pre>{1}</pre>", escape(name), escape(&text));
    }
    out.push_str("</body></html>");
    out
}

fn draw_operation(out: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = operation["summary"].as_str().unwrap_or("");
    let _ = write!(
        out,
        "<h3><code>{} {}</code></h3><p>{}</p>",
        escape(&method.to_uppercase()),
        escape(path),
        escape(summary)
    );
    let credentials: Vec<&str> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.as_object()?.keys().next().map(String::as_str))
        .collect();
    if !credentials.is_empty() {
        let _ = write!(out, "<p>With: <code>{}</code></p>", escape(&credentials.join(" | ")));
    }
    out.push_str("<table>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = write!(
            out,
            "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>",
            escape(parameter["name"].as_str().unwrap_or("")),
            escape(parameter["in"].as_str().unwrap_or("")),
            if parameter["required"] == Value::Bool(true) { ", required" } else { "" },
            escape(parameter["description"].as_str().unwrap_or(""))
        );
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let shape = reference(response).map(|name| format!(" <a href=\"#{0}\">{0}</a>", escape(name)));
        let _ = write!(
            out,
            "<tr><td><b>{}</b></td><td>answer</td><td>{}{}</td></tr>",
            escape(status),
            escape(response["description"].as_str().unwrap_or("")),
            shape.unwrap_or_default()
        );
    }
    out.push_str("</table>");
}

fn reference(response: &Value) -> Option<&str> {
    let (_, content) = response["content"].as_object()?.iter().next()?;
    content["schema"]["$ref"].as_str()?.rsplit('/').next()
}

/// Every error code: `Problem.type` points here.
pub fn errors() -> String {
    let mut out = head("Chính Chủ: error codes");
    out.push_str("<p>Errors are <code>application/problem+json</code>. Rely on <code>code</code>; texts may change.</p><table><tr><th>code</th><th>status</th><th>meaning</th></tr>");
    for code in ErrorCode::ALL {
        let _ = write!(
            out,
            "<tr id=\"{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}</td></tr>",
            code.name(),
            code.status(),
            escape(code.title())
        );
    }
    out.push_str("</table></body></html>");
    out
}

fn head(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style></head><body><h1>{0}</h1>",
        escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! The page that Google's front end shows for a path that it does not know.

use {crate::server::message::Response, http::StatusCode, http::header};

/// `404`, in HTML, whatever was asked for.
pub(crate) fn not_found(path: &str) -> Response {
    let path = escape(path);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  \
         <meta name=viewport content=\"initial-scale=1, minimum-scale=1, width=device-width\">\n  \
         <title>Error 404 (Not Found)!!1</title>\n  \
         <style>body{{font-family:arial,sans-serif;margin:7% auto 0;max-width:390px}}</style>\n  \
         <p><b>404.</b> <ins>That’s an error.</ins>\n  \
         <p>The requested URL <code>{path}</code> was not found on this server.  \
         <ins>That’s all we know.</ins>\n"
    );
    Response::new(StatusCode::NOT_FOUND, "text/html; charset=UTF-8", page)
        .with(header::REFERRER_POLICY, "no-referrer")
}

fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

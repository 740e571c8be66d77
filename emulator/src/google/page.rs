//! The page that Google's front end shows for a path that it does not know.

use {crate::api::Response, http::StatusCode, http::header};

/// Nobody looks at it, but the page is about as long as Google's.
const STYLE: &str = "\
    :root{color-scheme:light dark;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif}
    body{margin:7% auto 0;max-width:26rem;min-height:11rem;padding:2rem 1rem 1rem;color:#222;background:#fff}
    p{margin:.75rem 0 1.5rem;overflow-wrap:anywhere}
    b{font-size:1.1rem;font-weight:600;letter-spacing:.01em}
    ins{color:#70757a;text-decoration:none}
    code{font:.95em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;background:#f1f3f4;border-radius:3px;padding:.1em .3em}
    @media screen and (max-width:48rem){body{margin-top:0;max-width:none;padding-right:1rem}}
    @media (prefers-color-scheme:dark){body{color:#e8eaed;background:#202124}ins{color:#9aa0a6}code{background:#303134}}
    @media print{body{margin:0;padding:0;background:none;color:#000}code{background:none;padding:0}}
";

/// `404`, in HTML, whatever was asked for.
pub(crate) fn not_found(path: &str) -> Response {
    let path = escape(path);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  \
         <meta name=viewport content=\"initial-scale=1, minimum-scale=1, width=device-width\">\n  \
         <title>Error 404 (Not Found)!!1</title>\n  <style>\n{STYLE}  </style>\n  \
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

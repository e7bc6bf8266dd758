//! Templates to answers.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use minijinja::{Environment, context};

/// Names end in `.html`, so that minijinja escapes whatever is put in.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    for (name, source) in [
        ("layout.html", include_str!("../../templates/layout.html")),
        ("checkout.html", include_str!("../../templates/checkout.html")),
        ("notice.html", include_str!("../../templates/notice.html")),
        ("question.html", include_str!("../../templates/question.html")),
        ("front.html", include_str!("../../templates/front.html")),
    ] {
        if let Err(error) = environment.add_template(name, source) {
            tracing::error!(name, %error, "a template is broken");
        }
    }
    environment
});

/// A page. The values may use `nonce` for an inline script.
pub(crate) fn page(status: StatusCode, template: &str, values: minijinja::Value) -> HttpResponse {
    let nonce = hex::encode(kernel::random::bytes::<16>());
    let values = context! { nonce => nonce.as_str(), ..values };
    let html = match TEMPLATES.get_template(template).and_then(|template| template.render(values)) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(template, %error, "a page could not be rendered");
            return HttpResponse::InternalServerError().body("The sandbox could not render this page.");
        }
    };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; script-src 'nonce-{nonce}'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", policy))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cache-control", "no-store"))
        .body(html)
}

/// A short message with a way on.
#[derive(Debug, Default)]
pub(crate) struct Notice<'a> {
    pub(crate) tone: &'a str,
    pub(crate) mark: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) facts: Option<String>,
    /// URL and label.
    pub(crate) link: Option<(String, String)>,
}

impl Notice<'_> {
    pub(crate) fn page(self, status: StatusCode) -> HttpResponse {
        let Self { tone, mark, title, text, facts, .. } = self;
        let link = self.link.map(|(url, label)| context! { url, label });
        page(status, "notice.html", context! { tone, mark, title, text, facts, link })
    }
}

/// There is no such page.
pub(crate) fn not_found(what: &str) -> HttpResponse {
    Notice {
        tone: "bad",
        mark: "?",
        title: "Nothing here",
        text: &format!("The sandbox does not know this {what}. What it knew is gone when it restarts."),
        ..Notice::default()
    }
    .page(StatusCode::NOT_FOUND)
}

/// Sends the browser on.
pub(crate) fn redirect(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
}

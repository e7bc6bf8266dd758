//! Takes values out of an [`Env`] and notes every mistake.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{ConfigErrors, Env, Mistake};

/// Reads variables. After a mistake a method answers a placeholder, which [`finish`](Self::finish) never lets out.
#[derive(Debug)]
pub struct Reader<'a> {
    env: &'a Env,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// A reader of `env` without mistakes yet.
    #[must_use]
    pub const fn new(env: &'a Env) -> Self {
        Self { env, mistakes: Vec::new() }
    }

    /// The environment being read.
    #[must_use]
    pub const fn env(&self) -> &'a Env {
        self.env
    }

    /// Notes that `name` cannot be used; `problem` follows the name ('must be …') and holds no value. What two
    /// sections find is told once.
    pub fn mistake(&mut self, name: impl Into<String>, problem: impl Into<String>) {
        let mistake = Mistake { name: name.into(), problem: problem.into() };
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// The configuration read.
    ///
    /// # Errors
    /// All mistakes noted, if there are any.
    pub fn finish<T>(self, config: T) -> Result<T, ConfigErrors> {
        if self.mistakes.is_empty() { Ok(config) } else { Err(ConfigErrors(self.mistakes)) }
    }

    /// The text, if set.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        self.env.get(name).map(str::to_owned)
    }

    /// The text, or `default`.
    pub fn text_or(&mut self, name: &str, default: &str) -> String {
        self.env.get(name).unwrap_or(default).to_owned()
    }

    /// The text; its absence is a mistake.
    pub fn required(&mut self, name: &str) -> String {
        let value = self.optional(name);
        if value.is_none() {
            self.mistake(name, "is missing");
        }
        value.unwrap_or_default()
    }

    /// The value parsed, if set. `expected` completes 'must be …'.
    pub fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let parsed = self.env.get(name)?.parse().ok();
        if parsed.is_none() {
            self.mistake(name, format!("must be {expected}"));
        }
        parsed
    }

    /// The value parsed, or `default`.
    pub fn parse_or<T: FromStr>(&mut self, name: &str, default: T, expected: &str) -> T {
        self.parse(name, expected).unwrap_or(default)
    }

    /// A number within `range`, or `default`.
    pub fn number<T: FromStr + PartialOrd + Display>(
        &mut self,
        name: &str,
        default: T,
        range: RangeInclusive<T>,
    ) -> T {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        match self.parse::<T>(name, &expected) {
            Some(value) if !range.contains(&value) => {
                self.mistake(name, format!("must be {expected}"));
                default
            }
            value => value.unwrap_or(default),
        }
    }

    /// `true` or `false` (also `1` and `0`), or `default`.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        self.choice(name, &[("true", true), ("1", true), ("false", false), ("0", false)], default)
    }

    /// One of the named choices, or `default`. Case does not matter.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)], default: T) -> T {
        let Some(value) = self.env.get(name) else { return default };
        let chosen = choices.iter().find(|(text, _)| text.eq_ignore_ascii_case(value));
        if chosen.is_none() {
            let known: Vec<_> = choices.iter().map(|(text, _)| *text).collect();
            self.mistake(name, format!("must be one of {}", known.join(", ")));
        }
        chosen.map_or(default, |(_, choice)| *choice)
    }

    /// A duration such as `30m`, `24h` or `1500ms`, longer than nothing, or `default`.
    pub fn duration(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.env.get(name) else { return default };
        match humantime::parse_duration(value) {
            Ok(duration) if !duration.is_zero() => duration,
            _ => {
                self.mistake(name, "must be a duration such as 30m, 24h or 1500ms");
                default
            }
        }
    }

    /// A duration that may be nothing (`0s`), and is when the variable is not set.
    pub fn delay(&mut self, name: &str) -> Duration {
        let Some(value) = self.env.get(name) else { return Duration::ZERO };
        humantime::parse_duration(value).unwrap_or_else(|_| {
            self.mistake(name, "must be a duration such as 0s, 5s or 1500ms");
            Duration::ZERO
        })
    }

    /// An `http` or `https` URL without user name or password, if set.
    pub fn url(&mut self, name: &str) -> Option<Url> {
        let value = self.env.get(name)?;
        let usable = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let url = Url::parse(value).ok().filter(usable);
        if url.is_none() {
            self.mistake(name, "must be an absolute http or https URL without credentials");
        }
        url
    }

    /// As [`url`](Self::url); its absence is a mistake.
    pub fn required_url(&mut self, name: &str) -> Url {
        if self.env.get(name).is_none() {
            self.mistake(name, "is missing");
        }
        self.url(name).unwrap_or_else(|| Url::parse("http://missing.invalid").expect("a fixed URL"))
    }

    /// The parts of a comma-separated list, trimmed, without empty ones.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let parts = self.env.get(name).unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A secret, from `NAME` or from the file that `NAME_FILE` names; both is a mistake.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let file_name = format!("{name}_FILE");
        let direct = self.env.get(name);
        let Some(path) = self.env.get(&file_name) else { return direct.map(SecretString::from) };
        if direct.is_some() {
            self.mistake(name, format!("and {file_name} are both set; set one"));
        }
        let Ok(content) = std::fs::read_to_string(path) else {
            self.mistake(file_name, "names a file that cannot be read");
            return None;
        };
        let secret = content.trim();
        if secret.is_empty() {
            self.mistake(file_name, "names an empty file");
        }
        Some(SecretString::from(secret))
    }

    /// As [`secret`](Self::secret); its absence is a mistake.
    pub fn required_secret(&mut self, name: &str) -> SecretString {
        let before = self.mistakes.len();
        let secret = self.secret(name);
        if secret.is_none() && self.mistakes.len() == before {
            self.mistake(name, format!("is missing (or name a file with it in {name}_FILE)"));
        }
        secret.unwrap_or_default()
    }

    /// A required secret that keys a MAC or stands as a bearer token: at least `bytes` long.
    pub fn required_key(&mut self, name: &str, bytes: usize) -> SecretString {
        let before = self.mistakes.len();
        let secret = self.required_secret(name);
        if self.mistakes.len() == before {
            self.at_least(name, &secret, bytes);
        }
        secret
    }

    /// An optional secret of at least `bytes`.
    pub fn key(&mut self, name: &str, bytes: usize) -> Option<SecretString> {
        let secret = self.secret(name)?;
        self.at_least(name, &secret, bytes);
        Some(secret)
    }

    fn at_least(&mut self, name: &str, secret: &SecretString, bytes: usize) {
        use secrecy::ExposeSecret;
        if secret.expose_secret().len() < bytes {
            self.mistake(name, format!("must be at least {bytes} bytes long"));
        }
    }
}

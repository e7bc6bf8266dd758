//! The callers a handler may ask for.

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id, from `sub` or the configured claim; never `guest`.
    pub id: String,
    /// The mail address, if the token has one.
    pub email: Option<String>,
    /// Whether the issuer vouches for the address.
    pub email_verified: bool,
    /// Whether the token has the role `admin`.
    pub admin: bool,
}

/// Who is asking. As an extractor it takes anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A user with a valid token.
    User(User),
    /// One of our services.
    Service,
    /// Nobody known.
    Guest,
}

impl Caller {
    /// The user's id, `guest` for guests, `service` for services: as orders and history rows name them.
    #[must_use]
    pub fn user_id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Service => "service",
            Self::Guest => "guest",
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub const fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Service | Self::Guest => None,
        }
    }

    /// Whether it is a user with the role `admin`.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.user().is_some_and(|user| user.admin)
    }
}

/// Extractor: a user with the role `admin`; guests get 401, others 403.
#[derive(Debug, Clone)]
pub struct RequireAdmin(pub User);

/// Extractor: one of our services; guests get 401, users 403.
#[derive(Debug, Clone, Copy)]
pub struct RequireService;

//! The migrated database that tests' databases are copies of.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tokio::sync::OnceCell;

use crate::database::{connect, execute, url_of};
use crate::database_url;

type Templates = Mutex<HashMap<String, Arc<OnceCell<()>>>>;
static TEMPLATES: LazyLock<Templates> = LazyLock::new(Templates::default);

/// Any number, the same in every process: only one at a time makes templates on a server.
const LOCK: i64 = 0x7465_6e64_6572;

/// The name of a database that `migrate` was applied to, made if this build's is not there yet.
pub(crate) async fn ensure<M: AsyncFn(&DatabaseConnection)>(migrate: &M) -> String {
    let name = name_for::<M>();
    let cell = {
        let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(templates.entry(name.clone()).or_default())
    };
    cell.get_or_init(async || make(&name, migrate).await).await;
    name
}

/// A name for this build of this test binary and this `migrate`: a rebuilt binary migrates afresh.
fn name_for<M>() -> String {
    let binary = std::env::current_exe().expect("the running binary has a path");
    let about = binary.metadata().expect("the running binary is a file");
    let mut hash = DefaultHasher::new();
    binary.hash(&mut hash);
    about.len().hash(&mut hash);
    about.modified().ok().hash(&mut hash);
    std::any::type_name::<M>().hash(&mut hash);
    format!("template_{:016x}", hash.finish())
}

/// Migrates under another name and renames at the end, so that an interrupted run leaves no half-made template.
async fn make<M: AsyncFn(&DatabaseConnection)>(name: &str, migrate: &M) {
    let server = connect(&database_url(), 1).await;
    execute(&server, &format!("SELECT pg_advisory_lock({LOCK})")).await;
    if !exists(&server, name).await {
        let draft = format!("{name}_draft");
        execute(&server, &format!(r#"DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)"#)).await;
        execute(&server, &format!(r#"CREATE DATABASE "{draft}" TEMPLATE template0"#)).await;
        let database = connect(&url_of(&database_url(), &draft), 5).await;
        migrate(&database).await;
        database.close().await.expect("closes");
        execute(&server, &format!(r#"ALTER DATABASE "{draft}" RENAME TO "{name}""#)).await;
    }
    // The lock belongs to the session.
    server.close().await.expect("closes");
}

async fn exists(server: &DatabaseConnection, name: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let row = server.query_one_raw(Statement::from_string(server.get_database_backend(), sql));
    row.await.expect("the catalogue can be read").is_some()
}

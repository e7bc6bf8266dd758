//! Holds the architecture: which crate may depend on which, and which layer of a service may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

const SERVICES: [&str; 3] = ["order-service", "payment-service", "notification-service"];

/// A layer of a service and the layers of the same crate it may use. What is not named here
/// (`startup`, `main`, `config`, `lib`) wires the rest and may see all of it.
const LAYERS: [(&str, &[&str]); 9] = [
    ("domain", &["domain"]),
    ("store", &["store", "domain"]),
    ("app", &["app", "store", "domain"]),
    ("stripe", &["stripe", "app", "domain"]),
    ("payments", &["payments", "app", "domain"]),
    ("email", &["email", "app", "domain"]),
    ("http", &["http", "app", "domain"]),
    ("events", &["events", "app", "domain"]),
    ("workers", &["workers", "app", "domain"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every crate of ours with the crates of ours it needs outside its tests.
fn our_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata runs in the workspace");
    let ours: BTreeSet<_> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    let needs = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
        normal.map(|d| d.name.clone()).filter(|name| ours.contains(name)).collect()
    };
    metadata.packages.iter().map(|p| (p.name.to_string(), needs(p))).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// The first segments behind `crate::`, also of a grouped `use crate::{a, b::c}`.
fn used_modules(source: &str) -> BTreeSet<String> {
    let ident =
        |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = BTreeSet::new();
    for (at, marker) in source.match_indices("crate::") {
        let rest = &source[at + marker.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(ident(rest));
            continue;
        };
        let mut depth = 0;
        for part in group.split_inclusive([',', '{', '}']) {
            if depth == 0 {
                used.insert(ident(part.trim_start()));
            }
            match part.chars().last() {
                Some('{') => depth += 1,
                Some('}') if depth == 0 => break,
                Some('}') => depth -= 1,
                _ => {}
            }
        }
    }
    used.remove("");
    used
}

#[test]
fn services_share_crates_but_never_depend_on_each_other() {
    let crates = our_dependencies();
    let shared = ["events", "kernel", "messaging", "service-kit"];
    for service in SERVICES {
        let strangers: Vec<_> = crates[service].iter().filter(|d| !shared.contains(&d.as_str())).collect();
        assert!(strangers.is_empty(), "{service} must not depend on {strangers:?}");
    }
}

#[test]
fn shared_crates_point_inward() {
    let crates = our_dependencies();
    let allowed: [(&str, &[&str]); 5] = [
        ("kernel", &[]),
        ("events", &["kernel"]),
        ("messaging", &["events", "kernel"]),
        ("service-kit", &["kernel", "messaging"]),
        ("stripe-sandbox", &["kernel"]),
    ];
    for (name, may) in allowed {
        let strangers: Vec<_> = crates[name].iter().filter(|d| !may.contains(&d.as_str())).collect();
        assert!(strangers.is_empty(), "{name} must not depend on {strangers:?}");
    }
}

#[test]
fn test_support_stays_out_of_what_is_shipped() {
    let needy: Vec<_> = our_dependencies()
        .into_iter()
        .filter(|(name, needs)| name != "tests-e2e" && needs.contains("test-support"))
        .collect();
    assert!(needy.is_empty(), "test-support is for tests only: {needy:?}");
}

#[test]
fn layers_of_a_service_point_inward() {
    let layers: BTreeMap<_, _> = LAYERS.into_iter().collect();
    let mut wrong = Vec::new();
    let mut read = 0;
    for service in SERVICES {
        for (layer, may) in &layers {
            for file in rust_files(&root().join("crates").join(service).join("src").join(layer)) {
                read += 1;
                let source = fs::read_to_string(&file).expect("a readable file");
                let strangers: Vec<_> = used_modules(&source)
                    .into_iter()
                    .filter(|module| layers.contains_key(module.as_str()) && !may.contains(&module.as_str()))
                    .collect();
                if !strangers.is_empty() {
                    wrong.push(format!("{} uses {strangers:?}", file.display()));
                }
            }
        }
    }
    assert!(read > 50, "only {read} files were found: is the layout still the one this test knows?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names in `crash::at("…")`, with repetitions.
fn crash_points(source: &str) -> Vec<String> {
    let calls = source.split(r#"crash::at(""#).skip(1);
    calls.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_crash_point_is_listed_and_stands_once() {
    let mut standing: Vec<String> = Vec::new();
    for package in fs::read_dir(root().join("crates")).expect("the crates") {
        let package = package.expect("a readable folder");
        // There they are listed.
        if package.file_name() == "kernel" {
            continue;
        }
        for file in rust_files(&package.path().join("src")) {
            standing.extend(crash_points(&fs::read_to_string(&file).expect("a readable file")));
        }
    }
    standing.sort();
    let mut listed: Vec<&str> = kernel::crash::POINTS.iter().map(|point| point.name).collect();
    listed.sort_unstable();
    assert_eq!(standing, listed, "left: in the sources; right: in kernel::crash::POINTS");
}

#[test]
fn every_crash_point_is_in_the_list_for_people() {
    let list = fs::read_to_string(root().join("docs/kills.md")).expect("the list");
    for point in kernel::crash::POINTS {
        let rows = list.lines().filter(|line| line.starts_with(&format!("| `{}` | ", point.name)));
        let rows: Vec<&str> = rows.collect();
        assert_eq!(rows.len(), 1, "{} in docs/kills.md", point.name);
        assert!(rows[0].contains(&format!(" | {} | ", point.truth)), "{}", rows[0]);
    }
}

#[test]
fn grouped_imports_are_understood() {
    let source = "use crate::{app::{a, b}, domain, http::x};\nuse crate::store::{self, Row};";
    let expected = ["app", "domain", "http", "store"].map(str::to_owned);
    assert_eq!(used_modules(source), BTreeSet::from(expected));
}

/// The faults of the fault matrix that are provoked; refunds by hand and disputes (45, 46) are not built yet.
const FAULTS: [std::ops::RangeInclusive<u32>; 2] = [1..=44, 47..=48];

#[test]
fn every_fault_has_a_test_that_names_its_number() {
    let sources: String = ["crates", "tests-e2e"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .map(|file| fs::read_to_string(file).expect("a readable file"))
        .collect();
    let untested: Vec<u32> = FAULTS
        .into_iter()
        .flatten()
        .filter(|number| !sources.contains(&format!("fn fault_{number:02}_")))
        .collect();
    assert!(untested.is_empty(), "no test's name begins with fault_NN_ for {untested:?}");
}

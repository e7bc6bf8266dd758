//! Metadata: at most 50 pairs, keys of 40 and values of 500 characters; an empty value removes a key.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::form::Node;
use crate::params::Params;

/// Metadata of an object.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Applies the parameter `metadata` of `params` to `metadata`.
pub(crate) fn apply(metadata: &mut Metadata, params: &Params<'_>) -> Result<(), ApiError> {
    if !params.has("metadata") {
        return Ok(());
    }
    let Some(pairs) = params.child("metadata")? else {
        metadata.clear();
        return Ok(());
    };
    for (key, value) in pairs.entries() {
        let name = pairs.name(key);
        let Node::Text(value) = value else {
            return Err(ApiError::parameter(None, name, "Metadata values must be strings"));
        };
        if key.chars().count() > 40 {
            return Err(ApiError::parameter(None, name, "Metadata keys can be up to 40 characters long."));
        }
        if value.chars().count() > 500 {
            return Err(ApiError::parameter(None, name, "Metadata values can be up to 500 characters long."));
        }
        if value.is_empty() {
            metadata.remove(key);
        } else {
            metadata.insert(key.clone(), value.clone());
        }
    }
    if metadata.len() > 50 {
        let message = "Metadata can have up to 50 keys.";
        return Err(ApiError::parameter(None, params.name("metadata"), message));
    }
    Ok(())
}

/// The parameter `metadata` of a new object.
pub(crate) fn read(params: &Params<'_>) -> Result<Metadata, ApiError> {
    let mut metadata = Metadata::new();
    apply(&mut metadata, params)?;
    Ok(metadata)
}

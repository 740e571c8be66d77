//! Fields.
use {crate::codec::schema::Struct, serde_json::Value};
/// Temporary.
pub fn managed(_s: &Struct, _v: &Value) -> String {
    String::new()
}

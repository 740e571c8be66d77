//! What the query of a write asks for, and whether it may.

use {
    super::Query,
    crate::codec::{
        FieldValidation,
        json::write_string,
        quote::{is_printable, quote},
    },
};

const FIELD_MANAGER_LENGTH: usize = 128;

/// The options of a create, an update or a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Who is to own the fields; empty for none given.
    pub field_manager: String,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
    /// How unknown and duplicate fields are taken.
    pub field_validation: FieldValidation,
}

/// An option that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Its name.
    pub field: &'static str,
    /// The reason of the cause, e.g. `FieldValueNotSupported`.
    pub reason: &'static str,
    /// What follows the name in the message.
    pub detail: String,
}

/// The options, or all that is wrong with them.
pub fn write_options(query: &Query) -> Result<WriteOptions, Vec<Invalid>> {
    let field_manager = query.get("fieldManager");
    let dry_run: Vec<_> = query.all("dryRun").collect();
    let validation = query.get("fieldValidation");
    let mut invalid = invalid_manager(field_manager);
    if dry_run.iter().any(|value| *value != "All") {
        invalid.push(unsupported("dryRun", &list(&dry_run), "\"All\""));
    }
    let field_validation = match validation {
        "" | "Warn" => FieldValidation::Warn,
        "Ignore" => FieldValidation::Ignore,
        "Strict" => FieldValidation::Strict,
        other => {
            let supported = r#""", "Ignore", "Strict", "Warn""#;
            invalid.push(unsupported("fieldValidation", &quote(other), supported));
            FieldValidation::Warn
        }
    };
    if !invalid.is_empty() {
        return Err(invalid);
    }
    let field_manager = field_manager.to_owned();
    Ok(WriteOptions { field_manager, dry_run: !dry_run.is_empty(), field_validation })
}

/// Whether JSON is to be indented: the query says, else the kind of client.
pub fn is_pretty(query: &str, user_agent: &str) -> bool {
    if query.contains("pretty") {
        let query = Query::parse(query);
        let pretty = query.get("pretty");
        if !pretty.is_empty() {
            return ["1", "t", "T", "TRUE", "true", "True"].contains(&pretty);
        }
    }
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|client| user_agent.starts_with(client))
}

/// Who owns the fields that a request writes: the manager it names, else its client.
pub fn field_manager(named: &str, user_agent: &str) -> String {
    if !named.is_empty() {
        return named.to_owned();
    }
    let mut manager = String::new();
    let product = user_agent.split('/').next().unwrap_or("");
    for character in product.chars().filter(|character| is_printable(*character)) {
        if manager.len() + character.len_utf8() > FIELD_MANAGER_LENGTH {
            break;
        }
        manager.push(character);
    }
    manager
}

fn invalid_manager(manager: &str) -> Vec<Invalid> {
    const FIELD: &str = "fieldManager";
    let mut invalid = Vec::new();
    if manager.len() > FIELD_MANAGER_LENGTH {
        let detail = format!("Too long: may not be more than {FIELD_MANAGER_LENGTH} bytes");
        invalid.push(Invalid { field: FIELD, reason: "FieldValueTooLong", detail });
    }
    for (at, character) in manager.char_indices().filter(|(_, found)| !is_printable(*found)) {
        let detail = format!(
            "Invalid value: {}: invalid character U+{:04X} (at position {at})",
            quote(manager),
            u32::from(character)
        );
        invalid.push(Invalid { field: FIELD, reason: "FieldValueInvalid", detail });
    }
    invalid
}

fn list(values: &[&str]) -> String {
    let quoted = values.iter().map(|value| {
        let mut out = Vec::new();
        write_string(&mut out, value);
        String::from_utf8_lossy(&out).into_owned()
    });
    format!("[{}]", quoted.collect::<Vec<_>>().join(","))
}

fn unsupported(field: &'static str, value: &str, supported: &str) -> Invalid {
    let detail = format!("Unsupported value: {value}: supported values: {supported}");
    Invalid { field, reason: "FieldValueNotSupported", detail }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn bad_options_are_told_together() {
        let query = Query::parse("fieldValidation=x&dryRun=y&dryRun=All&fieldManager=a%01");
        let details: Vec<_> =
            write_options(&query).unwrap_err().into_iter().map(|invalid| invalid.detail).collect();
        assert_eq!(
            details,
            [
                r#"Invalid value: "a\x01": invalid character U+0001 (at position 1)"#,
                r#"Unsupported value: ["y","All"]: supported values: "All""#,
                r#"Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn""#,
            ]
        );
    }

    #[test]
    fn good_options_are_read() {
        let options =
            write_options(&Query::parse("dryRun=All&fieldManager=me&fieldValidation=Strict"));
        assert_eq!(
            options,
            Ok(WriteOptions {
                field_manager: "me".to_owned(),
                dry_run: true,
                field_validation: FieldValidation::Strict,
            })
        );
    }

    #[rstest]
    #[case("", "curl/8", true)]
    #[case("", "kubectl/v1", false)]
    #[case("pretty=0", "curl/8", false)]
    #[case("pretty=", "curl/8", true)]
    #[case("pretty=true", "kubectl/v1", true)]
    #[case("pretty=yes", "curl/8", false)]
    #[case("", "Mozilla/5.0 (X11)", true)]
    fn the_query_wins_over_the_client(
        #[case] query: &str,
        #[case] user_agent: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(is_pretty(query, user_agent), expected);
    }

    #[test]
    fn a_manager_is_named_after_its_client() {
        assert_eq!(field_manager("", "kubectl/v1.33 (linux)"), "kubectl");
        assert_eq!(field_manager("me", "kubectl/v1.33"), "me");
        assert_eq!(field_manager("", &"é".repeat(100)), "é".repeat(64));
    }
}

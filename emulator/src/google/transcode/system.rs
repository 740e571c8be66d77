//! System parameters: what a query may hold beside a method's own fields.
//! Source: <https://cloud.google.com/apis/docs/system-parameters>.

/// What the system parameters of a request ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct System {
    /// Two-space JSON, a member a line.
    pub(crate) pretty: bool,
    /// Enumerators as numbers.
    pub(crate) enum_numbers: bool,
    /// A message's own bytes instead of JSON.
    pub(crate) protobuf: bool,
    /// A media type that is none; the text of `alt`.
    pub(crate) bad_alt: Option<String>,
    /// The parts of the answer that are wanted.
    pub(crate) fields: Option<String>,
    /// The function that a script's answer calls.
    pub(crate) callback: Option<String>,
    /// Whether errors have the members of the first format as well.
    pub(crate) legacy_errors: bool,
    /// A bearer in the query.
    pub(crate) access_token: Option<String>,
    /// An API key.
    pub(crate) key: Option<String>,
    /// The project that is to bear the cost.
    pub(crate) user_project: Option<String>,
    /// The method that a POST stands for.
    pub(crate) http_method: Option<String>,
}

impl Default for System {
    fn default() -> Self {
        Self {
            pretty: true,
            enum_numbers: false,
            protobuf: false,
            bad_alt: None,
            fields: None,
            callback: None,
            legacy_errors: false,
            access_token: None,
            key: None,
            user_project: None,
            http_method: None,
        }
    }
}

impl System {
    /// Takes the system parameters out of a query's pairs.
    pub(crate) fn take(&mut self, pairs: Vec<(String, String)>) -> Vec<(String, String)> {
        pairs.into_iter().filter_map(|(name, value)| self.read(name, value)).collect()
    }

    fn read(&mut self, name: String, value: String) -> Option<(String, String)> {
        match name.as_str() {
            "alt" | "$alt" => self.read_alt(&value),
            "prettyPrint" | "$prettyPrint" => self.pretty = !is_false(&value),
            "fields" | "$fields" => self.fields = Some(value).filter(|mask| !mask.is_empty()),
            "callback" | "$callback" => {
                self.callback = Some(value).filter(|name| is_function(name))
            }
            "$.xgafv" | "$xgafv" => self.legacy_errors = value == "1",
            "access_token" | "oauth_token" => self.access_token = Some(value),
            "key" | "$key" => self.key = Some(value).filter(|key| !key.is_empty()),
            "$userProject" => self.user_project = Some(value),
            "$httpMethod" => self.http_method = Some(value),
            "quotaUser" | "trace" | "uploadType" | "upload_protocol" | "$apiVersion" | "$ct"
            | "$outputDefaults" | "$unique" | "$quotaUser" | "$trace" | "$uploadType" => {}
            _ => return Some((name, value)),
        }
        None
    }

    fn read_alt(&mut self, value: &str) {
        let mut parts = value.split(';').map(str::trim);
        let form = parts.next();
        self.protobuf = form == Some("proto");
        match form {
            Some("json" | "media" | "proto" | "") => self.bad_alt = None,
            _ => self.bad_alt = Some(value.to_owned()),
        }
        self.enum_numbers = parts.any(|part| part == "enum-encoding=int");
    }
}

/// Whether a script may call it: anything else would be a script of the request's own.
fn is_function(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_$.[]".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

fn is_false(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "false" | "f" | "no" | "n" | "0")
}

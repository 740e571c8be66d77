//! The style of Go's YAML package: block collections, lists no deeper than their key, lines
//! folded at the first space past column 80, and as few quotes as will do.

const WIDTH: usize = 80;
const INDENT: usize = 2;
// A key that is longer, or has line breaks, is written with a question mark.
const SIMPLE_KEY: usize = 128;

/// Writes one document.
#[derive(Default)]
pub(super) struct Emitter {
    out: String,
    column: usize,
    /// The indents of the open collections.
    indents: Vec<isize>,
    indent: isize,
    started: bool,
    // What was written last: a space (or an indicator that counts as one), and nothing but
    // indentation on this line.
    after_space: bool,
    indention: bool,
    in_mapping: bool,
    open_ended: bool,
}

impl Emitter {
    /// The text, with its last line ended.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.start();
        if self.column > 0 || self.out.is_empty() {
            self.line_break();
        }
        if self.open_ended {
            self.out.push_str("...\n");
        }
        self.out.into_bytes()
    }

    fn start(&mut self) {
        if !self.started {
            self.started = true;
            self.indent = -1;
            self.after_space = true;
            self.indention = true;
        }
    }

    fn push_indent(&mut self, same: bool) {
        self.indents.push(self.indent);
        self.indent = match self.indent {
            ..0 => 0,
            indent if same => indent,
            indent => indent + INDENT.cast_signed(),
        };
    }

    /// Begins a block mapping; keys and values follow in turn.
    pub(super) fn open_mapping(&mut self) {
        self.start();
        self.push_indent(false);
    }

    /// Begins a block sequence.
    pub(super) fn open_sequence(&mut self) {
        self.start();
        let same = self.in_mapping && !self.indention;
        self.push_indent(same);
    }

    /// Ends the innermost collection.
    pub(super) fn close(&mut self) {
        self.indent = self.indents.pop().unwrap_or(-1);
    }

    /// Begins an element of a sequence.
    pub(super) fn item(&mut self) {
        self.write_indent();
        self.indicator("-", true, false, true);
        self.in_mapping = false;
    }

    /// Writes the key of a mapping, up to its value.
    pub(super) fn key(&mut self, name: &str, plain: bool) {
        self.write_indent();
        self.in_mapping = true;
        let simple = name.len() <= SIMPLE_KEY && !Analysis::of(name).multiline;
        if simple {
            self.scalar(name, plain, true);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.scalar(name, plain, false);
            self.write_indent();
            self.indicator(":", true, false, true);
        }
        self.in_mapping = true;
    }

    /// Writes what is neither text nor a block.
    pub(super) fn plain(&mut self, text: &str) {
        self.start();
        if !self.after_space {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.after_space = false;
        self.indention = false;
    }

    /// Writes text; `plain` tells whether it is still text without quotes.
    pub(super) fn text(&mut self, text: &str, plain: bool) {
        self.start();
        self.scalar(text, plain, false);
    }

    fn scalar(&mut self, text: &str, plain: bool, is_key: bool) {
        let text = &crate::codec::carried::shown(text);
        let style = style(text, plain, is_key);
        self.indents.push(self.indent);
        self.indent =
            if self.indent < 0 { INDENT.cast_signed() } else { self.indent + INDENT.cast_signed() };
        match style {
            Style::Plain => self.plain_scalar(text, !is_key),
            Style::Single => self.single_quoted(text, !is_key),
            Style::Double => self.double_quoted(text, !is_key),
            Style::Literal => self.literal(text),
        }
        self.close();
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        let beyond = self.column > indent || (self.column == indent && !self.after_space);
        if !self.indention || beyond {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_space = true;
        self.indention = true;
    }

    fn indicator(&mut self, indicator: &str, needs_space: bool, is_space: bool, indents: bool) {
        if needs_space && !self.after_space {
            self.put(' ');
        }
        self.out.push_str(indicator);
        self.column += indicator.len();
        self.after_space = is_space;
        self.indention = self.indention && indents;
        self.open_ended = false;
    }

    fn plain_scalar(&mut self, text: &str, folds: bool) {
        if !self.after_space {
            self.put(' ');
        }
        let mut characters = text.chars().peekable();
        let mut after_space = false;
        while let Some(character) = characters.next() {
            let is_space = character == ' ';
            let fold = folds && is_space && !after_space && self.column > WIDTH;
            if fold && characters.peek() != Some(&' ') {
                self.write_indent();
            } else {
                self.put(character);
            }
            if !is_space {
                self.indention = false;
            }
            after_space = is_space;
        }
        self.after_space = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, folds: bool) {
        self.indicator("'", true, false, false);
        let mut after_space = false;
        let mut after_break = false;
        for (at, character) in text.char_indices() {
            let rest = &text[at + character.len_utf8()..];
            if character == ' ' {
                let inside = at > 0 && !rest.is_empty() && !rest.starts_with(' ');
                if folds && !after_space && self.column > WIDTH && inside {
                    self.write_indent();
                } else {
                    self.put(character);
                }
                after_space = true;
                continue;
            }
            if is_break(character) {
                if !after_break && character == '\n' {
                    self.line_break();
                }
                self.write_break(character);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            if character == '\'' {
                self.put('\'');
            }
            self.put(character);
            self.indention = false;
            after_space = false;
            after_break = false;
        }
        self.indicator("'", false, false, false);
        self.after_space = false;
        self.indention = false;
    }

    fn write_break(&mut self, character: char) {
        if character == '\n' {
            self.line_break();
        } else {
            self.out.push(character);
            self.column = 0;
        }
        self.indention = true;
    }

    fn double_quoted(&mut self, text: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        let mut after_space = false;
        // Go means to look for a byte order mark here, but looks at the beginning each time.
        let all = text.starts_with('\u{feff}');
        for (at, character) in text.char_indices() {
            let rest = &text[at + character.len_utf8()..];
            let printable = is_printable(character) && !is_break(character);
            if all || !printable || matches!(character, '"' | '\\') {
                self.escape(character);
                after_space = false;
            } else if character == ' ' {
                let inside = at > 0 && !rest.is_empty();
                if folds && !after_space && self.column > WIDTH && inside {
                    self.write_indent();
                    if rest.starts_with(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(character);
                after_space = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.after_space = false;
        self.indention = false;
    }

    fn escape(&mut self, character: char) {
        self.put('\\');
        let short = match character {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let number = u32::from(character);
                let long = if number < 0x100 {
                    format!("x{number:02X}")
                } else if number < 0x1_0000 {
                    format!("u{number:04X}")
                } else {
                    format!("U{number:08X}")
                };
                long.chars().for_each(|character| self.put(character));
                return;
            }
        };
        self.put(short);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(' ') || text.starts_with(is_break) {
            self.indicator("2", false, false, false);
        }
        self.open_ended = false;
        let body = text.strip_suffix(is_break);
        let hint = match body {
            None => "-",
            Some(body) if body.is_empty() || body.ends_with(is_break) => "+",
            Some(_) => "",
        };
        if !hint.is_empty() {
            self.indicator(hint, false, false, false);
            self.open_ended = hint == "+";
        }
        self.line_break();
        self.indention = true;
        self.after_space = true;
        let mut after_break = true;
        for character in text.chars() {
            if is_break(character) {
                self.write_break(character);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            self.put(character);
            self.indention = false;
            after_break = false;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str, plain: bool, is_key: bool) -> Style {
    let analysis = Analysis::of(text);
    let mut style = match () {
        () if is_key && analysis.multiline => Style::Double,
        () if text.contains('\n') => Style::Literal,
        () if plain => Style::Plain,
        () => Style::Double,
    };
    if style == Style::Plain && (!analysis.plain || (text.is_empty() && is_key)) {
        style = Style::Single;
    }
    if style == Style::Single && !analysis.single
        || style == Style::Literal && (!analysis.block || is_key)
    {
        style = Style::Double;
    }
    style
}

/// Which styles a text can be written in.
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        let has = |condition: fn(char) -> bool| text.contains(condition);
        let multiline = has(is_break);
        let special = has(|character| !is_printable(character));
        let pairs = || text.chars().zip(text.chars().skip(1));
        let space_break = pairs().any(|(one, other)| one == ' ' && is_break(other));
        let break_space = pairs().any(|(one, other)| is_break(one) && other == ' ');
        let edge = |character: Option<char>| {
            character.is_some_and(|character| character == ' ' || is_break(character))
        };
        let edges = edge(text.chars().next()) || edge(text.chars().next_back());
        let unquotable = space_break || special;
        Self {
            multiline,
            plain: !(edges || break_space || unquotable || multiline || has_indicators(text)),
            single: !(break_space || unquotable),
            block: !(text.is_empty() || text.ends_with(' ') || unquotable),
        }
    }
}

// Whether something in it means something to YAML outside of flow collections.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    let mut first = true;
    while let Some(character) = characters.next() {
        let blank_after = matches!(characters.peek(), None | Some(' ' | '\t'));
        let found = match character {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => first,
            '?' | '-' => first && blank_after,
            ':' => blank_after,
            '#' => first || before == ' ' || before == '\t' || is_break(before),
            _ => false,
        };
        if found {
            return true;
        }
        first = false;
        before = character;
    }
    false
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

// Go looks at two or three bytes at most, so what needs four is not printable.
fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}'
    )
}

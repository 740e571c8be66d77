//! Tokens of YAML 1.1 as libyaml finds them, which Go's package follows: implicit keys are told
//! only when their colon comes, so tokens wait in a queue until it cannot come any more.

use {
    super::{
        directives,
        reader::{Error, Mark, Reader},
        scalars,
    },
    std::collections::{HashMap, VecDeque},
};

// Deeper nesting is an error.
const MAX_DEPTH: usize = 10_000;
// How far a colon may be from the beginning of its implicit key, in characters.
const MAX_KEY: usize = 1024;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    StreamStart,
    StreamEnd,
    VersionDirective(u8, u8),
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag(String, String),
    Scalar { text: String, plain: bool },
}

/// A token and where it is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

#[derive(Clone, Copy, Default)]
struct ImplicitKey {
    possible: bool,
    required: bool,
    number: usize,
    mark: Mark,
}

/// The scanner. Columns are compared with indents that may be before the first column, so both
/// are signed.
pub(super) struct Scanner<'a> {
    pub(super) reader: Reader<'a>,
    tokens: VecDeque<Placed>,
    taken: usize,
    started: bool,
    ended: bool,
    pub(super) flow_level: usize,
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) key_allowed: bool,
    keys: Vec<ImplicitKey>,
    keys_by_number: HashMap<usize, usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            tokens: VecDeque::new(),
            taken: 0,
            started: false,
            ended: false,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![ImplicitKey::default()],
            keys_by_number: HashMap::new(),
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Placed, Error> {
        while self.needs_more()? {
            let fetched = self.fetch();
            // What the reader could not read is told before what the scanner made of it.
            self.reader.check()?;
            fetched?;
        }
        self.tokens
            .front()
            .ok_or_else(|| Error("yaml: unknown problem parsing YAML content".into()))
    }

    /// Takes the token that was looked at.
    pub(super) fn skip(&mut self) {
        if self.tokens.pop_front().is_some() {
            self.taken += 1;
        }
    }

    fn needs_more(&mut self) -> Result<bool, Error> {
        if self.tokens.is_empty() {
            return Ok(!self.ended);
        }
        match self.keys_by_number.get(&self.taken).copied() {
            Some(at) => Ok(self.is_key_possible(at)? && !self.ended),
            None => Ok(false),
        }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        if !self.started {
            self.started = true;
            self.push(Token::StreamStart, self.reader.mark);
            return Ok(());
        }
        self.skip_to_token();
        self.unroll(self.column());
        self.reader.ensure(4);
        self.reader.check()?;
        if self.reader.is_end() {
            return self.stream_end();
        }
        if self.reader.mark.column == 0 && self.reader.byte() == b'%' {
            return self.directive();
        }
        if self.reader.is_marker(b'-') {
            return self.document_marker(Token::DocumentStart);
        }
        if self.reader.is_marker(b'.') {
            return self.document_marker(Token::DocumentEnd);
        }
        self.fetch_content()
    }

    fn fetch_content(&mut self) -> Result<(), Error> {
        let in_flow = self.flow_level > 0;
        let alone = self.reader.is_blank_or_end_at(1);
        match self.reader.byte() {
            b'[' => self.flow_start(Token::FlowSequenceStart),
            b'{' => self.flow_start(Token::FlowMappingStart),
            b']' => self.flow_end(Token::FlowSequenceEnd),
            b'}' => self.flow_end(Token::FlowMappingEnd),
            b',' => self.flow_entry(),
            b'-' if alone => self.block_entry(),
            b'?' if in_flow || alone => self.key(),
            b':' if in_flow || alone => self.value(),
            b'*' => self.anchor(true),
            b'&' => self.anchor(false),
            b'!' => self.tag(),
            b'|' if !in_flow => self.block_scalar(true),
            b'>' if !in_flow => self.block_scalar(false),
            b'\'' => self.flow_scalar(true),
            b'"' => self.flow_scalar(false),
            // A dash before a line break got no further than the check above.
            b'-' | b'?' | b':' => self.plain_scalar(),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b' ' | b'\t' => Err(self.no_token()),
            _ if self.reader.is_break() => Err(self.no_token()),
            _ => self.plain_scalar(),
        }
    }

    fn no_token(&self) -> Error {
        let mark = self.reader.mark;
        Error::scanner(mark, mark, "found character that cannot start any token")
    }

    pub(super) fn error(&self, context: Mark, problem: &str) -> Error {
        Error::scanner(self.reader.mark, context, problem)
    }

    fn column(&self) -> isize {
        isize::try_from(self.reader.mark.column).unwrap_or(isize::MAX)
    }

    fn push(&mut self, token: Token, start: Mark) {
        self.tokens.push_back(Placed { token, start, end: self.reader.mark });
    }

    fn insert(&mut self, number: usize, token: Token, mark: Mark) {
        let at = number.saturating_sub(self.taken).min(self.tokens.len());
        self.tokens.insert(at, Placed { token, start: mark, end: mark });
    }

    fn is_key_possible(&mut self, at: usize) -> Result<bool, Error> {
        let Some(key) = self.keys.get_mut(at).filter(|key| key.possible) else { return Ok(false) };
        let now = self.reader.mark;
        if key.mark.line < now.line || key.mark.index + MAX_KEY < now.index {
            if key.required {
                let context = key.mark;
                return Err(self.error(context, "could not find expected ':'"));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_key(&mut self) -> Result<(), Error> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == self.column();
        let number = self.taken + self.tokens.len();
        let key = ImplicitKey { possible: true, required, number, mark: self.reader.mark };
        self.remove_key()?;
        let at = self.keys.len() - 1;
        self.keys[at] = key;
        self.keys_by_number.insert(number, at);
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), Error> {
        let Some(key) = self.keys.last_mut().filter(|key| key.possible) else { return Ok(()) };
        let ImplicitKey { required, mark, number, .. } = *key;
        if required {
            return Err(self.error(mark, "could not find expected ':'"));
        }
        key.possible = false;
        self.keys_by_number.remove(&number);
        Ok(())
    }

    // Opens a block collection when the column is further right than the last.
    fn roll(
        &mut self,
        column: isize,
        number: Option<usize>,
        token: Token,
        mark: Mark,
    ) -> Result<(), Error> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            let context = self.keys.last().map(|key| key.mark).unwrap_or_default();
            return Err(self.error(context, "exceeded max depth of 10000"));
        }
        self.insert(number.unwrap_or(usize::MAX), token, mark);
        Ok(())
    }

    // Closes block collections that are further right than the column.
    fn unroll(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(Token::BlockEnd, self.reader.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            if self.reader.mark.column == 0 && self.reader.is_byte_order_mark() {
                self.reader.skip();
            }
            // Tabs may not indent blocks.
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.reader.is_space() || (tabs && self.reader.is_tab()) {
                self.reader.skip();
            }
            if self.reader.byte() == b'#' {
                while !self.reader.is_break_or_end() {
                    self.reader.skip();
                }
            }
            if !self.reader.is_break() {
                return;
            }
            self.reader.skip_line();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn stream_end(&mut self) -> Result<(), Error> {
        if self.reader.mark.column != 0 {
            self.reader.mark.column = 0;
            self.reader.mark.line += 1;
        }
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(Token::StreamEnd, self.reader.mark);
        Ok(())
    }

    fn directive(&mut self) -> Result<(), Error> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        let token = directives::directive(self)?;
        self.push(token, start);
        Ok(())
    }

    fn document_marker(&mut self, token: Token) -> Result<(), Error> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        (0..3).for_each(|_| self.reader.skip());
        self.push(token, start);
        Ok(())
    }

    fn indicator(&mut self, token: Token) {
        let start = self.reader.mark;
        self.reader.skip();
        self.push(token, start);
    }

    fn flow_start(&mut self, token: Token) -> Result<(), Error> {
        self.save_key()?;
        let number = self.taken + self.tokens.len();
        let mark = self.reader.mark;
        self.keys.push(ImplicitKey { number, mark, ..ImplicitKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(self.error(mark, "exceeded max depth of 10000"));
        }
        self.key_allowed = true;
        self.indicator(token);
        Ok(())
    }

    fn flow_end(&mut self, token: Token) -> Result<(), Error> {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.keys.pop() {
                self.keys_by_number.remove(&key.number);
            }
        }
        self.key_allowed = false;
        self.indicator(token);
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Error> {
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Token::FlowEntry);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Error> {
        let problem = "block sequence entries are not allowed in this context";
        self.block_indicator(Token::BlockSequenceStart, problem)?;
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Token::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Error> {
        let problem = "mapping keys are not allowed in this context";
        self.block_indicator(Token::BlockMappingStart, problem)?;
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.indicator(Token::Key);
        Ok(())
    }

    fn block_indicator(&mut self, token: Token, problem: &str) -> Result<(), Error> {
        if self.flow_level > 0 {
            return Ok(());
        }
        let mark = self.reader.mark;
        if !self.key_allowed {
            return Err(self.error(mark, problem));
        }
        self.roll(self.column(), None, token, mark)
    }

    fn value(&mut self) -> Result<(), Error> {
        let at = self.keys.len() - 1;
        if self.is_key_possible(at)? {
            let ImplicitKey { number, mark, .. } = self.keys[at];
            self.insert(number, Token::Key, mark);
            let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
            self.roll(column, Some(number), Token::BlockMappingStart, mark)?;
            self.keys[at].possible = false;
            self.keys_by_number.remove(&number);
            self.key_allowed = false;
        } else {
            let problem = "mapping values are not allowed in this context";
            self.block_indicator(Token::BlockMappingStart, problem)?;
            self.key_allowed = self.flow_level == 0;
        }
        self.indicator(Token::Value);
        Ok(())
    }

    fn anchor(&mut self, is_alias: bool) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        let name = directives::anchor(self)?;
        self.push(if is_alias { Token::Alias(name) } else { Token::Anchor(name) }, start);
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        let token = directives::tag(self)?;
        self.push(token, start);
        Ok(())
    }

    fn block_scalar(&mut self, literal: bool) -> Result<(), Error> {
        self.remove_key()?;
        self.key_allowed = true;
        let start = self.reader.mark;
        let text = scalars::block(self, literal)?;
        self.push(Token::Scalar { text, plain: false }, start);
        Ok(())
    }

    fn flow_scalar(&mut self, single: bool) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        let text = scalars::quoted(self, single)?;
        self.push(Token::Scalar { text, plain: false }, start);
        Ok(())
    }

    fn plain_scalar(&mut self) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.reader.mark;
        let text = scalars::plain(self)?;
        self.push(Token::Scalar { text, plain: true }, start);
        Ok(())
    }
}

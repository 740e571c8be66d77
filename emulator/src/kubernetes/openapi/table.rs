//! The documents as they are recorded: one table of their parts, each of which stands there once.
//! `xtask/schema/openapi/main.go` writes it, and says how.

use {flate2::read::DeflateDecoder, std::io::Read};

static RECORDED: &[u8] = include_bytes!("openapi.bin");

/// The table, inflated. It takes two megabytes, so nobody keeps it for longer than a request.
#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Where each text starts, and where it ends.
    texts: Vec<(usize, usize)>,
    /// Where each node starts.
    nodes: Vec<usize>,
    documents: Vec<Document>,
}

/// One document, in both of its forms.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// `v2`, or `v3/` and a path such as `api/v1`.
    pub name: String,
    /// The SHA-512 of its JSON, in upper case hexadecimal digits.
    pub tag: String,
    json: usize,
    protobuf: usize,
    /// How long it is in protobuf.
    length: usize,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bare,
    List,
    Object,
    Message,
}

/// A text by its number, or a node by its number.
#[derive(Debug, Clone, Copy)]
enum Value {
    Text(usize),
    Node(usize),
}

impl Table {
    /// Inflates the table.
    pub(super) fn read() -> Self {
        let mut bytes = Vec::new();
        DeflateDecoder::new(RECORDED).read_to_end(&mut bytes).expect("the recording is whole");
        let mut reader = Reader { bytes: &bytes, at: 0 };
        let texts: Vec<_> = (0..reader.number()).map(|_| reader.text()).collect();
        let nodes = (0..reader.number()).map(|_| reader.node()).collect();
        let text =
            |(start, end): (usize, usize)| String::from_utf8_lossy(&bytes[start..end]).into_owned();
        let documents = (0..reader.number())
            .map(|_| Document {
                name: text(texts[reader.number()]),
                tag: text(texts[reader.number()]),
                json: reader.number(),
                protobuf: reader.number(),
                length: reader.number(),
            })
            .collect();
        Self { texts, nodes, documents, bytes }
    }

    /// All documents, sorted by name.
    pub(super) fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The document of that name.
    pub(super) fn find(&self, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.name == name)
    }

    /// A document as JSON. Go's package `encoding/json` escapes what HTML minds, which the newer
    /// documents go through and the older does not.
    pub(super) fn json(&self, document: &Document) -> Vec<u8> {
        let mut json = Json { table: self, out: Vec::new(), html: document.name != "v2" };
        json.node(document.json);
        json.out
    }

    /// A document as protobuf.
    pub(super) fn protobuf(&self, document: &Document) -> Vec<u8> {
        let mut protobuf = Protobuf { table: self, out: Vec::with_capacity(document.length) };
        protobuf.node(document.protobuf, &self.lengths(document.protobuf));
        protobuf.out
    }

    /// How long each message is, up to one that nothing before it is a part of.
    fn lengths(&self, last: usize) -> Vec<usize> {
        let mut lengths = Vec::with_capacity(last + 1);
        for node in 0..=last {
            let (kind, count, mut reader) = self.open(node);
            let mut length = 0;
            for _ in 0..if kind == Kind::Message { count } else { 0 } {
                let tag = reader.number();
                length += width(tag);
                length += match tag & 7 {
                    0 => width(reader.number()),
                    wire => {
                        let inner = self.length(reader.value(node), &lengths);
                        if wire == 2 { width(inner) + inner } else { inner }
                    }
                };
            }
            lengths.push(length);
        }
        lengths
    }

    fn length(&self, value: Value, lengths: &[usize]) -> usize {
        match value {
            Value::Text(text) => self.text(text).len(),
            Value::Node(node) => lengths[node],
        }
    }

    fn text(&self, index: usize) -> &[u8] {
        let (start, end) = self.texts[index];
        &self.bytes[start..end]
    }

    fn open(&self, node: usize) -> (Kind, usize, Reader<'_>) {
        let mut reader = Reader { bytes: &self.bytes, at: self.nodes[node] };
        let (kind, count) = reader.head();
        (kind, count, reader)
    }
}

struct Json<'a> {
    table: &'a Table,
    out: Vec<u8>,
    html: bool,
}

impl Json<'_> {
    fn node(&mut self, node: usize) {
        let (kind, count, mut reader) = self.table.open(node);
        if kind == Kind::Bare {
            return self.out.extend_from_slice(self.table.text(reader.number()));
        }
        let (opening, closing) = if kind == Kind::Object { (b'{', b'}') } else { (b'[', b']') };
        self.out.push(opening);
        for member in 0..count {
            if member > 0 {
                self.out.push(b',');
            }
            if kind == Kind::Object {
                self.string(reader.number());
                self.out.push(b':');
            }
            match reader.value(node) {
                Value::Text(text) => self.string(text),
                Value::Node(inner) => self.node(inner),
            }
        }
        self.out.push(closing);
    }

    fn string(&mut self, text: usize) {
        let text = String::from_utf8_lossy(self.table.text(text));
        let quoted = serde_json::Value::from(text).to_string();
        if !self.html {
            return self.out.extend_from_slice(quoted.as_bytes());
        }
        for byte in quoted.bytes() {
            match byte {
                b'<' => self.out.extend_from_slice(b"\\u003c"),
                b'>' => self.out.extend_from_slice(b"\\u003e"),
                b'&' => self.out.extend_from_slice(b"\\u0026"),
                _ => self.out.push(byte),
            }
        }
    }
}

struct Protobuf<'a> {
    table: &'a Table,
    out: Vec<u8>,
}

impl Protobuf<'_> {
    fn node(&mut self, node: usize, lengths: &[usize]) {
        let (_, count, mut reader) = self.table.open(node);
        for _ in 0..count {
            let tag = reader.number();
            self.number(tag);
            if tag & 7 == 0 {
                self.number(reader.number());
                continue;
            }
            let value = reader.value(node);
            if tag & 7 == 2 {
                self.number(self.table.length(value, lengths));
            }
            match value {
                Value::Text(text) => self.out.extend_from_slice(self.table.text(text)),
                Value::Node(inner) => self.node(inner, lengths),
            }
        }
    }

    fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.out.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.out.push((number & 0x7f) as u8);
    }
}

/// How many bytes a number takes.
fn width(number: usize) -> usize {
    let bits = usize::BITS - (number | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn text(&mut self) -> (usize, usize) {
        let length = self.number();
        let start = self.at;
        self.at += length;
        (start, self.at)
    }

    fn head(&mut self) -> (Kind, usize) {
        let head = self.number();
        let kind = match head & 3 {
            0 => Kind::Bare,
            1 => Kind::List,
            2 => Kind::Object,
            _ => Kind::Message,
        };
        (kind, head >> 2)
    }

    /// Steps over a node, to where it started.
    fn node(&mut self) -> usize {
        let start = self.at;
        let (kind, count) = self.head();
        let pairs = matches!(kind, Kind::Object | Kind::Message);
        for _ in 0..if pairs { count * 2 } else { count } {
            self.number();
        }
        start
    }

    /// A value in a node.
    fn value(&mut self, node: usize) -> Value {
        let number = self.number();
        if number & 1 == 0 { Value::Text(number >> 1) } else { Value::Node(node - (number >> 1)) }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::kubernetes::hash};

    #[test]
    fn every_document_is_what_was_recorded() {
        let table = Table::read();
        assert_eq!(table.documents().len(), 50);
        for document in table.documents() {
            assert_eq!(hash::upper_hex(&table.json(document)), document.tag, "{}", document.name);
            assert_eq!(table.protobuf(document).len(), document.length, "{}", document.name);
        }
    }

    #[test]
    fn numbers_are_as_wide_as_they_are_written() {
        let table = Table { bytes: vec![], texts: vec![], nodes: vec![], documents: vec![] };
        for number in [0, 1, 127, 128, 16_383, 16_384, 1 << 40] {
            let mut protobuf = Protobuf { table: &table, out: Vec::new() };
            protobuf.number(number);
            assert_eq!(protobuf.out.len(), width(number), "{number}");
            assert_eq!(Reader { bytes: &protobuf.out, at: 0 }.number(), number);
        }
    }
}

//! The nodes of the first document of a stream, by the grammar of YAML 1.1.

use {
    super::{
        reader::{Error, Mark},
        scanner::{Placed, Scanner, Token},
    },
    std::collections::HashMap,
};

// The server goes deeper, but nothing that it accepts is nested even a tenth as deep.
const MAX_DEPTH: usize = 256;

/// A node's place in its [`Document`].
pub(super) type NodeId = usize;

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    /// The full tag; empty for none.
    pub(super) tag: String,
    pub(super) content: Content,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Content {
    /// Text; whether its type is to be found out from it.
    Scalar {
        text: String,
        implicit: bool,
    },
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
    Alias {
        name: String,
        target: NodeId,
    },
}

/// The nodes of a document, the root last among those that are complete.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// The first document; `None` when the stream is empty.
pub(super) fn compose(bytes: &[u8]) -> Result<Option<Document>, Error> {
    let mut composer = Composer {
        scanner: Scanner::new(bytes),
        nodes: Vec::new(),
        anchors: HashMap::new(),
        handles: HashMap::new(),
        depth: 0,
    };
    let root = composer.document()?;
    Ok(root.map(|root| Document { nodes: composer.nodes, root }))
}

struct Composer<'a> {
    scanner: Scanner<'a>,
    nodes: Vec<Node>,
    anchors: HashMap<String, NodeId>,
    handles: HashMap<String, String>,
    depth: usize,
}

#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: String,
}

impl Composer<'_> {
    fn peek(&mut self) -> Result<&Placed, Error> {
        self.scanner.peek()
    }

    fn token(&mut self) -> Result<&Token, Error> {
        Ok(&self.peek()?.token)
    }

    fn start(&mut self) -> Result<Mark, Error> {
        Ok(self.peek()?.start)
    }

    fn next(&mut self) -> Result<Placed, Error> {
        let placed = self.peek()?.clone();
        self.scanner.skip();
        Ok(placed)
    }

    /// Takes the token if it is this one.
    fn accept(&mut self, token: &Token) -> Result<Option<Placed>, Error> {
        if self.token()? == token { self.next().map(Some) } else { Ok(None) }
    }

    fn document(&mut self) -> Result<Option<NodeId>, Error> {
        self.next()?;
        let root = match self.token()? {
            Token::StreamEnd => return Ok(None),
            Token::VersionDirective(..) | Token::TagDirective(..) | Token::DocumentStart => {
                self.directives()?;
                let start = self.start()?;
                if self.accept(&Token::DocumentStart)?.is_none() {
                    let problem = "did not find expected <document start>";
                    return Err(Error::parser(start, Mark::default(), problem));
                }
                self.explicit_content()?
            }
            _ => {
                self.directives()?;
                self.node(true, false)?
            }
        };
        // The end of a document is known once the next token is.
        self.peek()?;
        Ok(Some(root))
    }

    fn explicit_content(&mut self) -> Result<NodeId, Error> {
        let start = self.start()?;
        match self.token()? {
            Token::VersionDirective(..)
            | Token::TagDirective(..)
            | Token::DocumentStart
            | Token::DocumentEnd
            | Token::StreamEnd => Ok(self.empty(start)),
            _ => self.node(true, false),
        }
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut versions = 0;
        loop {
            let start = self.start()?;
            let failed = |problem| Err(Error::parser(start, Mark::default(), problem));
            match self.token()? {
                Token::VersionDirective(..) if versions > 0 => {
                    return failed("found duplicate %YAML directive");
                }
                Token::VersionDirective(1, 1) => versions += 1,
                Token::VersionDirective(..) => return failed("found incompatible YAML document"),
                Token::TagDirective(handle, prefix) => {
                    let (handle, prefix) = (handle.clone(), prefix.clone());
                    if self.handles.contains_key(&handle) {
                        return failed("found duplicate %TAG directive");
                    }
                    self.handles.insert(handle, prefix);
                }
                _ => break,
            }
            self.scanner.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.handles.entry(handle.to_owned()).or_insert_with(|| prefix.to_owned());
        }
        Ok(())
    }

    fn add(&mut self, start: Mark, tag: String, content: Content) -> NodeId {
        self.nodes.push(Node { line: start.line, tag, content });
        self.nodes.len() - 1
    }

    fn empty(&mut self, at: Mark) -> NodeId {
        let content = Content::Scalar { text: String::new(), implicit: true };
        self.add(at, String::new(), content)
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<NodeId, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error("yaml: exceeded max depth of 10000".to_owned()));
        }
        let node = self.node_within(block, indentless);
        self.depth -= 1;
        node
    }

    fn node_within(&mut self, block: bool, indentless: bool) -> Result<NodeId, Error> {
        let start = self.start()?;
        if let Token::Alias(name) = self.token()? {
            let name = name.clone();
            let target = self.anchors.get(&name).copied();
            let target =
                target.ok_or_else(|| Error(format!("yaml: unknown anchor '{name}' referenced")))?;
            // Taken only afterwards, as Go does: an unknown anchor is told before what follows it.
            self.scanner.skip();
            return Ok(self.add(start, String::new(), Content::Alias { name, target }));
        }
        let properties = self.properties(start)?;
        let has_properties = properties.anchor.is_some() || !properties.tag.is_empty();
        let here = self.start()?;
        match self.token()? {
            Token::BlockEntry if indentless => self.collection(start, properties, Self::indentless),
            Token::Scalar { .. } => self.scalar(start, properties),
            Token::FlowSequenceStart => self.collection(start, properties, Self::flow_sequence),
            Token::FlowMappingStart => self.collection(start, properties, Self::flow_mapping),
            Token::BlockSequenceStart if block => {
                self.collection(start, properties, Self::block_sequence)
            }
            Token::BlockMappingStart if block => {
                self.collection(start, properties, Self::block_mapping)
            }
            _ if has_properties => {
                let implicit = properties.tag.is_empty();
                let content = Content::Scalar { text: String::new(), implicit };
                let node = self.add(start, properties.tag, content);
                self.name(properties.anchor, node);
                Ok(node)
            }
            _ => Err(Error::parser(here, start, "did not find expected node content")),
        }
    }

    fn name(&mut self, anchor: Option<String>, node: NodeId) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, node);
        }
    }

    // An anchor and a tag, in either order.
    fn properties(&mut self, start: Mark) -> Result<Properties, Error> {
        let mut properties = Properties::default();
        let mut tag = None;
        for _ in 0..2 {
            let at = self.start()?;
            match self.token()? {
                Token::Anchor(name) if properties.anchor.is_none() => {
                    properties.anchor = Some(name.clone());
                }
                Token::Tag(handle, suffix) if tag.is_none() => {
                    tag = Some((handle.clone(), suffix.clone(), at));
                }
                _ => break,
            }
            self.scanner.skip();
        }
        // What follows is looked at before the tag is made out.
        self.peek()?;
        if let Some((handle, suffix, at)) = tag {
            properties.tag = self
                .full_tag(&handle, suffix)
                .ok_or_else(|| Error::parser(at, start, "found undefined tag handle"))?;
        }
        Ok(properties)
    }

    fn full_tag(&self, handle: &str, suffix: String) -> Option<String> {
        if handle.is_empty() {
            return Some(suffix);
        }
        let prefix = self.handles.get(handle)?;
        Some(format!("{prefix}{suffix}")).filter(|tag| !tag.is_empty())
    }

    fn scalar(&mut self, start: Mark, properties: Properties) -> Result<NodeId, Error> {
        let Token::Scalar { text, plain } = self.next()?.token else {
            return Ok(self.empty(start));
        };
        let tag = properties.tag;
        let implicit = (tag.is_empty() && plain) || tag == "!";
        let node = self.add(start, tag, Content::Scalar { text, implicit });
        self.name(properties.anchor, node);
        Ok(node)
    }

    // A collection is there, and may be named, before its children are.
    fn collection(
        &mut self,
        start: Mark,
        properties: Properties,
        children: fn(&mut Self) -> Result<Content, Error>,
    ) -> Result<NodeId, Error> {
        let node = self.add(start, properties.tag, Content::Sequence(Vec::new()));
        self.name(properties.anchor, node);
        self.nodes[node].content = children(self)?;
        Ok(node)
    }

    fn indentless(&mut self) -> Result<Content, Error> {
        let mut elements = Vec::new();
        while let Some(entry) = self.accept(&Token::BlockEntry)? {
            let ends = matches!(
                self.token()?,
                Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd
            );
            let element = if ends { self.empty(entry.end) } else { self.node(true, false)? };
            elements.push(element);
        }
        Ok(Content::Sequence(elements))
    }

    fn block_sequence(&mut self) -> Result<Content, Error> {
        let context = self.next()?.start;
        let mut elements = Vec::new();
        while let Some(entry) = self.accept(&Token::BlockEntry)? {
            let ends = matches!(self.token()?, Token::BlockEntry | Token::BlockEnd);
            let element = if ends { self.empty(entry.end) } else { self.node(true, false)? };
            elements.push(element);
        }
        self.close(&Token::BlockEnd, context, "did not find expected '-' indicator")?;
        Ok(Content::Sequence(elements))
    }

    fn block_mapping(&mut self) -> Result<Content, Error> {
        let context = self.next()?.start;
        let mut members = Vec::new();
        while let Some(key) = self.accept(&Token::Key)? {
            let key = self.block_member(key.end)?;
            let at = self.start()?;
            let value = match self.accept(&Token::Value)? {
                Some(value) => self.block_member(value.end)?,
                None => self.empty(at),
            };
            members.push((key, value));
        }
        self.close(&Token::BlockEnd, context, "did not find expected key")?;
        Ok(Content::Mapping(members))
    }

    fn block_member(&mut self, at: Mark) -> Result<NodeId, Error> {
        let ends = matches!(self.token()?, Token::Key | Token::Value | Token::BlockEnd);
        if ends { Ok(self.empty(at)) } else { self.node(true, true) }
    }

    fn close(&mut self, token: &Token, context: Mark, problem: &str) -> Result<(), Error> {
        let start = self.start()?;
        match self.accept(token)? {
            Some(_) => Ok(()),
            None => Err(Error::parser(start, context, problem)),
        }
    }

    fn flow_sequence(&mut self) -> Result<Content, Error> {
        let context = self.next()?.start;
        let mut elements = Vec::new();
        while *self.token()? != Token::FlowSequenceEnd {
            if !elements.is_empty() {
                self.close(&Token::FlowEntry, context, "did not find expected ',' or ']'")?;
            }
            let element = match self.token()? {
                Token::FlowSequenceEnd => break,
                Token::Key => self.flow_pair()?,
                _ => self.node(false, false)?,
            };
            elements.push(element);
        }
        self.scanner.skip();
        Ok(Content::Sequence(elements))
    }

    // A mapping of one member, without braces.
    fn flow_pair(&mut self) -> Result<NodeId, Error> {
        let start = self.next()?.start;
        let pair = self.add(start, String::new(), Content::Sequence(Vec::new()));
        let ends =
            matches!(self.token()?, Token::Value | Token::FlowEntry | Token::FlowSequenceEnd);
        let key = if ends {
            // The token is lost, as it is in Go.
            let end = self.next()?.end;
            self.empty(end)
        } else {
            self.node(false, false)?
        };
        let value = self.flow_value(&Token::FlowSequenceEnd)?;
        self.nodes[pair].content = Content::Mapping(vec![(key, value)]);
        Ok(pair)
    }

    fn flow_value(&mut self, end: &Token) -> Result<NodeId, Error> {
        if self.accept(&Token::Value)?.is_some() {
            let token = self.token()?;
            if *token != Token::FlowEntry && token != end {
                return self.node(false, false);
            }
        }
        let at = self.start()?;
        Ok(self.empty(at))
    }

    fn flow_mapping(&mut self) -> Result<Content, Error> {
        let context = self.next()?.start;
        let mut members = Vec::new();
        while *self.token()? != Token::FlowMappingEnd {
            if !members.is_empty() {
                self.close(&Token::FlowEntry, context, "did not find expected ',' or '}'")?;
            }
            let member = match self.token()? {
                Token::FlowMappingEnd => break,
                Token::Key => self.flow_member()?,
                _ => {
                    let key = self.node(false, false)?;
                    let at = self.start()?;
                    (key, self.empty(at))
                }
            };
            members.push(member);
        }
        self.scanner.skip();
        Ok(Content::Mapping(members))
    }

    fn flow_member(&mut self) -> Result<(NodeId, NodeId), Error> {
        self.scanner.skip();
        let at = self.start()?;
        let ends = matches!(self.token()?, Token::Value | Token::FlowEntry | Token::FlowMappingEnd);
        let key = if ends { self.empty(at) } else { self.node(false, false)? };
        Ok((key, self.flow_value(&Token::FlowMappingEnd)?))
    }
}

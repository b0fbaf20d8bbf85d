//! One line of the protocol: what a client sends, and what it is answered. Pure.
//!
//! Two eras share one stream. Up to 2025-11-25 a client opens with `initialize`; since 2026-07-28 each request names its
//! version in `_meta`, and nothing has to be opened. The era of a request is the era of its answer.
//! (<https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning>)

use serde_json::{Map, Value, json};

/// The stateless version.
const STATELESS: &str = "2026-07-28";

/// Versions that open with `initialize`, the newest first.
const OPENED: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The one version that has batches.
const BATCHES: &str = "2025-03-26";

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// What a model reads once about the server: at most 400 characters.
const INSTRUCTIONS: &str = "tix is a ticket queue in this git repository. Call claim (without a ticket it takes the next one) and work in \
     the workspace that it names, never in the main checkout. Commit there, tick with note what is done, then call finish. \
     A claim is a lock: if somebody else holds a ticket, take another.";

/// An error of JSON-RPC.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl RpcError {
    fn new(code: i32, message: impl Into<String>) -> RpcError {
        RpcError { code, message: message.into(), data: None }
    }

    /// A line that is no JSON.
    pub fn parse(message: impl Into<String>) -> RpcError {
        RpcError::new(-32700, message)
    }

    /// JSON that is no request.
    pub fn request(message: impl Into<String>) -> RpcError {
        RpcError::new(-32600, message)
    }

    pub fn parameters(message: impl Into<String>) -> RpcError {
        RpcError::new(-32602, message)
    }

    fn method(method: &str) -> RpcError {
        RpcError::new(-32601, format!("unknown method: {method}"))
    }

    /// The answer on one line; `id` is null where the request's could not be read.
    pub fn line(&self, id: &Value) -> String {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(data), Some(error)) = (&self.data, error.as_object_mut()) {
            error.insert("data".to_owned(), data.clone());
        }
        json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
    }
}

/// Which form an answer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Opened,
    Stateless,
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// To be answered with this line.
    Answer(String),
    ListTools {
        id: Value,
        era: Era,
    },
    Call(ToolCall),
    /// The client has no use for the answer to this request any more.
    Cancel(Value),
    /// To be answered with one array.
    Batch(Vec<Incoming>),
    /// A notification that means nothing here, or an answer to a question that was never asked.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub id: Value,
    pub era: Era,
    pub tool: String,
    pub arguments: Value,
    /// Under which token the client wants to hear of progress.
    pub progress: Option<Value>,
}

/// Reads a line. `opened` remembers the version that `initialize` agreed on.
pub fn read(line: &[u8], opened: &mut Option<&'static str>) -> Incoming {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return Incoming::Nothing;
    }
    match serde_json::from_slice(line) {
        Ok(Value::Array(batch)) if *opened == Some(BATCHES) && !batch.is_empty() => {
            Incoming::Batch(batch.iter().map(|message| read_one(message, opened)).collect())
        }
        Ok(message) => read_one(&message, opened),
        Err(error) => Incoming::Answer(RpcError::parse(error.to_string()).line(&Value::Null)),
    }
}

fn read_one(message: &Value, opened: &mut Option<&'static str>) -> Incoming {
    let Some(message) = message.as_object() else {
        let why = format!(
            "a message must be one JSON object; only version {BATCHES} takes batches, and they must not be empty"
        );
        return Incoming::Answer(RpcError::request(why).line(&Value::Null));
    };
    let method = message.get("method").and_then(Value::as_str);
    let id = message.get("id");
    match (method, id) {
        (Some(method), None) if is_rpc(message) => notification(method, message),
        // An answer; nothing was asked.
        (None, Some(_)) if message.contains_key("result") || message.contains_key("error") => {
            Incoming::Nothing
        }
        (Some(method), Some(id)) if is_rpc(message) && is_id(id) => {
            request(method, id, message, opened)
                .unwrap_or_else(|error| Incoming::Answer(error.line(id)))
        }
        _ => {
            let error = RpcError::request(
                "a request must have \"jsonrpc\": \"2.0\", a \"method\", and an \"id\" that is a string or a whole number",
            );
            let id = id.filter(|id| is_id(id));
            Incoming::Answer(error.line(id.unwrap_or(&Value::Null)))
        }
    }
}

fn is_rpc(message: &Map<String, Value>) -> bool {
    message.get("jsonrpc").and_then(Value::as_str) == Some("2.0")
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

fn notification(method: &str, message: &Map<String, Value>) -> Incoming {
    let cancelled = message.get("params").and_then(|params| params.get("requestId"));
    match (method, cancelled) {
        ("notifications/cancelled", Some(id)) => Incoming::Cancel(id.clone()),
        _ => Incoming::Nothing,
    }
}

/// The requests that are answered; one of them in one era only.
const METHODS: [&str; 5] = ["initialize", "ping", "server/discover", "tools/list", "tools/call"];

fn request(
    method: &str,
    id: &Value,
    message: &Map<String, Value>,
    opened: &mut Option<&'static str>,
) -> Result<Incoming, RpcError> {
    if !METHODS.contains(&method) {
        return Err(RpcError::method(method));
    }
    let nothing = Map::new();
    let params = match message.get("params") {
        None => &nothing,
        Some(params) => params
            .as_object()
            .ok_or_else(|| RpcError::parameters("\"params\" must be an object"))?,
    };
    if method == "initialize" {
        let version = agreed(params);
        *opened = Some(version);
        return Ok(Incoming::Answer(answer(id, Era::Opened, initialized(version))));
    }
    let era = era(params, opened.is_some() || method == "ping")?;
    match method {
        "ping" if era == Era::Opened => Ok(Incoming::Answer(answer(id, era, json!({})))),
        "server/discover" => Ok(Incoming::Answer(answer(id, era, discovered()))),
        "tools/list" => Ok(Incoming::ListTools { id: id.clone(), era }),
        "tools/call" => call(id, era, params).map(Incoming::Call),
        _ => Err(RpcError::method(method)),
    }
}

/// The era that a request names, or belongs to since the stream was opened.
fn era(params: &Map<String, Value>, opened: bool) -> Result<Era, RpcError> {
    let meta = params.get("_meta");
    let version = match meta.and_then(|meta| meta.get(VERSION_KEY)) {
        None if opened => return Ok(Era::Opened),
        None => {
            let missing = format!("_meta must have {VERSION_KEY} and {CAPABILITIES_KEY}");
            return Err(RpcError::parameters(missing));
        }
        Some(version) => version
            .as_str()
            .ok_or_else(|| RpcError::parameters(format!("{VERSION_KEY} must be a string")))?,
    };
    if OPENED.contains(&version) {
        return Ok(Era::Opened);
    }
    if version != STATELESS {
        let supported: Vec<&str> = versions().collect();
        let data = json!({ "supported": supported, "requested": version });
        let message = format!("unsupported protocol version: {version}");
        return Err(RpcError { data: Some(data), ..RpcError::new(-32022, message) });
    }
    if !meta.and_then(|meta| meta.get(CAPABILITIES_KEY)).is_some_and(Value::is_object) {
        return Err(RpcError::parameters(format!("_meta must have {CAPABILITIES_KEY}, an object")));
    }
    Ok(Era::Stateless)
}

fn versions() -> impl Iterator<Item = &'static str> {
    std::iter::once(STATELESS).chain(OPENED)
}

fn call(id: &Value, era: Era, params: &Map<String, Value>) -> Result<ToolCall, RpcError> {
    let Some(tool) = params.get("name").and_then(Value::as_str) else {
        return Err(RpcError::parameters("\"name\" must be the name of a tool"));
    };
    let arguments = params.get("arguments").cloned().unwrap_or_else(|| json!({}));
    if !arguments.is_object() {
        return Err(RpcError::parameters("\"arguments\" must be an object"));
    }
    let progress = params.get("_meta").and_then(|meta| meta.get("progressToken"));
    Ok(ToolCall {
        id: id.clone(),
        era,
        tool: tool.to_owned(),
        arguments,
        progress: progress.cloned(),
    })
}

/// The version that was asked for, or else the newest.
fn agreed(params: &Map<String, Value>) -> &'static str {
    let wanted = params.get("protocolVersion").and_then(Value::as_str);
    let [newest, ..] = OPENED;
    OPENED.into_iter().find(|version| Some(*version) == wanted).unwrap_or(newest)
}

fn initialized(version: &str) -> Value {
    json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": server(),
        "instructions": INSTRUCTIONS,
    })
}

fn discovered() -> Value {
    json!({
        "supportedVersions": versions().collect::<Vec<_>>(),
        "capabilities": { "tools": {} },
        "instructions": INSTRUCTIONS,
        "ttlMs": 0,
        "cacheScope": "private",
    })
}

fn server() -> Value {
    json!({ "name": "tix", "version": env!("CARGO_PKG_VERSION") })
}

/// The tools; what a role may do can change at any time, so a client keeps the list for no time.
pub fn tools(id: &Value, era: Era, tools: &[Value]) -> String {
    let mut result = json!({ "tools": tools });
    if let (Era::Stateless, Some(result)) = (era, result.as_object_mut()) {
        result.insert("ttlMs".to_owned(), 0.into());
        result.insert("cacheScope".to_owned(), "private".into());
    }
    answer(id, era, result)
}

/// What a tool came to: the text that a model reads, and the same as data.
pub fn outcome(id: &Value, era: Era, text: &str, data: Option<Value>, failed: bool) -> String {
    let mut result = json!({ "content": [{ "type": "text", "text": text }], "isError": failed });
    if let (Some(data), Some(result)) = (data, result.as_object_mut()) {
        result.insert("structuredContent".to_owned(), data);
    }
    answer(id, era, result)
}

fn answer(id: &Value, era: Era, mut result: Value) -> String {
    if let (Era::Stateless, Some(result)) = (era, result.as_object_mut()) {
        result.insert("resultType".to_owned(), "complete".into());
        result.insert("_meta".to_owned(), json!({ SERVER_KEY: server() }));
    }
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

/// How long a call has been under way.
pub fn progress(token: &Value, seconds: u64, message: &str) -> String {
    let params = json!({ "progressToken": token, "progress": seconds, "message": message });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }).to_string()
}

/// The answers to a batch; `None` where it asked for none.
pub fn batch(answers: &[String]) -> Option<String> {
    (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
}

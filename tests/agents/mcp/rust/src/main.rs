//! The official Rust client of MCP against `tix mcp`: client MODE TIX CLONE. MODE is `initialize`, `discover` or `auto`.

use std::error::Error;

use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, ServiceError};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::process::Command;

fn call(tool: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone())
}

fn structured(result: &CallToolResult) -> &Value {
    result.structured_content.as_ref().unwrap_or(&Value::Null)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [_, mode, tix, clone] =
        std::env::args().collect::<Vec<_>>().try_into().map_err(|_| "MODE TIX CLONE")?;
    let newest = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = match mode.as_str() {
        "initialize" => ClientLifecycleMode::Initialize,
        "discover" => ClientLifecycleMode::Discover { preferred_versions: newest },
        _ => ClientLifecycleMode::Auto { preferred_versions: newest, legacy_version: None },
    };
    let mut server = Command::new(tix);
    server.arg("mcp").current_dir(clone);
    let client = ClientConfig::default()
        .serve_with_lifecycle(TokioChildProcess::new(server)?, lifecycle)
        .await?;

    let tools = client.list_all_tools().await?;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, ["next", "list", "show", "status", "claim", "finish", "note", "new"]);
    let title = format!("From {mode}");
    let made = client
        .call_tool(call("new", json!({"tickets": [{"title": title, "body": "- [ ] a\n"}]})))
        .await?;
    let ticket = structured(&made)["ticket"].clone();
    let held = client.call_tool(call("claim", json!({"ticket": ticket}))).await?;
    assert!(structured(&held)["workspace"]["path"].is_string(), "{held:?}");
    let missing = client.call_tool(call("show", json!({"ticket": "no such ticket"}))).await?;
    assert_eq!(missing.is_error, Some(true), "{missing:?}");
    match client.call_tool(call("frobnicate", json!({}))).await {
        Err(ServiceError::McpError(error)) => assert_eq!(error.code.0, -32602, "{error:?}"),
        other => panic!("an unknown tool was answered with {other:?}"),
    }
    let back =
        client.call_tool(call("finish", json!({"how": "release", "ticket": ticket}))).await?;
    assert_ne!(back.is_error, Some(true), "{back:?}");
    client.cancel().await?;
    Ok(())
}

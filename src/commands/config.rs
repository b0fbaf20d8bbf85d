//! `tix config`: every setting, where it comes from, and how this clone changes it.

use clap::Subcommand;
use serde::Serialize;

use crate::app::context::{CONFIG_FILE, Context, Globals};
use crate::app::unknown::OnUnknown;
use crate::config::{
    Config, DefaultValue, Key, Layers, OnBadValue, Yaml, describe, key_named, nearest_key,
    yaml_entries,
};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::names::RemoteName;
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::settings::{RemoteSource, SettingsError};
use crate::text::{safe, shell_word};

/// How an empty list is written.
const EMPTY_LIST: &str = "[]";

/// Show settings and their sources, or change one
///
/// The team shares the settings in `.tix.yaml` and changes them there, by pull request. `git config` overrides it for one
/// clone, and the environment for one call. `tix explain config` says what each setting means.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show every setting
    List,
    /// Show the value of one setting
    Get {
        /// The setting, as `.tix.yaml` or `git config` names it
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Set it in this clone's git configuration; `git config --unset` with the key that it prints undoes that
    Set {
        /// The setting, as `.tix.yaml` or `git config` names it
        #[arg(value_name = "KEY")]
        key: String,
        /// The new value
        #[arg(value_name = "VALUE")]
        value: String,
    },
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfigJson {
    schema: &'static str,
    /// The requested settings.
    settings: Vec<SettingJson>,
}

/// A setting, its value and the value's source.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SettingJson {
    /// Its name in `.tix.yaml`.
    name: &'static str,
    /// The value in force here, as written at its source; missing where nobody set it and the repository has no answer.
    value: Option<String>,
    /// The source: the option, the variable, the key of `git config`, the file, or `default`.
    source: String,
}

pub fn run(args: &ConfigArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    // What is wrong with the settings must not keep anybody from seeing and mending it.
    let on_unknown = match args.verb {
        ConfigCommand::List | ConfigCommand::Get { .. } => OnUnknown::Warn,
        ConfigCommand::Set { .. } => OnUnknown::PassOver,
    };
    let globals = &Globals { on_unknown, on_bad: OnBadValue::PutAside, ..globals.clone() };
    let ctx = Context::open(globals, env, out, None)?;
    let file = SharedSettings::of(&ctx)?;
    let used = ctx.remote.as_ref().map(RemoteName::as_str);
    let missing = ctx.config.remote.as_deref().filter(|name| Some(*name) != used);
    if let (Some(name), ConfigCommand::List | ConfigCommand::Get { .. }) = (missing, &args.verb) {
        out.warn(&format!("there is no remote named `{name}`"));
    }
    let settings = match &args.verb {
        ConfigCommand::List => {
            describe().iter().map(|key| setting(&ctx, globals, &file, key)).collect()
        }
        ConfigCommand::Get { key } => vec![setting(&ctx, globals, &file, known(key)?)],
        ConfigCommand::Set { key, value } => {
            vec![set(&ctx, known(key)?, value)?]
        }
    };
    match (out.format, &args.verb) {
        (Format::Json, _) => out.json(&ConfigJson { schema: "tix/config@1", settings }),
        (Format::Human, ConfigCommand::List) => out.table(&table(&settings)),
        (Format::Human, ConfigCommand::Get { .. }) => {
            let value = settings.first().and_then(|one| one.value.as_deref());
            // A list without items has no line.
            if let Some(value) = value.filter(|value| *value != EMPTY_LIST) {
                out.answer(&format!("{}\n", safe(value)));
            }
        }
        (Format::Human, ConfigCommand::Set { value, .. }) => {
            for SettingJson { source, .. } in &settings {
                let value = if value.is_empty() { "empty".to_owned() } else { safe(value) };
                out.answer(&format!("{source} is now {value}\n"));
            }
        }
    }
    Ok(())
}

fn known(name: &str) -> Result<&'static Key, Failure> {
    key_named(name).ok_or_else(|| {
        let meant = nearest_key(name).map(|key| format!("; did you mean `{}`?", key.name));
        let meant = meant.unwrap_or_default();
        Failure::new(Exit::Usage, format!("tix has no setting `{name}`{meant}"))
            .hint("see all of them: tix config list")
    })
}

/// Sets a value, if the key takes it.
fn set(ctx: &Context<'_>, key: &'static Key, value: &str) -> Result<SettingJson, Failure> {
    if key.is_shared_only() {
        let message = format!("`{}` is a setting of the whole team", key.name);
        return Err(Failure::new(Exit::Refused, message)
            .hint(format!("change it in {CONFIG_FILE}, by pull request like code")));
    }
    let name = key.git_name();
    let pairs = [(name.to_ascii_lowercase(), Some(value.to_owned()))];
    Config::resolve(&Layers { git: &pairs, home: ctx.env.home(), ..Layers::default() })
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()).hint("tix explain config"))?;
    if key.name == "remote" && !ctx.repo.config.remotes().contains(&value) {
        let name = value.to_owned();
        let remotes = ctx.repo.config.remotes().into_iter().map(str::to_owned).collect();
        let set_by = RemoteSource::Option;
        let failure = Failure::from(SettingsError::NoRemote { name, remotes, set_by });
        return Err(Failure { exit: Exit::Usage, ..failure });
    }
    ctx.repo.set_config(&name, value)?;
    let source = format!("git config {}", shell_word(&name));
    Ok(SettingJson { name: key.name, value: Some(value.to_owned()), source })
}

/// The settings in the team's file, as written.
struct SharedSettings {
    label: String,
    said: Vec<(String, String)>,
}

impl SharedSettings {
    fn of(ctx: &Context<'_>) -> Result<SharedSettings, Failure> {
        let (bytes, label) = if let Some(blob) = &ctx.shared.blob {
            let object = ctx.objects.read(blob.to_string().as_bytes())?;
            let branch = ctx.shared.branch.short();
            (object.map(|object| object.data), format!("{CONFIG_FILE} on {branch}"))
        } else {
            // One that is not shared yet.
            let path = ctx.repo.worktree.as_ref().map(|root| root.join(CONFIG_FILE));
            let bytes = path.and_then(|path| std::fs::read(path).ok());
            (bytes, format!("{CONFIG_FILE}, not committed"))
        };
        let bytes = bytes.unwrap_or_default();
        let said = yaml_entries(Yaml { bytes: &bytes, label: &label })?;
        Ok(SharedSettings { label, said })
    }
}

/// The value of a key, from the strongest layer that sets it.
fn setting(
    ctx: &Context<'_>,
    globals: &Globals,
    file: &SharedSettings,
    key: &'static Key,
) -> SettingJson {
    let setting =
        |value: String, source: String| SettingJson { name: key.name, value: Some(value), source };
    let flag = match key.name {
        "trunk" => globals.trunk.as_ref(),
        "remote" => globals.remote.as_ref(),
        _ => None,
    };
    if let Some(value) = flag {
        return setting(value.clone(), format!("--{}", key.name));
    }
    let pairs = ctx.env.config_pairs();
    let set = |name: &str| pairs.iter().find(|(known, value)| known == name && !value.is_empty());
    let based = || set("WORKTREE_BASE").filter(|_| key.name == "worktree");
    if let Some((name, value)) = key.variable().and_then(|name| set(&name)).or_else(based) {
        return setting(value.display().to_string(), name.clone());
    }
    let git = ctx.repo.config.last(&key.git_name().to_ascii_lowercase());
    if let Some(value) = git.filter(|_| !key.is_shared_only()) {
        return setting(value.to_owned(), format!("git config {}", key.git_name()));
    }
    if let Some((_, value)) = file.said.iter().find(|(name, _)| name == key.name) {
        return setting(value.clone(), file.label.clone());
    }
    let found = match (key.default, key.name) {
        (DefaultValue::Fixed(value), _) => Some(value.to_owned()),
        (DefaultValue::Found { .. }, "trunk") => Some(ctx.trunk.short().to_owned()),
        (DefaultValue::Found { .. }, "base") => Some(ctx.base.short().to_owned()),
        (DefaultValue::Found { .. }, "remote") => ctx.remote.as_ref().map(ToString::to_string),
        (DefaultValue::Found { how, .. }, _) => Some(how.to_owned()),
    };
    SettingJson { name: key.name, value: found, source: "default".to_owned() }
}

fn table(settings: &[SettingJson]) -> Table {
    let mut table = Table::new([
        ColumnSpec::new("setting"),
        ColumnSpec::new("value").cut_to(12),
        ColumnSpec::new("source").cut_to(8).leaves(1),
    ]);
    for SettingJson { name, value, source } in settings {
        let meaning = if source == "default" { Meaning::Quiet } else { Meaning::Plain };
        table.push([
            Cell::new(*name),
            Cell::new(value.as_deref().unwrap_or_default()).meaning(meaning),
            Cell::new(source.as_str()).meaning(meaning),
        ]);
    }
    table
}

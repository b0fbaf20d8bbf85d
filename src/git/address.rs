//! Where a remote is fetched from, and where it is pushed to.
//!
//! Only git knows, because `insteadOf` and `pushInsteadOf` rewrite what is configured. tix asks git only if the
//! configuration has something that can make the two differ.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::exec::text_of;
use super::repo::{GitConfig, Repo};
use super::{GitError, redact};
use crate::names::RemoteName;

/// A remote whose pushes certainly go elsewhere. No address contains credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoPlaces {
    pub fetch: String,
    /// The first push address that is a different one.
    pub push: String,
    pub because: PushSetting,
}

/// The setting that sends pushes elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushSetting {
    /// `remote.<name>.pushurl`
    PushUrl,
    /// `url.<base>.pushInsteadOf`
    PushInsteadOf,
    /// Several `remote.<name>.url`: git pushes to all of them, and fetches from the first.
    SeveralUrls,
}

impl Repo {
    /// How a remote's pushes go elsewhere than its fetches; `None` if both use one place.
    ///
    /// Several push addresses are never one place: a push is a compare-and-swap, and one that succeeds at the first
    /// fails at the second.
    pub fn push_elsewhere(&self, remote: &RemoteName) -> Result<Option<TwoPlaces>, GitError> {
        let Some((because, addresses)) = setting(&self.config, remote) else { return Ok(None) };
        let ask = |more: &[&str]| {
            let call = self.git().call("remote").arg("get-url").args(more.iter().copied());
            let answer = call.arg("--").arg(remote.as_str()).run_ok()?;
            Ok::<_, GitError>(text_of(&answer).lines().next().unwrap_or_default().to_owned())
        };
        let (fetch, push) = (ask(&[])?, ask(&["--push"])?);
        let is_here = |push: &String| is_one_place(&self.root, &fetch, push);
        if addresses == 1 && is_here(&push) {
            return Ok(None);
        }
        // Of several, the first may be the fetch address.
        let mut others =
            self.config.addresses_of(remote.as_str()).into_iter().flat_map(|known| known.push);
        let push = others.find(|push| !is_here(push)).unwrap_or(push);
        Ok(Some(TwoPlaces { fetch: redact(&fetch), push: redact(&push), because }))
    }
}

/// Where a remote is fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemotePlace {
    Directory,
    Host {
        /// In lower case.
        host: String,
        /// Where a browser finds the repository on most hosts.
        page: String,
    },
    /// A remote helper's address, or an unreadable one.
    Unknown,
}

impl Repo {
    pub fn place_of(&self, remote: &RemoteName) -> RemotePlace {
        let fetch = self.config.addresses_of(remote.as_str()).map(|found| found.fetch);
        match fetch.and_then(|fetch| Address::parse(&self.root, &fetch)) {
            Some(Address::Path(_)) => RemotePlace::Directory,
            Some(Address::Network(address)) => address.place(),
            None => RemotePlace::Unknown,
        }
    }

    /// What people call the repository: `owner/name` on a host, the name of the remote's directory, and without a remote, or
    /// with one that does not say, that of the clone's.
    pub fn project(&self, remote: Option<&RemoteName>) -> String {
        let fetch = remote.and_then(|remote| self.config.addresses_of(remote.as_str()));
        let address = fetch.and_then(|found| Address::parse(&self.root, &found.fetch));
        let name = match address {
            Some(Address::Path(path)) => {
                // A repository with a checkout is named by the directory around its `.git`.
                let dir = if path.ends_with(".git") { path.parent() } else { Some(path.as_path()) };
                dir.and_then(Path::file_name).map(|name| name.display().to_string())
            }
            Some(Address::Network(address)) => {
                Some(address.path.trim_matches('/').trim_start_matches("~/").to_owned())
            }
            None => None,
        };
        let name = name.map(|name| name.strip_suffix(".git").unwrap_or(&name).to_owned());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.name.clone())
    }
}

/// Where each remote is fetched from and pushed to, without asking git and without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteAddresses {
    pub name: String,
    pub fetch: String,
    pub push: Vec<String>,
}

impl GitConfig {
    pub fn addresses(&self) -> Vec<RemoteAddresses> {
        self.remotes().into_iter().filter_map(|name| self.addresses_of(name)).collect()
    }

    pub fn addresses_of(&self, name: &str) -> Option<RemoteAddresses> {
        let values = |variable: &str| {
            let key = format!("remote.{name}.{variable}");
            let found = self.entries().iter().filter(move |(found, _)| *found == key);
            found.fold(Vec::new(), |mut all, (_, value)| {
                match value.as_deref() {
                    // "an empty value clears the list": git-config(1)
                    Some("") => all.clear(),
                    Some(value) => all.push(value.to_owned()),
                    None => {}
                }
                all
            })
        };
        let (urls, pushed) = (values("url"), values("pushurl"));
        let fetch = redact(&self.rewritten(urls.first()?, ".insteadof"));
        // `pushInsteadOf` is for remotes without a `pushurl`: git-config(1)
        let push = if pushed.is_empty() {
            let push = |url: &String| match self.rewritten(url, ".pushinsteadof") {
                same if same == *url => redact(&self.rewritten(url, ".insteadof")),
                other => redact(&other),
            };
            urls.iter().map(push).collect()
        } else {
            pushed.iter().map(|url| redact(&self.rewritten(url, ".insteadof"))).collect()
        };
        Some(RemoteAddresses { name: name.to_owned(), fetch, push })
    }

    /// An address as `url.<base>.<kind>` rewrites it: the longest matching prefix counts.
    fn rewritten(&self, url: &str, kind: &str) -> String {
        let rules = self.entries().iter().filter_map(|(key, value)| {
            let base = key.strip_prefix("url.")?.strip_suffix(kind)?;
            let rest = url.strip_prefix(value.as_deref().filter(|start| !start.is_empty())?)?;
            Some((rest, base))
        });
        let longest = rules.min_by_key(|(rest, _)| rest.len());
        longest.map_or_else(|| url.to_owned(), |(rest, base)| format!("{base}{rest}"))
    }
}

/// The setting that can separate pushes from fetches, and the number of push addresses.
fn setting(config: &GitConfig, remote: &RemoteName) -> Option<(PushSetting, usize)> {
    let count = |name: &str| {
        let key = format!("remote.{remote}.{name}");
        let values = config.entries().iter().filter(|(found, _)| *found == key);
        values.fold(0, |count, (_, value)| match value.as_deref() {
            // "an empty value clears the list": git-config(1)
            Some("") => 0,
            Some(_) | None => count + 1,
        })
    };
    let (pushes, urls) = (count("pushurl"), count("url"));
    let is_rewritten = |(key, _): &(String, Option<String>)| {
        key.starts_with("url.") && key.ends_with(".pushinsteadof")
    };
    match (pushes, urls) {
        (1.., _) => Some((PushSetting::PushUrl, pushes)),
        (0, 2..) => Some((PushSetting::SeveralUrls, urls)),
        (0, _) if config.entries().iter().any(is_rewritten) => {
            Some((PushSetting::PushInsteadOf, 1))
        }
        (0, _) => None,
    }
}

/// Whether two addresses certainly mean one repository. Two network addresses do if host and path are the same: tix
/// assumes that no server keeps two repositories under one name for two protocols.
pub fn is_one_place(root: &Path, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (Address::parse(root, one), Address::parse(root, other)) {
        (Some(Address::Path(one)), Some(Address::Path(other))) => {
            let one = repository_at(&one);
            one.is_some() && one == repository_at(&other)
        }
        (Some(Address::Network(one)), Some(Address::Network(other))) => one.is_place_of(&other),
        (Some(_) | None, _) => false,
    }
}

/// Whether the texts of two addresses can tell them apart: a path and an address in the network may well be one place.
pub fn are_comparable(root: &Path, one: &str, other: &str) -> bool {
    matches!(
        (Address::parse(root, one), Address::parse(root, other)),
        (Some(Address::Path(_)), Some(Address::Path(_)))
            | (Some(Address::Network(_)), Some(Address::Network(_)))
    )
}

/// Whether an address is on another server than this one, so that neither is a copy of the other by name: `git.heroku.com` beside
/// `github.com`. A name without a dot may stand for any server in ssh's configuration, and a number may be any server's.
pub fn is_on_another_server(root: &Path, address: &str, known: &str) -> bool {
    let is_name = |host: &str| {
        let last = host.rsplit_once('.').map(|(_, last)| last);
        last.is_some_and(|last| last.chars().all(|sign| sign.is_ascii_alphabetic()))
    };
    let is_below = |host: &str, of: &str| {
        host.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match (Address::parse(root, address), Address::parse(root, known)) {
        (Some(Address::Network(one)), Some(Address::Network(other))) => {
            [&one, &other].iter().all(|address| is_name(&address.host))
                && !is_below(&one.host, &other.host)
                && !is_below(&other.host, &one.host)
        }
        // A directory may be reached through a server, under its own name.
        (Some(Address::Network(one)), Some(Address::Path(path))) => {
            is_name(&one.host)
                && path.file_stem().and_then(OsStr::to_str) != one.path.rsplit('/').next()
        }
        _ => false,
    }
}

enum Address {
    Path(PathBuf),
    Network(NetworkAddress),
}

struct NetworkAddress {
    protocol: Protocol,
    user: Option<String>,
    /// In lower case.
    host: String,
    /// `None` for the protocol's default port.
    port: Option<String>,
    /// As written, without what git adds itself.
    path: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Ssh,
    Http,
    Git,
}

impl Address {
    fn parse(root: &Path, text: &str) -> Option<Address> {
        if let Some((scheme, rest)) = text.split_once("://") {
            let (authority, path) = rest.split_at(rest.find('/')?);
            let (protocol, usual) = match scheme.to_ascii_lowercase().as_str() {
                "file" if matches!(authority, "" | "localhost") => {
                    return Some(Address::Path(path.into()));
                }
                "ssh" | "git+ssh" | "ssh+git" => (Protocol::Ssh, "22"),
                "https" => (Protocol::Http, "443"),
                "http" => (Protocol::Http, "80"),
                "git" => (Protocol::Git, "9418"),
                _ => return None,
            };
            return Some(network(protocol, authority, usual, path));
        }
        match text.split_once(':') {
            // A remote helper: its addresses have their own format.
            Some((_, rest)) if rest.starts_with(':') => None,
            Some((host, path)) if !host.contains('/') => {
                Some(network(Protocol::Ssh, host, "22", path))
            }
            Some(_) | None => Some(Address::Path(root.join(text))),
        }
    }
}

fn network(protocol: Protocol, authority: &str, usual: &str, path: &str) -> Address {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    let (host, port) = match host.rsplit_once(':') {
        // A colon within brackets belongs to the address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (host, None),
    };
    let path = path.trim_end_matches('/');
    Address::Network(NetworkAddress {
        protocol,
        user,
        host: host.to_ascii_lowercase(),
        port: port.filter(|port| !port.is_empty() && *port != usual).map(str::to_owned),
        path: path.strip_suffix(".git").unwrap_or(path).to_owned(),
    })
}

impl NetworkAddress {
    fn place(self) -> RemotePlace {
        // The port of another protocol says nothing about the one for browsers.
        let port = self.port.filter(|_| self.protocol == Protocol::Http);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let page = format!("https://{}{port}/{}", self.host, self.path.trim_start_matches('/'));
        RemotePlace::Host { host: self.host, page }
    }

    fn is_place_of(&self, other: &NetworkAddress) -> bool {
        let path = |address: &NetworkAddress| address.path.trim_start_matches('/').to_owned();
        if self.host != other.host || path(self) != path(other) || path(self).is_empty() {
            return false;
        }
        if self.protocol != other.protocol {
            // Each has its own port.
            return true;
        }
        // Over ssh a path without a leading slash begins in the user's home.
        let by_user = self.protocol == Protocol::Ssh
            && [self, other].iter().any(|a| !a.path.starts_with('/') || a.path.starts_with("/~"));
        self.port == other.port && (!by_user || self.user == other.user)
    }
}

/// The repository that git finds for a path, with the variants that git tries: "with .git, or without",
/// gitrepository-layout(5).
fn repository_at(path: &Path) -> Option<PathBuf> {
    let with = |suffix: &str| {
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    };
    let tried = ["/.git", "", ".git/.git", ".git"].map(with);
    let found = tried.iter().find(|path| path.join("HEAD").is_file())?;
    found.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let there = is_one_place(Path::new("/nowhere"), one, other);
        assert_eq!(there, is_one_place(Path::new("/nowhere"), other, one), "{one} {other}");
        there
    }

    #[test]
    fn a_browser_finds_a_repository_at_its_host() {
        let page = |text: &str| match Address::parse(Path::new("/nowhere"), text) {
            Some(Address::Network(address)) => Some(address.place()),
            Some(Address::Path(_)) | None => None,
        };
        let at = |host: &str, page: &str| {
            Some(RemotePlace::Host { host: host.to_owned(), page: page.to_owned() })
        };
        let found = at("codeberg.org", "https://codeberg.org/a/b");
        assert_eq!(page("git@codeberg.org:a/b.git"), found);
        assert_eq!(page("ssh://git@Codeberg.org:2222/a/b"), found);
        assert_eq!(page("https://codeberg.org/a/b.git/"), found);
        assert_eq!(page("https://h:8443/a/b.git"), at("h", "https://h:8443/a/b"));
        assert_eq!(page("/srv/a/b.git"), None);
        assert_eq!(page("ext::x y"), None);
    }

    #[test]
    fn another_spelling_of_one_repository_is_one_place() {
        let https = "https://example.org/team/it.git";
        for other in [
            https,
            "https://example.org/team/it",
            "https://example.org:443/team/it/",
            "https://ada:secret@Example.org/team/it.git",
            "http://example.org/team/it.git",
            "git@example.org:team/it.git",
            "example.org:team/it",
            "ssh://git@example.org:2222/team/it.git",
            "git://example.org/team/it.git",
        ] {
            assert!(same(https, other), "{other}");
        }
        assert!(same("git@example.org:team/it.git", "ssh://git@example.org:22/team/it"));
        assert!(same("ssh://git@[::1]:22/it.git", "ssh://git@[::1]/it"));
    }

    #[test]
    fn what_is_not_shown_to_be_one_place_is_two() {
        let https = "https://example.org/team/it.git";
        for other in [
            "https://example.org/ada/it.git",
            "https://example.com/team/it.git",
            "https://example.org:8443/team/it.git",
            "git@example.org:ada/it.git",
            "work:team/it.git",
            "ext::sh -c it",
            "/srv/team/it.git",
            "file:///team/it.git",
            "https://example.org",
        ] {
            assert!(!same(https, other), "{other}");
        }
        // The homes of two people.
        assert!(!same("ada@example.org:it.git", "bob@example.org:it.git"));
        assert!(!same("ssh://ada@example.org/~/it.git", "ssh://bob@example.org/~/it.git"));
        // Neither path exists.
        assert!(!same("/srv/it.git", "/srv/it"));
    }

    #[test]
    fn addresses_are_rewritten_as_git_does_it_and_hold_no_password() {
        let of = |text: &str| GitConfig::parse(text.as_bytes()).addresses();
        let found = |fetch: &str, push: &[&str]| {
            let push = push.iter().map(|&address| address.to_owned()).collect();
            vec![RemoteAddresses { name: "o".to_owned(), fetch: fetch.to_owned(), push }]
        };
        let url = "remote.o.url\ngh:team/it\0";
        assert_eq!(of(url), found("gh:team/it", &["gh:team/it"]));
        let short = format!("{url}url.https://ada:pw@x/.insteadof\ngh:\0");
        assert_eq!(of(&short), found("https://***@x/team/it", &["https://***@x/team/it"]));
        let longer = format!("{short}url.ssh://x/own.insteadof\ngh:team\0");
        assert_eq!(of(&longer), found("ssh://x/own/it", &["ssh://x/own/it"]));
        let pushed = format!("{short}url.git@x:.pushinsteadof\ngh:\0");
        assert_eq!(of(&pushed), found("https://***@x/team/it", &["git@x:team/it"]));
        let both = format!("{pushed}remote.o.pushurl\ny\0remote.o.pushurl\ngh:z\0");
        assert_eq!(of(&both), found("https://***@x/team/it", &["y", "https://***@x/z"]));
        assert_eq!(of("remote.o.fetch\nx\0"), []);
    }

    #[test]
    fn git_is_asked_only_where_pushes_can_go_elsewhere() {
        let origin = RemoteName::parse("origin").unwrap();
        let of = |text: &str| setting(&GitConfig::parse(text.as_bytes()), &origin);
        let url = "remote.origin.url\nx\0";
        assert_eq!(of(url), None);
        assert_eq!(of(&format!("{url}remote.fork.pushurl\ny\0remote.pushdefault\nfork\0")), None);
        let pushed = format!("{url}remote.origin.pushurl\ny\0");
        assert_eq!(of(&pushed), Some((PushSetting::PushUrl, 1)));
        let twice = format!("{pushed}remote.origin.pushurl\nz\0");
        assert_eq!(of(&twice), Some((PushSetting::PushUrl, 2)));
        assert_eq!(of(&format!("{twice}remote.origin.pushurl\n\0")), None);
        assert_eq!(of(&format!("{url}{url}")), Some((PushSetting::SeveralUrls, 2)));
        let rewritten = format!("{url}url.git@x:.pushinsteadof\nhttps://x/\0");
        assert_eq!(of(&rewritten), Some((PushSetting::PushInsteadOf, 1)));
    }
}

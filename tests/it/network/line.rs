//! A clone whose way to the remote leads through a proxy, and one that goes straight to it.

use std::time::{Duration, Instant};

use crate::harness::net::{Daemon, Fault, HttpServer, Proxy, When};
use crate::harness::{Output, Place, Prepared, Sandbox, no_leftovers, queue_ticket};

pub const ID: &str = "TICKET-foo-001";
pub const ACTIVATE: &[&str] = &["activate", ID, "--timeout", "2s"];
pub const SHORT: &[&str] = &["--timeout", "2s"];

/// For networks that break, and keep nobody waiting: how often something is tried must not hang on how fast the machine is.
pub const PATIENT: &[&str] = &["activate", ID];
pub const RELEASE: &[&str] = &["release", ID];
pub const NEW: &[&str] = &["new", "Bar", "--session", "bar", "--key", "once"];

/// Far more than any run here takes on a machine that is busy with other things: reaching it means that something hangs.
const TOO_LONG: Duration = Duration::from_mins(1);

pub struct Line {
    pub proxy: Proxy,
    pub http: Option<HttpServer>,
    pub first: Place,
    pub second: Place,
    _daemon: Option<Daemon>,
    pub sandbox: Sandbox,
}

impl Line {
    /// One over each transport that a proxy understands.
    pub fn each() -> [Self; 2] {
        [Self::over_git(), Self::over_http()]
    }

    pub fn over_git() -> Self {
        let sandbox = Sandbox::new();
        let daemon = Daemon::start(sandbox.shared().git(), sandbox.root());
        let proxy = Proxy::start(daemon.addr());
        let url = proxy.git_url("origin.git");
        Self::new(sandbox, proxy, &url, Some(daemon), None)
    }

    pub fn over_http() -> Self {
        let sandbox = Sandbox::new();
        let server = HttpServer::start(sandbox.shared().git(), sandbox.root());
        let proxy = Proxy::start(server.addr());
        let url = proxy.http_url("origin.git");
        Self::new(sandbox, proxy, &url, None, Some(server))
    }

    fn new(
        sandbox: Sandbox,
        proxy: Proxy,
        url: &str,
        daemon: Option<Daemon>,
        http: Option<HttpServer>,
    ) -> Self {
        sandbox.seed(&[(format!("tickets/queue/{ID}.md"), queue_ticket(ID))]);
        let first = sandbox.clone_named("a").on_machine("first");
        first.git(&["remote", "set-url", "origin", url]);
        let second = sandbox.clone_named("b").on_machine("second");
        Self { proxy, http, first, second, _daemon: daemon, sandbox }
    }

    /// The same on a server that moves one ref at a time, where the ticket branch follows the claim.
    pub fn one_by_one(self) -> Self {
        self.sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
        self
    }

    /// The push of the ticket branch on such a server. Over HTTP git gives the push of both up before it is one.
    pub fn branch_push(&self) -> usize {
        if self.http.is_some() { 2 } else { 3 }
    }

    /// The network works from now on.
    pub fn mend(&self) {
        self.proxy.set(Fault::None);
    }

    pub fn tip(&self) -> String {
        self.sandbox.remote().git(&["rev-parse", "main"])
    }

    /// All that the remote has.
    pub fn refs(&self) -> String {
        self.sandbox.remote().git(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    /// How many commits of the trunk have a subject that begins so.
    pub fn count(&self, subject: &str) -> usize {
        let log = self.sandbox.remote().git(&["log", "--format=%s", "main"]);
        log.lines().filter(|line| line.starts_with(subject)).count()
    }

    /// The claim that the trunk names, if the ticket is held.
    pub fn holder(&self) -> Option<String> {
        let remote = self.sandbox.remote();
        let tickets: Vec<_> = remote
            .files("main")
            .into_iter()
            .filter(|path| path.ends_with(&format!("{ID}.md")))
            .collect();
        let [path] = tickets.as_slice() else { panic!("the ticket is in one lane: {tickets:?}") };
        let text = String::from_utf8(remote.show("main", path)).unwrap();
        let claim = text.lines().find_map(|line| line.strip_prefix("claim_id: "));
        let claim = claim.filter(|claim| *claim != "null");
        let claim = claim.map(|claim| claim.trim_matches('"').to_owned());
        assert_eq!(claim.is_some(), path.starts_with("tickets/active/"), "{text}");
        let branches = remote.git(&["for-each-ref", "--format=%(refname)", "refs/heads/ticket/"]);
        assert_eq!(branches.lines().count(), usize::from(claim.is_some()), "{branches}");
        claim
    }

    /// The first clone's own claim ids begin with this.
    pub fn clone_id(&self) -> String {
        let file = self.first.read(self.first.common_dir().join("tix/clone.json"));
        let file: serde_json::Value = serde_json::from_str(&file).unwrap();
        file["id"].as_str().unwrap().to_owned()
    }

    /// The ticket is held by the first clone, and set up there.
    #[track_caller]
    pub fn assert_first_holds(&self) {
        let holder = self.holder().expect("somebody holds it");
        assert!(holder.starts_with(&self.clone_id()), "{holder}");
        let branch = format!("ticket/{ID}");
        let workspace = self.first.at(self.sandbox.root().join(format!("a.worktrees/{ID}")));
        let head = workspace.git(&["rev-parse", "HEAD"]);
        assert_eq!(head, self.sandbox.remote().git(&["rev-parse", &branch]));
        assert_eq!(workspace.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    }

    /// After a run that failed: the same command ends well on a network that works, and when the ticket is given back the
    /// next one can have it.
    #[track_caller]
    pub fn assert_all_goes_on(&self) {
        self.mend();
        let again = self.first.tix(PATIENT);
        assert!(matches!(again.code, Some(0 | 3)), "{again}");
        self.assert_first_holds();
        no_leftovers(&self.first);
        self.first.tix(&["release", ID]).success();
        assert_eq!(self.holder(), None);
        self.second.tix(&["activate", ID]).success();
        self.holder().expect("the second holds it");
    }

    /// Sets the faults, runs, and sees to it that it ends.
    #[track_caller]
    pub fn activate(&self, rules: impl IntoIterator<Item = (When, Fault)>) -> Output {
        self.run(ACTIVATE, rules)
    }

    /// The same with any command.
    #[track_caller]
    pub fn run(&self, command: &[&str], rules: impl IntoIterator<Item = (When, Fault)>) -> Output {
        self.proxy.set_rules(rules);
        in_time(self.first.tix_command(command))
    }
}

/// Runs a command that must end, whatever its server does.
#[track_caller]
pub fn in_time(command: Prepared) -> Output {
    let begin = Instant::now();
    let output = command.run();
    assert!(begin.elapsed() < TOO_LONG, "{:?} is too long: {output}", begin.elapsed());
    output
}

/*
 * How a ticket is claimed, as a model for SPIN. `tests/model/run` checks it; `.ci/run` calls that.
 *
 * A claim is a push, and a push can be delayed, lost before or after the server took it, or answered
 * late. tix can be killed between any two steps, and the `git push` it started lives on. This model
 * asks whether two people can nevertheless both be told that they hold one ticket, and whether a
 * ticket can get lost for good.
 *
 *
 * What is modelled
 *
 * One ticket, one server, three clones. The server has two refs: the trunk, of which the model keeps
 * the lane of the ticket and the id of its claim, and the ticket branch, of which it keeps whose claim
 * it carries and how far the work is. A clone runs one tix process at a time for a ticket, because
 * `commands::activate` and the others take this clone's lock first; a crash frees the lock, and
 * the push that the dead process had sent stays on its way.
 *
 * A push names the commits it expects to replace, on the trunk and, by a lease, on the ticket branch,
 * and lands on both or on neither (`git push --atomic`). No commit comes back once a ref has left it, as
 * every commit names its parent and every claim is unique. So all that a push needs to know of the
 * refs is whether they have moved since it was decided on: `leased_pushes_fail` ends every push that
 * was based on what is gone, and a push that is left can land. That "the branch is absent" can come
 * back does no harm, since the trunk has moved in between. No version counter is needed.
 *
 * Fetching, deciding and sending are one step here: a trunk that moves between them is a trunk that
 * moves while the push travels. Giving up on an answer, fetching and judging are one step for the same
 * reason. The first try of a run may be decided on the trunk as last seen: if it is still there, this is the same
 * step, and else the push is refused before anything is sent, which is a step of its own.
 *
 * One process may push the claims of several of its clone together (`trunk::gather`). They are claims of different tickets,
 * so that a ticket has one of them. Its run, the waiter, has the pusher's report for an answer, which is worth what its own
 * would be; if the pusher is killed it has none, and goes on as after a lost answer: both are steps of a run that pushes by
 * itself. That a neighbour in the push was in the way is a refusal more. New is only that the waiter may be killed between its
 * ask and the push. Then the claim is sent after its run has ended, perhaps beside another run of the clone: a step of
 * the network, possible whenever the ticket is in the queue.
 *
 * A claim moves trunk and ticket branch in one push, and the branch says from then on that work is in progress. Whether
 * the set-up that follows came to its end is known by the record of the clone alone (`finished`), which is lost at any
 * time. Without it the clone goes on with a push and a new id, unless somebody has worked on the branch.
 *
 * A push whose sender no longer waits is *late*. Late pushes are a set, not a queue: of two that would
 * have the same effect, the one that lands second is stale by then. A lost push is one that
 * stays in the set for ever; a lost answer is one that its run never looks at.
 *
 * A caller *believes* that it holds the ticket from the moment `tix activate` answers 0 until it asks
 * for a release, a resume or a completion, or ends. An answer of "nothing changed" (exit 7) gives the
 * belief back; no answer and "it may have landed" (exit 8) do not. One caller per clone believes
 * at a time: agents that share a clone share one answer.
 *
 *
 * What is left out
 *
 * Other tickets, except that commits for them move the trunk at any time. Time: deadlines, backoff and
 * the number of tries become "at any moment". The contents of files, the guard, worktrees. The order of
 * commits on the ticket branch below "started, worked on, done". Two attempts of one run are two commits
 * in git and one here, because they carry the same claim id: this relies on `trunk::find_landed`, which says
 * which of them is on the trunk as fetched, and on `activate::set_up`, which goes on from that one and not
 * from the last attempt. A remote without `--atomic`; RELEASE_FREES_BRANCH_LATER shows what its release does.
 * What is asked of a ticket that is marked as done and not merged yet.
 * A connection that broke counts as answered here: when the trunk is where it was after three tries with pauses,
 * `trunk::transact` takes such a push for refused, and says "nothing changed". A push that it stopped waiting for
 * never counts as answered.
 *
 *
 * Bounds
 *
 * Three clones, one ticket, one live run and one believing caller per clone. No bound on the number
 * of runs, tries, crashes, takeovers, pushes on their way or commits for other tickets: the states
 * are finite all the same, because claim ids are only ever compared. Each clone has three, `renumber`
 * gives them out again when nothing refers to them any more, and `new_id` asserts that three suffice.
 * The search is exhaustive, without bit-state hashing and without partial-order reduction.
 *
 *
 * Properties
 *
 *   HOLDER      Never do two callers believe that they hold the ticket, except that a takeover has
 *               fenced off all but one.
 *   TRUNK       Who believes and is not fenced off has the very claim that the trunk shows, and nobody
 *               reads from the trunk a win that is not there.
 *   COMPLETION  The ticket reaches `completed` only on the trunk and only under the claim that the trunk shows
 *               at that moment.
 *   CLAIMABLE   From every reachable state the ticket can be claimed again, by every clone, without a
 *               takeover, unless it is completed. From any state on the model may lose whatever is on
 *               its way and kill every run; then the clone whose claim the trunk shows must be
 *               able to release it, and any clone to claim it (`probe`). As these are steps that the
 *               model could also take one by one, this is "always possible", AG EF.
 *   HONEST      A run that answers "held by somebody else" (exit 3) or "nothing changed" (exit 7) has not
 *               claimed the ticket, and no push of this run is left that still could. If it has pushed nothing, somebody
 *               else does hold the ticket when it looks.
 *   FINISHED    Nobody hears "yours already" of a ticket whose set-up may not have come to its end, unless somebody has
 *               worked on it.
 *   KEPT        No claim moves the ticket branch away from work. A takeover takes it along; what a claim from the queue
 *               finds goes to the attic.
 *
 * A define with the name of a property checks only that one; without any, all are checked.
 *
 *
 * Mutations: each is a define that breaks one rule, and each must be found
 *
 *   NO_NONCE                    HOLDER      Claim ids are not random. Two clones of one person make the same
 *                                           commit in one second, and each finds its own claim on the trunk.
 *   UP_TO_DATE_WINS             HOLDER      "Everything up to date", exit 0 of git, is taken for a win.
 *                                           A run whose change was empty had nothing to push.
 *   RESUME_WITHOUT_PUSH         HOLDER      A resume trusts the claim it finds. A release of that very claim,
 *                                           sent earlier and never answered, lands afterwards.
 *   SESSION_UNCHECKED           HOLDER      The same for a ticket whose set-up is finished, activated again by
 *                                           the same session, although a push of it may still land.
 *   UNBOUND_RELEASE             HOLDER      A release takes back whatever claim it meets.
 *   COPIED_CLONE                HOLDER      Two clones share the prefix of their claim ids, as after `cp -r`, and
 *                                           each resumes the other's claim. Two runs of one clone
 *                                           without its lock would do the same.
 *   FETCH_IS_PROOF              HOLDER      A fetch that shows the trunk where it was is taken for proof that
 *                               HONEST      an unanswered push has not landed. It still may.
 *   UNCLEAR_IS_A_LOSS           HONEST      No answer is taken for a loss, without a fetch.
 *   ANSWER_FROM_OLD_VIEW        HONEST      The trunk as last seen is good for an answer too. The holder has
 *                                           released the ticket since.
 *   RETRY_WITHOUT_FETCH         HONEST      After no answer the run pushes again and takes the refusal
 *                                           for somebody else's win. Its first push had landed.
 *   RESUME_BY_BRANCH            FINISHED    What the branch says is taken for the end of the set-up. The run was killed
 *                                           right after its push.
 *   RESUME_TO_NEW_CLAIM         KEPT        No record is taken for no work, and the branch goes to the new claim.
 *   ANCESTOR_WINS               TRUNK       The claim is somewhere in the history of the trunk, and nobody looks
 *                                           whether it still stands.
 *   COMPLETE_UNCHECKED          COMPLETION  A completion does not compare its claim id with the trunk's.
 *   TAKEOVER_LEAVES_BRANCH      COMPLETION  A takeover moves the trunk only. The old holder marks the
 *                                           branch as done, and a merge completes it.
 *   NO_PREFIX                   CLAIMABLE   A clone does not know the claims of its own earlier runs.
 *   RELEASE_FREES_BRANCH_LATER  CLAIMABLE   A release deletes the ticket branch in a second push. This
 *                                           is also what a remote without `--atomic` can do at best.
 *   PLAIN_BRANCH_PUSH           CLAIMABLE   The mark that the work is done is pushed without a lease. Late, it
 *                                           makes the branch anew that a release has deleted.
 *   WORK_PUSHES                 CLAIMABLE   Not tix but the holder runs a plain `git push` on the ticket
 *                                           branch, and it arrives after a release.
 *
 * The last three leave a branch behind that no claim owns. In them STRAY_STAYS is set too: a claim then insists on an
 * absent branch, and fails for ever. Without it, which is how `lifecycle::claim` does it, a claim replaces such a
 * branch, by a lease on the exact commit it found, after keeping it under another name in the same push; each of the
 * three then has every property. `run` searches these with two clones (TWO_CLONES), which is enough for what they
 * are about, and `run --long` with three.
 *
 * REACH=n makes the model fail as soon as it reaches the place marked `reached(n)`. A model in which
 * nothing happens has every property; these show that this one is not of that kind.
 */

/* Each property is a set of assertions that its define turns on. */
#if !defined(HOLDER) && !defined(TRUNK) && !defined(COMPLETION) && !defined(CLAIMABLE) && !defined(HONEST) && \
    !defined(FINISHED) && !defined(KEPT)
#define HOLDER
#define TRUNK
#define COMPLETION
#define CLAIMABLE
#define HONEST
#define FINISHED
#define KEPT
#endif

#ifdef HOLDER
#define assert_holder(x) assert(x)
#else
#define assert_holder(x) skip
#endif
#ifdef TRUNK
#define assert_trunk(x) assert(x)
#else
#define assert_trunk(x) skip
#endif
#ifdef COMPLETION
#define assert_completion(x) assert(x)
#else
#define assert_completion(x) skip
#endif
#ifdef CLAIMABLE
#define assert_claimable(x) assert(x)
#else
#define assert_claimable(x) skip
#endif
#ifdef HONEST
#define assert_honest(x) assert(x)
#else
#define assert_honest(x) skip
#endif
#ifdef FINISHED
#define assert_finished(x) assert(x)
#else
#define assert_finished(x) skip
#endif
#ifdef KEPT
#define assert_kept(x) assert(x)
#else
#define assert_kept(x) skip
#endif

#ifndef REACH
#define REACH 0
#endif
#define reached(n) assert(REACH != n)
#define WON_BY_ANSWER 1
#define WON_BY_FETCH 2
#define LATE_CLAIM_LANDS 3
#define LATE_RELEASE_LANDS 4
#define RESUMED 5
#define HOLDER_FENCED 6
#define SETUP_FAILED 7
#define BELIEF_KEPT 8
#define COMPLETED_BY_PUSH 9
#define COMPLETED_BY_MERGE 10
#define CLAIMED_AGAIN 11
#define TOLD_HELD 12
#define YOURS_ALREADY 13
#define SENT_FOR_THE_DEAD 14

#define CLONES 3
#define IDS 3

mtype = { QUEUE, ACTIVE, COMPLETED };             /* lane of the ticket on the trunk */
mtype = { ABSENT, STARTED, WORKING, DONE };       /* the ticket branch: WORKING holds more than tix put there */
mtype = { NOTHING, CLAIM, RELEASE, COMPLETE, FINISH };          /* what a push does */
mtype = { SENT, OK, REJECTED, UP_TO_DATE };       /* what became of it, as far as its sender can tell */

/* The server. `branch` is the claim that the ticket branch carries, 0 if no claim's. */
mtype lane = QUEUE;
byte claim;
mtype stage = ABSENT;
byte branch;

/* The run of each clone: its push, the answer, and the claim id it is about, 0 between runs. */
mtype push[CLONES] = NOTHING;
mtype answer[CLONES] = SENT;
byte mine[CLONES];

/* The caller of each clone: the claim it was told it holds. */
byte holds[CLONES];

/* The record of each clone: the claim whose set-up it has finished, 0 if the record is lost or of a claim that is gone. */
byte finished[CLONES];

/* Whether a takeover has replaced `holds` or `mine`. The clones do not see this; the properties do. */
bool fenced_holds[CLONES];
bool fenced_mine[CLONES];

/* Late pushes. A claim is one bit per claim id, a completion the id of its claim. Releases and
 * finishes that can still land are all about the one claim that the refs show now. */
short late_claims;
bool late_release;
byte late_complete;
bool late_finish;

bool quiet;        /* `probe` has stopped the world */
byte who;          /* scratch, 0 between steps */
mtype what = NOTHING;
byte id;
bool takeover;

#ifdef ANCESTOR_WINS
bool landed[CLONES];     /* the claim of this run has been on the trunk */
#endif
#ifdef RELEASE_FREES_BRANCH_LATER
bool late_delete;
#endif
#ifdef ANSWER_FROM_OLD_VIEW
bool was_held[CLONES];   /* the trunk has shown somebody else's claim, and this clone may have seen that */
#endif
#ifdef WORK_PUSHES
bool work;               /* somebody has believed, and may push from the worktree ever after */
#endif


/* Claim ids: a random one per run, beginning with the id of the clone. 1 to 3 are clone 0's, and so on. */

#define first(c) ((c) * IDS + 1)
#define bit(n) (1 << ((n) - 1))
#define belongs(n, c) ((n) >= first(c) && (n) < first(c) + IDS)
#define owner(n) (((n) - 1) / IDS)
#define bits_of(c) (bit(first(c)) | bit(first(c) + 1) | bit(first(c) + 2))

/* Whether a clone takes a claim for one of its own earlier runs: `lifecycle::resume` and
 * `lifecycle::release` go by the prefix of the id. */
#if defined(NO_PREFIX) || defined(NO_NONCE)
#define ours(n, c) false
#elif defined(COPIED_CLONE)
#define ours(n, c) (belongs(n, c) || ((c) < 2 && (n) > 0 && (n) < first(2)))
#else
#define ours(n, c) belongs(n, c)
#endif

/* Without random ids only claims from the queue can be twins, and nothing else is of interest there. */
#ifdef NO_NONCE
#define others(n, c) false
#else
#define others(n, c) (!ours(n, c))
#endif

#define in_use(n, c) \
    (claim == n || branch == n || holds[c] == n || finished[c] == n || mine[c] == n || (late_claims & bit(n)))

/* Sets `x` to an id of the clone that nothing refers to. */
inline unused_id(c, x) {
#ifdef NO_NONCE
    /* The same parent, person, second and contents: the same commit in every clone. */
    x = 1
#else
    if
    :: !in_use(first(c), c) -> x = first(c)
    :: else ->
        if
        :: !in_use(first(c) + 1, c) -> x = first(c) + 1
        :: else ->
            /* `run` knows this assertion, which is about the model only, by its first half. */
            assert(IDS < 3 || !in_use(first(c) + 2, c));
            x = first(c) + 2
        fi
    fi
#endif
}
inline new_id(c) { unused_id(c, mine[c]) }

/* Gives the ids of one clone fixed roles, when a claim or a release has landed and no push is left that names
 * an id: the trunk's claim becomes the first, the run's the second, the caller's the third, and ids
 * that were equal stay equal. Only states that differ in names become one. */
inline renumber(c) {
    finished[c] = (finished[c] && finished[c] == claim -> first(c) : 0);
    who = (mine[c] == 0 -> 0 : (mine[c] == claim -> first(c) : first(c) + 1));
    holds[c] = (holds[c] == 0 -> 0 :
        (holds[c] == claim -> first(c) : (holds[c] == mine[c] -> who : first(c) + 2)));
    mine[c] = who;
    if
    :: belongs(claim, c) ->
        branch = (branch == claim -> first(c) : branch);
        claim = first(c)
    :: else
    fi
}
inline renumber_all() {
#ifdef NO_NONCE
    skip
#else
    renumber(0);
    renumber(1);
    renumber(2);
    who = 0
#endif
}


/* Properties that are asserted whenever the server or a belief has changed. A caller whose run is under way
 * has asked, and believes nothing until it has the answer. */

#define believes(c) (holds[c] && push[c] == NOTHING)
#define stands(c) (believes(c) && !fenced_holds[c])
#define on_trunk(n) (lane == ACTIVE && claim == n)

/* `activate::holds_work`: more is on the ticket branch than tix itself has put there. */
#define holds_work (stage == WORKING || stage == DONE)

inline check() {
    assert_holder(stands(0) + stands(1) + stands(2) <= 1);
    assert_trunk(!stands(0) || on_trunk(holds[0]));
    assert_trunk(!stands(1) || on_trunk(holds[1]));
    assert_trunk(!stands(2) || on_trunk(holds[2]))
}


/* The server: what a ref that moved does to the pushes that were based on it. */

inline fail_leased(c) {
    if
    /* A claim whose very commit is there already is not refused by git but "up to date", exit 0. */
    :: answer[c] == SENT && push[c] == CLAIM -> answer[c] = (on_trunk(mine[c]) -> UP_TO_DATE : REJECTED)
#ifndef UNBOUND_RELEASE
    :: answer[c] == SENT && push[c] == RELEASE -> answer[c] = REJECTED
#endif
    :: else
    fi
}
inline leased_pushes_fail() {
    late_claims = 0;
#ifndef UNBOUND_RELEASE
    late_release = false;
#endif
    fail_leased(0);
    fail_leased(1);
    fail_leased(2)
}
inline fail_complete(c) {
    answer[c] = (answer[c] == SENT && push[c] == COMPLETE -> REJECTED : answer[c])
}
inline trunk_moved() {
    leased_pushes_fail();
    late_complete = 0;
    fail_complete(0);
    fail_complete(1);
    fail_complete(2)
}

#ifdef PLAIN_BRANCH_PUSH
#define late_finish_fits (stage == ABSENT)
#else
#define late_finish_fits true
#endif

inline fail_on_branch(c) {
    if
    :: answer[c] == SENT && push[c] == FINISH -> answer[c] = REJECTED
    :: else
    fi
}
inline branch_moved() {
    leased_pushes_fail();
#ifndef PLAIN_BRANCH_PUSH
    late_finish = false;
#endif
#ifdef RELEASE_FREES_BRANCH_LATER
    late_delete = false;
#endif
    fail_on_branch(0);
    fail_on_branch(1);
    fail_on_branch(2)
}


/* The server: a push that lands. */

inline fence(c) {
    if
    :: holds[c] == claim ->
        fenced_holds[c] = true;
        if
        :: believes(c) -> printf("  clone %d's caller is fenced off\n", c); reached(HOLDER_FENCED)
        :: else
        fi
    :: else
    fi;
    fenced_mine[c] = (mine[c] == claim -> true : fenced_mine[c])
}

/* A new claim from the queue, a resume and a takeover are the same push: `claim: <ID>` with a new id on top of
 * the trunk as fetched, and the ticket branch from what was fetched to that commit and the one that says that work
 * begins (`activate::follow_up`). Only a takeover fences somebody off, and it alone leaves the work on the branch. */
inline land_claim(n) {
    takeover = (lane == ACTIVE && !ours(claim, owner(n)));
    assert_kept(lane != ACTIVE || takeover || !holds_work);
    if
    :: takeover ->
        fence(0);
        fence(1);
        fence(2)
    :: lane == ACTIVE && !takeover -> reached(RESUMED)
    :: else
    fi;
    lane = ACTIVE;
    claim = n;
    trunk_moved();
#ifdef ANCESTOR_WINS
    landed[owner(n)] = (mine[owner(n)] == n);
#endif
#ifdef ANSWER_FROM_OLD_VIEW
    was_held[0] = was_held[0] || owner(n) != 0;
    was_held[1] = was_held[1] || owner(n) != 1;
    was_held[2] = was_held[2] || owner(n) != 2;
#endif
#ifdef TAKEOVER_LEAVES_BRANCH
    if
    :: takeover
    :: else ->
        branch = n;
        stage = STARTED;
        branch_moved()
    fi;
#else
    branch = n;
    stage = (takeover && holds_work -> WORKING : STARTED);
    branch_moved();
#endif
    takeover = false;
    renumber_all();
    printf("server: takes a claim, which is %d now\n", claim);
    check()
}

/* `release: <ID>` on the trunk; in the same push the ticket branch is deleted, or moved to the attic, by a lease
 * on the exact commit. */
inline land_release() {
    lane = QUEUE;
    trunk_moved();
#ifdef RELEASE_FREES_BRANCH_LATER
    branch = 0;
    late_delete = (stage != ABSENT);
#else
    branch = 0;
    stage = ABSENT;
    branch_moved();
#endif
    claim = 0;
    renumber_all();
    printf("server: takes a release\n");
    check()
}

/* A completion by a trunk commit (`record: trunk`), or the merge of the ticket branch (`record: branch`). */
inline land_complete(n) {
    printf("server: takes a completion by claim %d\n", n);
    assert_completion(on_trunk(n));
    lane = COMPLETED;
    trunk_moved();
    check()
}

/* The push of the ticket branch alone. */
inline land_finish() {
    printf("server: takes the mark of claim %d that the work is done\n", branch);
    stage = DONE;
    branch_moved()
}


/* A run. */

/* `trunk::attempt`: one push. */
inline send(c, kind) {
    printf("clone %d: sends %e for claim %d\n", c, kind, mine[c]);
    push[c] = kind;
    answer[c] = SENT
}

/* The run stops waiting: what has not landed yet is late. */
inline let_go(c) {
    if
    :: answer[c] == SENT && push[c] == CLAIM -> late_claims = late_claims | bit(mine[c])
    :: answer[c] == SENT && push[c] == RELEASE -> late_release = true
    :: answer[c] == SENT && push[c] == COMPLETE -> late_complete = mine[c]
    :: answer[c] == SENT && push[c] == FINISH -> late_finish = true
    :: else
    fi;
    answer[c] = SENT
}

/* The run ends and leaves the belief of its caller as it was. The late claims of ended runs of one clone
 * all have the same effect, so that one stands for them. */
inline end_run(c) {
    if
    :: mine[c] && (late_claims & bit(mine[c])) && (late_claims & bits_of(c) & ~bit(mine[c])) ->
        late_claims = late_claims & ~bit(mine[c])
    :: else
    fi;
    push[c] = NOTHING;
    answer[c] = SENT;
    mine[c] = 0;
    fenced_mine[c] = false;
#ifdef ANCESTOR_WINS
    landed[c] = false;
#endif
    check()
}

/* Exit 0 of `tix activate`. */
inline believe(c, n) {
    printf("clone %d: tells its caller that it holds claim %d\n", c, n);
    holds[c] = n;
    finished[c] = (on_trunk(n) -> n : 0);
    fenced_holds[c] = fenced_mine[c];
#ifdef WORK_PUSHES
    work = true;
#endif
    end_run(c)
}

/* Any end that leaves the caller with nothing: exit 0 of a release or a completion, exit 3, exit 8. */
inline forget(c) {
    printf("clone %d: its caller holds nothing\n", c);
    holds[c] = 0;
    fenced_holds[c] = false;
    end_run(c)
}

/* Exit 3 of a run that has pushed nothing. */
inline answer_held(c) {
    assert_honest(lane == ACTIVE && others(claim, c));
    forget(c)
}

/* kill -9, power, the deadline. To the server and to the caller, exit 8 is the same. */
inline crash(c) {
    printf("clone %d: is killed or gives up\n", c);
    let_go(c);
    forget(c)
}

/* Between the win and the end of the set-up an older belief of the caller is replaced by nothing. */
inline won(c) {
    printf("clone %d: has won\n", c);
    let_go(c);
    /* What has landed does not land again. */
    answer[c] = OK;
    holds[c] = 0;
    fenced_holds[c] = false
}

/* What a run may take for proof that none of its pushes will ever land: each was refused, or
 * the ref it was based on has moved. A fetch that shows the refs unmoved proves nothing. */
#ifdef FETCH_IS_PROOF
#define none_can_land(c, late) true
#else
#define none_can_land(c, late) (answer[c] != SENT && !(late))
#endif

/* A branch that no claim owns any more moves to the attic in the claim's own push: `lifecycle::claim`. */
#ifndef STRAY_STAYS
#define branch_free true
#else
#define branch_free (stage == ABSENT)
#endif
#define claimable (lane == QUEUE && branch_free)

/* `activate::progress_of`. */
#ifdef RESUME_TO_NEW_CLAIM
#define unfinished(c) (finished[c] != claim)
#elif defined(RESUME_BY_BRANCH)
#define unfinished(c) (stage == ABSENT)
#else
#define unfinished(c) (stage == ABSENT || (!holds_work && finished[c] != claim))
#endif
#ifdef RESUME_TO_NEW_CLAIM
#define may_move(c) true
#else
#define may_move(c) (!ours(claim, c) || !holds_work)
#endif
#ifdef SESSION_UNCHECKED
#define may_trust true
#else
#define may_trust (!late_release && !late_complete && !late_finish && !(late_claims & bits_of(c)))
#endif

#ifdef COMPLETE_UNCHECKED
#define may_complete(c, n) (lane == ACTIVE)
#else
#define may_complete(c, n) (on_trunk(n))
#endif
#define may_finish(c, n) (on_trunk(n) && branch == n && stage != DONE)

proctype Clone(byte c) provided (!quiet) {
idle:
    if
    /* `commands::activate`: `trunk::transact` fetches, `lifecycle::claim` finds the ticket in the queue. */
    :: atomic { claimable -> d_step { new_id(c); send(c, CLAIM) }; goto claiming }

    /* The same on the trunk as last seen, which is no more what it was (`trunk::decided_as_last_seen`): the lease refuses
     * the push before anything is sent. Where it is still what it was, this is the step above. */
    :: atomic { true ->
            d_step {
                new_id(c);
                printf("clone %d: decides on a trunk that has moved on, and is refused\n", c);
                push[c] = CLAIM;
                answer[c] = REJECTED
            };
            goto claiming }

    /* `commands::activate`, without a push: exit 3. */
#ifdef ANSWER_FROM_OLD_VIEW
    :: atomic { was_held[c] -> d_step { answer_held(c) }; goto idle }
#else
    :: atomic { lane == ACTIVE && others(claim, c) -> d_step { answer_held(c) }; goto idle }
#endif

    /* `commands::activate`: `lifecycle::resume` finds an unfinished claim of this clone. */
#ifdef RESUME_WITHOUT_PUSH
    :: atomic { lane == ACTIVE && ours(claim, c) -> d_step { believe(c, claim) }; goto idle }
#else
    :: atomic { lane == ACTIVE && ours(claim, c) && unfinished(c) -> d_step { new_id(c); send(c, CLAIM) }; goto claiming }
#endif
    /* `commands::activate` by the same session, or with `--resume`: the set-up is finished, or somebody has worked, and
     * nothing is pushed. What this clone has sent for the ticket and may still land is written down
     * before it is sent and until its fate is known (`workspace::note_push`, `workspace::settle_push`);
     * where `workspace::pending_push` finds one, the answer is exit 8. */
    :: atomic { lane == ACTIVE && ours(claim, c) && !unfinished(c) && stage != DONE && may_trust ->
            d_step {
                assert_finished(finished[c] == claim || holds_work);
                reached(YOURS_ALREADY);
                believe(c, claim)
            };
            goto idle }

    /* `commands::reclaim`: `lifecycle::take_over` takes somebody else's claim. */
    :: atomic { lane == ACTIVE && others(claim, c) -> d_step { new_id(c); send(c, CLAIM) }; goto claiming }

    /* A change that turns out to be empty, because the ticket has been moved already: git is given the commit
     * that the trunk has, and says "up to date". `lifecycle::claim` refuses before it comes to
     * that; the model does not count on it, since the judge is the last to decide. */
    :: atomic { lane == ACTIVE && others(claim, c) ->
            d_step {
                new_id(c);
                printf("clone %d: has nothing to push, and is told \"up to date\"\n", c);
                push[c] = CLAIM;
                answer[c] = UP_TO_DATE
            };
            goto claiming }

    /* `commands::release`: `lifecycle::release` binds the change to the claim it has found. */
    :: atomic { lane == ACTIVE && ours(claim, c) -> d_step { mine[c] = claim; send(c, RELEASE) }; goto releasing }

    /* `lifecycle::complete` by a commit on the trunk: the caller's claim must be the trunk's. */
    :: atomic { holds[c] && may_complete(c, holds[c]) ->
            d_step { mine[c] = holds[c]; send(c, COMPLETE) }; goto completing }

    /* `lifecycle::complete` on the ticket branch, for a merge to bring it to the trunk. */
    :: atomic { holds[c] && may_finish(c, holds[c]) ->
            d_step { mine[c] = holds[c]; send(c, FINISH) }; goto completing }

    /* The caller goes away without a word. */
    :: atomic { holds[c] -> d_step { forget(c) }; goto idle }

    /* The record of the set-up is lost. */
    :: d_step { finished[c] -> finished[c] = 0 }; goto idle
    fi;

claiming:
    /* `trunk::judge`. Every way on but the first is a fetch, whatever the answer was, if there was one. */
    if
    /* Our push moved the ref: won. */
    :: atomic { answer[c] == OK -> d_step { reached(WON_BY_ANSWER); won(c) }; goto claimed }
#ifdef UP_TO_DATE_WINS
    :: atomic { answer[c] == UP_TO_DATE -> d_step { won(c) }; goto claimed }
#endif
#ifdef ANCESTOR_WINS
    :: atomic { landed[c] -> d_step { assert_trunk(on_trunk(mine[c])); won(c) }; goto claimed }
#endif

    /* The trunk as fetched holds our claim id: won, whichever attempt it was. */
    :: atomic { on_trunk(mine[c]) && answer[c] != OK ->
            d_step {
                if
                :: answer[c] == REJECTED || answer[c] == UP_TO_DATE -> reached(WON_BY_FETCH)
                :: else
                fi;
                won(c)
            };
            goto claimed }

    /* Not there, and the ticket can be had: `trunk::transact` tries again with the same id. If the ticket is
     * somebody else's by now this is a takeover; a run that has been told so and a run that
     * was a takeover from the start differ in nothing but their past. A resume ends where somebody works by now. */
    :: atomic { claimable || (lane == ACTIVE && !on_trunk(mine[c]) && may_move(c)) ->
            d_step { let_go(c); send(c, CLAIM) }; goto claiming }

    /* Exit 3, or exit 7: only with proof. If the caller's old claim still stands, so does its belief. */
    :: atomic { !on_trunk(mine[c]) && none_can_land(c, late_claims & bit(mine[c])) ->
            d_step {
                let_go(c);
                assert_honest(!(late_claims & bit(mine[c])));
                printf("clone %d: answers that the ticket is held or nothing has changed\n", c);
                if
                :: holds[c] && on_trunk(holds[c]) -> end_run(c)
                :: else -> reached(TOLD_HELD); forget(c)
                fi
            };
            goto idle }
#ifdef UNCLEAR_IS_A_LOSS
    :: atomic { answer[c] == SENT || answer[c] == OK ->
            d_step {
                let_go(c);
                assert_honest(!on_trunk(mine[c]) && !(late_claims & bit(mine[c])));
                forget(c)
            };
            goto idle }
#endif
#ifdef RETRY_WITHOUT_FETCH
    :: atomic { answer[c] == REJECTED || answer[c] == UP_TO_DATE ->
            d_step { assert_honest(!on_trunk(mine[c])); forget(c) }; goto idle }
#endif
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi;

claimed:
    /* `activate::set_up`. It follows the win in one step, because a pause here
     * cannot be told from a pause before the answer was read. */
    atomic {
        if
        /* `workspace::create` has made the worktree, and the record says so. */
        :: d_step { true -> believe(c, mine[c]) }; goto idle
        /* `workspace::create` has failed: `activate::undo` puts the ticket back. */
        :: d_step { on_trunk(mine[c]) -> reached(SETUP_FAILED); send(c, RELEASE) }; goto releasing
        fi
    };

releasing:
    if
    :: atomic { answer[c] == OK -> d_step { forget(c) }; goto idle }
    /* No clear answer; the claim still stands: try again. */
    :: atomic { on_trunk(mine[c]) -> d_step { let_go(c); send(c, RELEASE) }; goto releasing }
    /* Exit 7, with proof: who held the ticket still holds it. */
    :: atomic { on_trunk(mine[c]) && holds[c] == mine[c] && none_can_land(c, late_release) ->
            d_step {
                printf("clone %d: answers that nothing has changed\n", c);
                reached(BELIEF_KEPT);
                let_go(c);
                end_run(c)
            };
            goto idle }
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi;

completing:
    if
    :: atomic { answer[c] == OK -> d_step { forget(c) }; goto idle }
    /* The decision is made again on every fetch, with the same check. */
    :: atomic { push[c] == COMPLETE && may_complete(c, mine[c]) ->
            d_step { let_go(c); send(c, COMPLETE) }; goto completing }
    :: atomic { push[c] == FINISH && may_finish(c, mine[c]) ->
            d_step { let_go(c); send(c, FINISH) }; goto completing }
    /* Exit 7, with proof. */
    :: atomic { push[c] == COMPLETE && on_trunk(mine[c]) && none_can_land(c, late_complete) ->
            d_step { let_go(c); end_run(c) }; goto idle }
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi
}


/* The network and everybody else. */

#ifdef UNBOUND_RELEASE
#define release_fits (lane == ACTIVE)
#else
#define release_fits true
#endif
#define arrives(c) (mine[c] && answer[c] == SENT && (push[c] != RELEASE || release_fits))
#define late(n) (late_claims & bit(n)) -> what = CLAIM; id = n; reached(LATE_CLAIM_LANDS)

/* Everything on its way is lost, every run is killed, every caller is gone. Then the clone that the trunk names
 * gives the ticket back, and clone `c` claims it. */
inline probe(c) {
    printf("everything stops\n");
    quiet = true;
    late_claims = 0;
    late_release = false;
    late_complete = 0;
    late_finish = false;
    end_quietly(0);
    end_quietly(1);
    end_quietly(2);
    if
    :: lane == ACTIVE ->
        assert_claimable(ours(claim, 0) || ours(claim, 1) || ours(claim, 2));
        land_release();
#ifdef RELEASE_FREES_BRANCH_LATER
        branch = 0;
        stage = ABSENT
#endif
    :: else
    fi;
    if
    :: lane == QUEUE ->
        assert_claimable(claimable);
        new_id(c);
        land_claim(mine[c]);
        assert_claimable(on_trunk(mine[c]) && branch == mine[c] && stage == STARTED);
        reached(CLAIMED_AGAIN)
    :: else
    fi
}
inline end_quietly(c) {
    push[c] = NOTHING;
    answer[c] = SENT;
    mine[c] = 0;
    holds[c] = 0;
    finished[c] = 0;
    fenced_mine[c] = false;
    fenced_holds[c] = false
}

proctype Network() provided (!quiet) {
    do
    /* A push arrives, and its sender may still be waiting, or not. */
    :: atomic {
        if
        :: arrives(0) -> what = push[0]; id = mine[0]; answer[0] = OK
        :: arrives(1) -> what = push[1]; id = mine[1]; answer[1] = OK
        :: arrives(2) -> what = push[2]; id = mine[2]; answer[2] = OK
        :: late(1)
        :: late(2)
        :: late(3)
        :: late(4)
        :: late(5)
        :: late(6)
        :: late(7)
        :: late(8)
        :: late(9)
        :: late_release && release_fits -> what = RELEASE; late_release = false; reached(LATE_RELEASE_LANDS)
        :: late_complete -> what = COMPLETE; id = late_complete
        :: late_finish && late_finish_fits -> what = FINISH
        fi;
        d_step {
            if
            :: what == CLAIM -> land_claim(id)
            :: what == RELEASE -> land_release()
            :: what == COMPLETE -> land_complete(id); reached(COMPLETED_BY_PUSH)
            :: what == FINISH -> land_finish()
            fi;
            what = NOTHING;
            id = 0
        }
    }

    /* A commit for another ticket. */
    :: d_step { true -> printf("server: takes a commit for another ticket\n"); trunk_moved() }

    /* The holder, or somebody else, pushes work on top of what is on the branch. */
    :: d_step { lane == ACTIVE && branch == claim && (stage == STARTED || stage == WORKING) ->
            printf("server: takes work on the ticket branch\n");
            stage = WORKING;
            branch_moved() }

    /* `trunk::gather` has taken the ask of a process that is killed before the push leaves. Then the claim is sent after
     * its run has ended, and another run of the clone may be under way. */
    :: atomic {
        if
        :: claimable && !(late_claims & bits_of(0)) -> who = 0
        :: claimable && !(late_claims & bits_of(1)) -> who = 1
        :: claimable && !(late_claims & bits_of(2)) -> who = 2
        fi;
        d_step {
            if
            :: who == 0 -> unused_id(0, id)
            :: who == 1 -> unused_id(1, id)
            :: else -> unused_id(2, id)
            fi;
            printf("somebody sends claim %d, whose run is dead\n", id);
            late_claims = late_claims | bit(id);
            reached(SENT_FOR_THE_DEAD);
            who = 0;
            id = 0
        } }

    /* `lifecycle::land`, or somebody else, merges a ticket branch that is marked as done. Who merges need not look at
     * claim ids. */
    :: d_step { lane == ACTIVE && stage == DONE ->
            printf("somebody merges the ticket branch\n");
            land_complete(branch);
            reached(COMPLETED_BY_MERGE) }

#ifdef RELEASE_FREES_BRANCH_LATER
    :: d_step { late_delete ->
            printf("server: takes the deletion of the branch\n");
            branch = 0;
            stage = ABSENT;
            branch_moved() }
#endif
#ifdef WORK_PUSHES
    /* Where there is no branch a plain push makes one. */
    :: d_step { work && lane != COMPLETED && stage == ABSENT ->
            printf("server: takes a plain push that makes the branch anew\n");
            branch = 0;
            stage = WORKING;
            branch_moved() }
#endif

    :: atomic {
        if
        :: who = 0
        :: who = 1
        :: who = 2
        fi;
        d_step { id = who; who = 0; probe(id) }
    }
    od
}

init {
    atomic {
        run Clone(0);
        run Clone(1);
#ifndef TWO_CLONES
        run Clone(2);
#endif
        run Network()
    }
}

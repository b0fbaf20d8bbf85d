/*
 * `lock: branch` as a model for SPIN: the creation of the ticket branch is the lock, and the trunk follows. `tests/model/run`
 * checks it. What claim.pml says of runs, pushes, late pushes, beliefs, mutations and `reached` holds here too; this comment
 * says what is different.
 *
 *
 * What is modelled
 *
 * One ticket, one server. The trunk has the lane of the ticket and, while it is active, whose claim it shows (`published`);
 * the ticket branch has whose claim it carries (`branch`) and how far the work is. A claim id stands for one claim
 * commit: all tries of a run push the same.
 *
 * A claim pushes the branch alone, from absent. It says nothing of the trunk, so "absent" may come back under it: it is
 * checked when it arrives and not by what was seen. A claim that the branch carries and the trunk does not show yet is *live*,
 * unless it is *over*. `over` is read off the history of the trunk: since the base of the claim commit, the lane of the ticket
 * has changed by something other than the publication of this claim; or the claim is in the history and does not stand
 * any more. What is over is over for ever. The claim that stands is the published one, else a live one on the branch (`cur`).
 *
 * Everybody may publish a live claim that he has seen on the branch, at any time (`seen`). That depends on the trunk alone, so
 * deciding and landing are one step. Whatever ends or changes a claim moves trunk and branch in one push, with
 * leases on both: RELEASE, COMPLETE, and TAKE, which is a takeover and also a resume. FINISH is the mark on the branch that the
 * work is done, by a lease on what it was. A close of a queued ticket moves the trunk and makes the branch, from absent. A
 * branch whose claim is over is cleared or displaced by a lease on its commit: a step of the network.
 *
 * The record of a set-up may be lost or right: a clone may resume its claim, or hear that it is its own already, whenever it
 * has one. A set-up that fails is a run that is killed and a release.
 *
 * OLD_CLONE: clone 2 goes by the trunk alone, as claim.pml has it, and leaves branches alone. OLD is its claim: trunk and
 * branch, from absent. TWO_CLONES: clones 0 and 1 alone; with OLD_CLONE, 0 and 2.
 *
 *
 * The rules, and what breaks each
 *
 *   R1   A claim makes the branch from absent, by one commit for all its tries; "up to date" is no win. As in claim.pml:
 *        NO_NONCE, UP_TO_DATE_WINS.
 *   R2   Exit 0 comes after a fetch that began after the push had landed and shows that the claim is live or published.
 *   R3   A publication has a lease on the trunk that showed the claim live. If that fails it is decided anew.
 *   R4   Nobody publishes a claim that is over, whatever the branch showed.
 *   R5   What ends or changes a claim moves the trunk too, also where the claim was never published.
 *   R6   It leaves the claim in the history of the trunk.
 *   R7   Over is decided by the lane, and not by ids that somebody has written down.
 *   R8   A stray branch is one whose claim is over. That the trunk says "queue" is not enough.
 *   R9   The ticket branch begins at the claim (`record: branch`, and the trunk is the base): not modelled.
 *   R10  What takes a queued ticket out of the queue, but for a publication, makes the branch in its push.
 *   R11  No answer to a claim is exit 8 until the claim is over or found on the branch.
 *   R12  A resume is a push with a new id. "Yours already" needs that no earlier push of the clone can still land.
 *   R13  A publication merges the claim commit and does not copy it: a matter of histories, not modelled.
 *   R14  The name of the branch is known before the claim, or two claims make two branches: not modelled.
 *   R15  Nobody pushes the deletion of a branch that he takes for absent.
 *
 *   NO_CONFIRM                          R2   HOLDER      The answer to the push is the win. The ticket was claimed, published and
 *                                                        given back on the way.
 *   NO_CONFIRM+FRESH_ONLY               R2   TRUNK       A fetch before the push takes the place of the one after it.
 *   PUB_PENDING+PUBLISH_NO_LEASE        R3   TRUNK       A publication lands on a trunk that it was not decided on.
 *   PUBLISH_BLIND                       R4   TRUNK       What was seen on the branch is published, over or not.
 *   RELEASE_OFF_TRUNK                   R5   TRUNK       The release of an unpublished claim deletes the branch and no more. A
 *                                                        helper that saw the claim publishes it.
 *   TAKEOVER_OFF_TRUNK                  R5   TRUNK       The same for a takeover.
 *   RELEASE_OFF_TRUNK+PUB_PENDING+NOOP_LEASE   TRUNK     A lease on the branch in the publication is no way out: git compares
 *                                       R5               a ref that it does not move with the advertisement, once.
 *   RELEASE_OFF_TRUNK+PUBLISH_CAS       R5   TRUNK       Nor is a true condition on the branch: the twin of a released claim
 *                                                        makes the branch anew, late.
 *   RELEASE_UNRECORDED                  R6   TRUNK       The trunk moves and does not know of the claim.
 *   OVER_BY_ID                          R7   TRUNK       A squash merge writes down no id. The ticket is reopened, and the claim
 *                                                        revives.
 *   STRAY_BY_LANE                       R8   HOLDER      A live branch is displaced, as the trunk says "queue".
 *   OLD_CLONE+OLD_DISPLACES             R8   HOLDER      The same by an old clone.
 *   CLOSE_BLIND                         R10  TRUNK       A queued ticket is closed under a claim.
 *   FETCH_IS_PROOF                      R11  HONEST      An absent branch is taken for proof that no claim can land.
 *   RESUME_WITHOUT_PUSH                 R12  TRUNK       A late release takes the claim from under whoever resumed.
 *   SESSION_UNCHECKED                   R12  TRUNK       The same for "yours already".
 *   DELETE_ABSENT                       R15  TRUNK       The deletion arrives when somebody has claimed.
 *
 *
 * Properties: HOLDER and HONEST are those of claim.pml.
 *
 *   TRUNK       Who believes and is not fenced off has the claim that stands. The trunk shows no claim that the branch does
 *               not carry. A claim that has ended never stands again.
 *   COMPLETION  The ticket is completed only under the claim that stands.
 *   CLAIMABLE   From every state, with every push lost and every run dead: the claim that stands can be published by
 *               anybody and released by its clone; then anybody can claim the ticket and publish that.
 *
 *
 * Bounds
 *
 * Two clones with the setting, and one with it beside one without, are searched exhaustively. Three clones are not: `run --long`
 * searches them with bit-state hashing, which may pass states by, and stops after some minutes. It finds no error; that is
 * evidence and no proof. Ids are given out again as in claim.pml.
 */

#ifdef PUBLISH_BLIND
#define KEEP_SEEN
#endif

#if !defined(HOLDER) && !defined(TRUNK) && !defined(COMPLETION) && !defined(CLAIMABLE) && !defined(HONEST)
#define HOLDER
#define TRUNK
#define COMPLETION
#define CLAIMABLE
#define HONEST
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

#ifndef REACH
#define REACH 0
#endif
#define reached(n) assert(REACH != n)
#define WON_BY_ANSWER 1
#define WON_BY_FETCH 2
#define LATE_CLAIM_LANDS 3
#define LATE_CLAIM_LANDS_OVER 4
#define LATE_RELEASE_LANDS 5
#define CONFIRM_FAILS 6
#define RELEASED_UNPUBLISHED 7
#define TAKEN_UNPUBLISHED 8
#define MERGED_UNPUBLISHED 9
#define PUBLISHED 10
#define OLD_CLAIMS 11
#define OLD_REFUSED 12
#define REOPENED 13
#define RESUMED 14
#define YOURS_ALREADY 15
#define CLAIMED_AGAIN 16
#define TOLD_OVER 17

#define CLONES 3
#define IDS 5
#define ALL 32767

mtype = { QUEUE, ACTIVE, COMPLETED };             /* lane of the ticket on the trunk */
mtype = { ABSENT, WORKING, DONE };                /* the ticket branch */
mtype = { NOTHING, CLAIM, OLD, TAKE, RELEASE, COMPLETE, FINISH };   /* what a push does */
mtype = { SENT, OK, REJECTED };                   /* what became of it, as far as its sender can tell */

/* The server. */
mtype lane = QUEUE;
byte published;
mtype stage = ABSENT;
byte branch;

/* Sets of claims, a bit each. Ids that nothing refers to are over. `ended` is for the properties alone: given back,
 * completed or replaced. */
short over = ALL;
short seen;
short ended;

/* The run and the caller of each clone, as in claim.pml. A caller who is fenced off holds nothing here. */
mtype push[CLONES] = NOTHING;
mtype answer[CLONES] = SENT;
byte mine[CLONES];
byte holds[CLONES];
bool fenced_mine[CLONES];

/* Late pushes. */
short late_claims;
short late_takes;
short late_olds;
byte late_release;
byte late_complete;
bool late_finish;
bool late_close;
#ifdef PUB_PENDING
short late_publications;
#endif
#ifdef DELETE_ABSENT
bool late_delete;
#endif

bool quiet;        /* `probe` has stopped the world */
byte who;          /* scratch, 0 between steps */
byte id;
mtype what = NOTHING;
hidden byte spare;
hidden byte whose;
hidden byte chosen;
hidden byte to[16];
hidden short fresh;


/* Claim ids: 1 to 5 are clone 0's, and so on. */

#define first(c) ((c) * IDS + 1)
#define bit(n) (1 << ((n) - 1))
#define owner(n) (((n) - 1) / IDS)
#define bits_of(c) (31 << ((c) * IDS))
#define is_over(n) (over & bit(n))
#ifdef OLD_CLONE
#define is_old(c) ((c) == 2)
#else
#define is_old(c) false
#endif

/* The claim that stands, by trunk and branch, and as a clone sees it. */
#define live(n) ((n) && !is_over(n))
#define cur (lane == ACTIVE -> published : ((lane == QUEUE && live(branch)) -> branch : 0))
#define cur_of(c) ((lane == ACTIVE || is_old(c)) -> (lane == ACTIVE -> published : 0) : cur)
#define ours(n, c) ((n) && owner(n) == (c))
#define others(n, c) ((n) && owner(n) != (c))

#define leased(n) ((lane == ACTIVE && published == n) || branch == n || holds[owner(n)] == n || mine[owner(n)] == n || \
    late_release == n || late_complete == n || ((late_takes | late_olds) & bit(n)))
#define in_use(n) (leased(n) || (late_claims & bit(n)))

/* Ids that nothing refers to any more are over. Of late claims that are over one stands for all, and of the others one for
 * each clone. */
inline retire(c) {
    spare = first(c);
    do
    :: spare < first(c) + IDS ->
        if
        :: !in_use(spare) -> over = over | bit(spare); ended = ended & ~bit(spare)
        :: (late_claims & bit(spare)) && !leased(spare) ->
            if
            :: (is_over(spare) && (late_claims & over & (bit(spare) - 1))) ||
               (!is_over(spare) && (late_claims & ~over & bits_of(c) & (bit(spare) - 1))) ->
                late_claims = late_claims & ~bit(spare);
                over = over | bit(spare);
                ended = ended & ~bit(spare)
            :: else
            fi
        :: else
        fi;
        spare++
    :: else -> break
    od;
    spare = 0
}

inline new_id(c) {
    retire(c);
    spare = first(c);
    do
    /* `run` knows this assertion, which is about the model only, by its first half. */
    :: in_use(spare) -> spare++; assert(IDS < 5 || spare < first(c) + IDS)
    :: else -> break
    od;
    mine[c] = spare;
    over = over & ~bit(spare);
    seen = seen & ~bit(spare);
    ended = ended & ~bit(spare);
    spare = 0
}

/* Gives the ids of each clone out anew, in the order of what refers to them, so that states that differ in names only
 * become one. */
#define role(x) \
    if \
    :: (x) && owner(x) == whose && to[x] == 0 -> to[x] = spare; spare++ \
    :: else \
    fi
#define roles(set) \
    id = first(whose); \
    do \
    :: id < first(whose) + IDS -> \
        if \
        :: ((set) & bit(id)) && to[id] == 0 -> to[id] = spare; spare++ \
        :: else \
        fi; \
        id++ \
    :: else -> break \
    od
#define rename(x) x = (((x) && owner(x) == whose) -> to[x] : x)
#define rename_all(set) \
    fresh = set & ~bits_of(whose); \
    id = first(whose); \
    do \
    :: id < first(whose) + IDS -> \
        if \
        :: to[id] && (set & bit(id)) -> fresh = fresh | bit(to[id]) \
        :: else \
        fi; \
        id++ \
    :: else -> break \
    od; \
    set = fresh
#define turn_over() over = (over & ~bits_of(whose)) | (bits_of(whose) & ~(over & bits_of(whose)))
inline renumber() {
    who = id;
    published = (lane == ACTIVE -> published : 0);
    whose = 0;
    do
    :: whose < CLONES ->
        id = first(whose);
        do
        :: id < first(whose) + IDS -> to[id] = 0; id++
        :: else -> break
        od;
        spare = first(whose);
        role(published);
        role(branch);
        role(mine[whose]);
        role(holds[whose]);
        role(late_release);
        role(late_complete);
        roles(late_takes);
        roles(late_olds);
        roles(late_claims & ~over);
        roles(late_claims);
#ifdef PUB_PENDING
        roles(late_publications);
#endif
#ifdef KEEP_SEEN
        roles(seen);
#endif
        rename(published);
        rename(branch);
        rename(mine[whose]);
        rename(holds[whose]);
        rename(late_release);
        rename(late_complete);
        /* What has no role is over: so its complement is renamed. */
        turn_over();
        rename_all(over);
        turn_over();
        rename_all(seen);
        rename_all(ended);
        rename_all(late_takes);
        rename_all(late_olds);
        rename_all(late_claims);
#ifdef PUB_PENDING
        rename_all(late_publications);
#endif
        whose++
    :: else -> break
    od;
    whose = 0;
    spare = 0;
    fresh = 0;
    id = who;
    who = 0
}

#define stands(c) (holds[c] && push[c] == NOTHING)

inline check() {
#ifndef KEEP_SEEN
    seen = seen & ~over;
#endif
    assert_holder(stands(0) + stands(1) + stands(2) <= 1);
    assert_trunk(!stands(0) || cur == holds[0]);
    assert_trunk(!stands(1) || cur == holds[1]);
    assert_trunk(!stands(2) || cur == holds[2]);
    assert_trunk(lane != ACTIVE || branch == published);
    assert_trunk(!cur || !(ended & bit(cur)));
#ifndef KEEP_SEEN
    ended = ended & ~over;
#endif
    renumber()
}


/* The server: what a ref that moved does to the pushes with a lease on what it was. */

#define moves_both(c) (push[c] == TAKE || push[c] == RELEASE || push[c] == COMPLETE)
inline fail_on_trunk(c) {
    answer[c] = ((answer[c] == SENT && (moves_both(c) || push[c] == OLD)) -> REJECTED : answer[c])
}
inline fail_on_branch(c) {
    answer[c] = ((answer[c] == SENT && (moves_both(c) || push[c] == FINISH)) -> REJECTED : answer[c])
}
inline trunk_moved() {
    late_takes = 0;
    late_olds = 0;
    late_release = 0;
    late_complete = 0;
    late_close = false;
#if defined(PUB_PENDING) && !defined(PUBLISH_NO_LEASE)
    late_publications = 0;
#endif
    fail_on_trunk(0);
    fail_on_trunk(1);
    fail_on_trunk(2)
}
inline branch_moved() {
    late_takes = 0;
    late_release = 0;
    late_complete = 0;
    late_finish = false;
    fail_on_branch(0);
    fail_on_branch(1);
    fail_on_branch(2)
}
/* The ticket changes its lane on the trunk: every claim but `n` that was decided before is over. */
inline lane_changed(n) {
    over = (n -> (ALL & ~bit(n)) | (over & bit(n)) : ALL)
}


/* The server: a push that lands. */

inline fence(c, n) {
    holds[c] = (holds[c] == n -> 0 : holds[c]);
    fenced_mine[c] = (mine[c] == n -> true : fenced_mine[c])
}
inline land_claim(n) {
    branch = n;
    stage = WORKING;
    seen = seen | bit(n);
    branch_moved();
    printf("server: claim %d makes the branch\n", n);
    check()
}
/* Each try of an old claim and of a takeover is a commit of its own on the trunk as it is, under the id of the run. */
inline renew(n) {
    ended = ended & ~bit(n);
    over = over & ~bit(n);
    seen = seen | bit(n)
}
inline land_old(n) {
    renew(n);
    lane = ACTIVE;
    published = n;
    lane_changed(n);
    branch = n;
    stage = WORKING;
    trunk_moved();
    branch_moved();
    printf("server: trunk and branch take claim %d of the old clone\n", n);
    reached(OLD_CLAIMS);
    check()
}
inline land_publication(n) {
    lane = ACTIVE;
    published = n;
    lane_changed(n);
    trunk_moved();
    printf("server: somebody publishes claim %d\n", n);
    reached(PUBLISHED);
    check()
}
inline land_take(n) {
    spare = cur;
    if
    :: lane == QUEUE -> reached(TAKEN_UNPUBLISHED)
    :: else
    fi;
    if
    :: spare && owner(spare) != owner(n) ->
        fence(0, spare);
        fence(1, spare);
        fence(2, spare)
    :: else -> reached(RESUMED)
    fi;
    ended = (spare -> ended | bit(spare) : ended);
    spare = 0;
    renew(n);
    branch = n;
    stage = WORKING;
#ifdef TAKEOVER_OFF_TRUNK
    if
    :: lane == ACTIVE -> published = n; lane_changed(n); trunk_moved()
    :: else
    fi;
#else
    lane = ACTIVE;
    published = n;
    lane_changed(n);
    trunk_moved();
#endif
    branch_moved();
    printf("server: claim %d replaces the one that stood\n", n);
    check()
}
inline land_release(n) {
    if
    :: lane == QUEUE -> reached(RELEASED_UNPUBLISHED)
    :: else
    fi;
    ended = ended | bit(n);
    branch = 0;
    stage = ABSENT;
#ifdef RELEASE_OFF_TRUNK
    if
    :: lane == ACTIVE -> lane = QUEUE; published = 0; lane_changed(0); trunk_moved()
    :: else
    fi;
#else
#ifdef RELEASE_UNRECORDED
    if
    :: lane == ACTIVE -> lane_changed(0)
    :: else
    fi;
#else
    lane_changed(0);
#endif
    lane = QUEUE;
    published = 0;
    trunk_moved();
#endif
    branch_moved();
    printf("server: takes a release whose claim %d\n", n);
    check()
}
inline land_complete(n) {
    printf("server: takes a completion by claim %d\n", n);
    assert_completion(cur == n);
    ended = ended | bit(n);
    lane = COMPLETED;
    published = 0;
    lane_changed(0);
    trunk_moved();
    branch_moved();
    check()
}
inline land_finish() {
    printf("server: takes the mark that the work is done\n");
    stage = DONE;
    branch_moved()
}
/* A merge brings the claim into the history of the trunk, and a squash changes the lane: both end it. */
#ifdef OVER_BY_ID
#define lane_changed_by_squash(n) lane_changed(n)
#else
#define lane_changed_by_squash(n) lane_changed(0)
#endif
inline land_merge() {
    printf("somebody merges the ticket branch\n");
    assert_completion(live(branch) && cur == branch);
    spare = (lane == QUEUE -> branch : 0);
    if
    :: spare -> reached(MERGED_UNPUBLISHED)
    :: else
    fi;
    ended = ended | bit(branch);
    lane = COMPLETED;
    published = 0;
    lane_changed_by_squash(spare);
    spare = 0;
    trunk_moved();
    check()
}


/* A run. */

inline send(c, kind) {
    printf("clone %d: sends %e for claim %d\n", c, kind, mine[c]);
    push[c] = kind;
    answer[c] = SENT
}

/* The run stops waiting: what has not landed yet is late. */
inline let_go(c) {
    if
    :: answer[c] == SENT && push[c] == CLAIM -> late_claims = late_claims | bit(mine[c])
    :: answer[c] == SENT && push[c] == OLD -> late_olds = late_olds | bit(mine[c])
    :: answer[c] == SENT && push[c] == TAKE -> late_takes = late_takes | bit(mine[c])
    :: answer[c] == SENT && push[c] == RELEASE -> late_release = mine[c]
    :: answer[c] == SENT && push[c] == COMPLETE -> late_complete = mine[c]
    :: answer[c] == SENT && push[c] == FINISH -> late_finish = true
    :: else
    fi;
    answer[c] = SENT
}

/* Of late pushes of ended runs of one clone that rest on the same commits, one stands for all. */
#define is_twin(c, set) (mine[c] && holds[c] != mine[c] && (set & bit(mine[c])) && (set & bits_of(c) & ~bit(mine[c])))
inline end_run(c) {
    late_takes = (is_twin(c, late_takes) -> late_takes & ~bit(mine[c]) : late_takes);
    late_olds = (is_twin(c, late_olds) -> late_olds & ~bit(mine[c]) : late_olds);
    push[c] = NOTHING;
    answer[c] = SENT;
    mine[c] = 0;
    fenced_mine[c] = false;
    retire(c);
    check()
}

/* Exit 0 of `tix activate`. */
inline believe(c, n) {
    printf("clone %d: tells its caller that it holds claim %d\n", c, n);
    let_go(c);
    holds[c] = (fenced_mine[c] -> 0 : n);
    end_run(c)
}

/* Any end that leaves the caller with nothing. */
inline forget(c) {
    printf("clone %d: its caller holds nothing\n", c);
    holds[c] = 0;
    end_run(c)
}
inline crash(c) {
    printf("clone %d: is killed or gives up\n", c);
    let_go(c);
    forget(c)
}

/* Exit 3 or exit 7. If the caller's old claim still stands, so does its belief. */
inline deny(c) {
    assert_honest(cur != mine[c] && !((late_claims & bit(mine[c])) && !is_over(mine[c])));
    if
    :: holds[c] && cur_of(c) == holds[c] -> end_run(c)
    :: else -> forget(c)
    fi
}

#ifdef SESSION_UNCHECKED
#define may_trust(c) true
#else
#define may_trust(c) \
    (!late_release && !late_complete && !late_finish && !((late_takes | late_olds) & bits_of(c)))
#endif
#ifdef NO_CONFIRM
#define confirmed(n) true
#else
#define confirmed(n) (!is_over(n))
#endif
#define may_finish(c) (cur_of(c) == mine[c] && branch == mine[c] && stage == WORKING)

proctype Clone(byte c) provided (!quiet) {
idle:
    if
    /* A claim, decided on the trunk as it is. Whether the branch is there need not be known. */
    :: atomic { !is_old(c) && lane == QUEUE -> d_step { new_id(c); send(c, CLAIM) }; goto claiming }
#ifndef FRESH_ONLY
    /* The same, decided on the trunk as last seen: it may be over when it is made. */
    :: atomic { !is_old(c) -> d_step { new_id(c); over = over | bit(mine[c]); send(c, CLAIM) }; goto claiming }
#endif
    :: atomic { is_old(c) && lane == QUEUE -> d_step { new_id(c); send(c, OLD) }; goto taking }

    /* A resume. */
#ifdef RESUME_WITHOUT_PUSH
    :: atomic { ours(cur_of(c), c) -> d_step { mine[c] = cur_of(c); believe(c, mine[c]) }; goto idle }
#endif
    :: atomic { ours(cur_of(c), c) && stage == WORKING -> d_step { new_id(c); send(c, TAKE) }; goto taking }
    :: atomic { ours(cur_of(c), c) && stage == WORKING && may_trust(c) ->
            d_step { reached(YOURS_ALREADY); mine[c] = cur_of(c); believe(c, mine[c]) }; goto idle }

    /* A takeover. */
    :: atomic { others(cur_of(c), c) -> d_step { new_id(c); send(c, TAKE) }; goto taking }

    :: atomic { ours(cur_of(c), c) -> d_step { mine[c] = cur_of(c); send(c, RELEASE) }; goto releasing }
    :: atomic { holds[c] && cur_of(c) == holds[c] -> d_step { mine[c] = holds[c]; send(c, COMPLETE) }; goto completing }
    :: atomic { holds[c] && cur_of(c) == holds[c] && branch == holds[c] && stage == WORKING ->
            d_step { mine[c] = holds[c]; send(c, FINISH) }; goto completing }

    /* The caller goes away without a word. */
    :: atomic { holds[c] -> d_step { forget(c) }; goto idle }
    fi;

claiming:
    if
    /* The branch is ours, by the answer or as fetched, and the trunk that was fetched after that confirms it. */
    :: atomic { answer[c] == OK && confirmed(mine[c]) ->
            d_step { reached(WON_BY_ANSWER); believe(c, mine[c]) }; goto idle }
    :: atomic { answer[c] != OK && branch == mine[c] && confirmed(mine[c]) ->
            d_step { reached(WON_BY_FETCH); believe(c, mine[c]) }; goto idle }
    /* The trunk knows better: what our push made is a dead branch. */
    :: atomic { answer[c] == OK && !confirmed(mine[c]) -> d_step { reached(CONFIRM_FAILS); forget(c) }; goto idle }
    /* Once more, the same commit. */
    :: atomic { answer[c] != OK && stage == ABSENT && !is_over(mine[c]) ->
            d_step { let_go(c); send(c, CLAIM) }; goto claiming }
    /* Exit 3 or exit 7, with proof: every push of it was refused, or is over whenever it lands. */
    :: atomic { answer[c] == REJECTED && branch != mine[c] && !(late_claims & bit(mine[c])) ->
            d_step { deny(c) }; goto idle }
    :: atomic { is_over(mine[c]) && cur != mine[c] -> d_step { let_go(c); reached(TOLD_OVER); deny(c) }; goto idle }
#ifdef FETCH_IS_PROOF
    :: atomic { answer[c] == SENT && branch != mine[c] -> d_step { let_go(c); deny(c) }; goto idle }
#endif
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi;

taking:
    if
    :: atomic { answer[c] == OK || cur_of(c) == mine[c] -> d_step { believe(c, mine[c]) }; goto idle }
    :: atomic { answer[c] != OK && push[c] == OLD && lane == QUEUE -> d_step { let_go(c); send(c, OLD) }; goto taking }
    :: atomic { answer[c] != OK && cur_of(c) && cur_of(c) != mine[c] ->
            d_step { let_go(c); send(c, TAKE) }; goto taking }
    :: atomic { answer[c] == REJECTED && cur_of(c) != mine[c] && !((late_takes | late_olds) & bit(mine[c])) ->
            d_step { deny(c) }; goto idle }
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi;

releasing:
    if
    :: atomic { answer[c] == OK -> d_step { forget(c) }; goto idle }
    :: atomic { cur_of(c) == mine[c] -> d_step { let_go(c); send(c, RELEASE) }; goto releasing }
    :: atomic { cur_of(c) == mine[c] && holds[c] == mine[c] && answer[c] != SENT && !late_release ->
            d_step { let_go(c); end_run(c) }; goto idle }
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi;

completing:
    if
    :: atomic { answer[c] == OK -> d_step { forget(c) }; goto idle }
    :: atomic { push[c] == COMPLETE && cur_of(c) == mine[c] -> d_step { let_go(c); send(c, COMPLETE) }; goto completing }
    :: atomic { push[c] == FINISH && may_finish(c) -> d_step { let_go(c); send(c, FINISH) }; goto completing }
    :: atomic { push[c] == COMPLETE && cur_of(c) == mine[c] && answer[c] != SENT && !late_complete ->
            d_step { let_go(c); end_run(c) }; goto idle }
    :: atomic { true -> d_step { crash(c) }; goto idle }
    fi
}


/* The network and everybody else. */

#define is_sent(c) (mine[c] && answer[c] == SENT && push[c] != NOTHING)
#define arrives(c) (is_sent(c) && push[c] != CLAIM && push[c] != OLD)
#define claim_arrives(c) (is_sent(c) && push[c] == CLAIM)
#define old_arrives(c) (is_sent(c) && push[c] == OLD)
#ifdef OLD_DISPLACES
#define old_fits true
#else
#define old_fits (stage == ABSENT)
#endif
#define late_claim(n) (late_claims & bit(n)) && stage == ABSENT -> what = CLAIM; id = n; late_claims = late_claims & ~bit(n)
#define late_take(n) (late_takes & bit(n)) -> what = TAKE; id = n
#define late_old(n) (late_olds & bit(n)) && old_fits -> what = OLD; id = n

#ifdef PUBLISH_BLIND
#define may_publish(n) ((seen & bit(n)) && lane == QUEUE)
#else
#define may_publish(n) ((seen & bit(n)) && lane == QUEUE && !is_over(n))
#endif
#if defined(PUBLISH_CAS) || defined(NOOP_LEASE)
#define has_branch(n) (branch == n)
#else
#define has_branch(n) true
#endif
#ifdef PUB_PENDING
#define publish(n) may_publish(n) && has_branch(n) -> late_publications = late_publications | bit(n)
#define publication_lands(n) \
    (late_publications & bit(n)) && lane != COMPLETED -> id = n; late_publications = late_publications & ~bit(n)
#else
#define publish(n) may_publish(n) && has_branch(n) -> id = n
#endif
#define each(step) \
    :: step(1) :: step(2) :: step(3) :: step(4) :: step(5) :: step(6) :: step(7) :: step(8) \
    :: step(9) :: step(10) :: step(11) :: step(12) :: step(13) :: step(14) :: step(15)

/* Everything on its way is lost, every run is killed, every caller is gone. Then anybody publishes the claim that stands, its
 * clone gives the ticket back, and clone `c` claims it. */
inline probe(c) {
    printf("everything stops\n");
    quiet = true;
    late_claims = 0;
    late_takes = 0;
    late_olds = 0;
    late_release = 0;
    late_complete = 0;
    late_finish = false;
    late_close = false;
    end_quietly(0);
    end_quietly(1);
    end_quietly(2);
    if
    :: lane == QUEUE && live(branch) ->
        assert_claimable(!(ended & bit(branch)));
        land_publication(branch)
    :: else
    fi;
    if
    :: lane == ACTIVE -> id = published; land_release(id)
    :: else
    fi;
    if
    :: lane == QUEUE ->
        assert_claimable(stage == ABSENT || is_over(branch));
        branch = 0;
        stage = ABSENT;
        new_id(c);
        land_claim(mine[c]);
        assert_claimable(cur && cur == mine[c]);
        land_publication(mine[c]);
        assert_claimable(lane == ACTIVE && published == mine[c] && branch == mine[c]);
        reached(CLAIMED_AGAIN)
    :: else
    fi;
    id = 0
}
inline end_quietly(c) {
    push[c] = NOTHING;
    answer[c] = SENT;
    mine[c] = 0;
    holds[c] = 0;
    fenced_mine[c] = false
}
inline clear_branch() {
    branch = 0;
    stage = ABSENT;
    branch_moved();
    check()
}
inline change_lane(to_lane) {
    lane = to_lane;
    lane_changed(0);
    trunk_moved();
    check()
}

proctype Network() provided (!quiet) {
    do
    /* A push arrives, and its sender may still be waiting, or not. */
    :: atomic {
        if
        :: arrives(0) -> what = push[0]; id = mine[0]; answer[0] = OK
        :: arrives(1) -> what = push[1]; id = mine[1]; answer[1] = OK
        :: arrives(2) -> what = push[2]; id = mine[2]; answer[2] = OK
        :: claim_arrives(0) && stage == ABSENT -> what = CLAIM; id = mine[0]; answer[0] = OK
        :: claim_arrives(1) && stage == ABSENT -> what = CLAIM; id = mine[1]; answer[1] = OK
        :: claim_arrives(2) && stage == ABSENT -> what = CLAIM; id = mine[2]; answer[2] = OK
        :: claim_arrives(0) && stage != ABSENT -> answer[0] = REJECTED
        :: claim_arrives(1) && stage != ABSENT -> answer[1] = REJECTED
        :: claim_arrives(2) && stage != ABSENT -> answer[2] = REJECTED
        :: old_arrives(2) && old_fits -> what = OLD; id = mine[2]; answer[2] = OK
        :: old_arrives(2) && !old_fits -> reached(OLD_REFUSED); answer[2] = REJECTED
        each(late_claim)
        each(late_take)
        each(late_old)
        :: late_release -> what = RELEASE; id = late_release; reached(LATE_RELEASE_LANDS)
        :: late_complete -> what = COMPLETE; id = late_complete
        :: late_finish -> what = FINISH
        fi;
        d_step {
            if
            :: what == CLAIM ->
                if
                :: mine[owner(id)] == id && answer[owner(id)] == OK
                :: else ->
                    if
                    :: is_over(id) -> reached(LATE_CLAIM_LANDS_OVER)
                    :: else -> reached(LATE_CLAIM_LANDS)
                    fi
                fi;
                land_claim(id)
            :: what == OLD -> land_old(id)
            :: what == TAKE -> land_take(id)
            :: what == RELEASE -> land_release(id)
            :: what == COMPLETE -> land_complete(id)
            :: what == FINISH -> land_finish()
            :: else
            fi;
            what = NOTHING;
            id = 0
        }
    }

    /* Anybody publishes a claim. */
    :: atomic {
        if
        each(publish)
        fi;
#ifndef PUB_PENDING
        d_step { land_publication(id); id = 0 }
#endif
    }
#ifdef PUB_PENDING
    :: atomic {
        if
        each(publication_lands)
        fi;
        d_step { land_publication(id); id = 0 }
    }
#endif

    /* A dead branch is cleared, or displaced by a claim. */
#ifdef STRAY_BY_LANE
    :: d_step { lane == QUEUE && stage != ABSENT -> printf("somebody displaces a branch\n"); clear_branch() }
#else
    :: d_step { branch && is_over(branch) && !(lane == ACTIVE && published == branch) ->
            printf("somebody displaces a dead branch\n"); clear_branch() }
#endif
#ifdef DELETE_ABSENT
    :: d_step { stage == ABSENT && !late_delete -> late_delete = true }
    :: d_step { late_delete -> printf("server: takes a deletion\n"); late_delete = false; clear_branch() }
#endif

    /* A commit for another ticket. */
    :: d_step { true -> trunk_moved() }

    /* The ticket branch, marked as done, is merged, and not twice. Who merges looks at nothing else. */
    :: d_step { stage == DONE && (lane == ACTIVE || (lane == QUEUE && live(branch))) -> land_merge() }

    :: d_step { lane == COMPLETED -> printf("somebody reopens the ticket\n"); reached(REOPENED);
            spare = branch;
            lane = QUEUE;
            lane_changed_by_squash(spare);
            spare = 0;
            trunk_moved();
            check() }

    /* Somebody closes a queued ticket that nobody holds, as far as he sees. */
    :: d_step { lane == QUEUE && (stage == ABSENT || is_over(branch)) && !late_close -> late_close = true }
#ifdef CLOSE_BLIND
    :: d_step { late_close -> printf("server: takes a close\n"); change_lane(COMPLETED) }
#else
    :: d_step { late_close && stage == ABSENT -> printf("server: takes a close\n"); change_lane(COMPLETED) }
#endif

    :: atomic {
        if
        :: who = 0
        :: who = 1
        :: who = 2
        fi;
        d_step { chosen = who; who = 0; probe(chosen) }
    }
    od
}

init {
    atomic {
        run Clone(0);
#if !defined(TWO_CLONES) || !defined(OLD_CLONE)
        run Clone(1);
#endif
#if !defined(TWO_CLONES) || defined(OLD_CLONE)
        run Clone(2);
#endif
        run Network()
    }
}

# The git that one run of tix finds first on its PATH. It writes every call down, does what the rules say, and
# otherwise becomes the real git, so that pipes, signals and the exit status are git's own.
#
# The lines before this one set: dir (of this shim), real (the git to become), tester (the pid of the test).
# The fast path forks nothing: only builtins, then exec.

sub= skip=
for word do
    if [ -n "$skip" ]; then
        skip=
        continue
    fi
    case $word in
    -C | -c | --git-dir | --work-tree | --namespace | --config-env | --attr-source) skip=1 ;;
    -*) ;;
    *)
        sub=$word
        break
        ;;
    esac
done

# The call's number is the first file name that nobody has taken: noclobber makes taking it atomic.
number=1
set -C
until printf '%s\0' "$$" "$sub" "$@" >"$dir/calls/$number"; do
    [ -e "$dir/calls/$number" ] || exit 98
    number=$((number + 1))
done 2>/dev/null
set +C

# Who is at work, for hooks and filters of git that are to end it.
export SHIM_TIX="$PPID" SHIM_GIT="$$"

# matches TEXT ARGS…: whether one of the arguments contains the text.
matches() {
    text=$1
    shift
    for word do
        case $word in *"$text"*) return 0 ;; esac
    done
    return 1
}

# count RULE: sets nth to 1 for the first call that this rule looks at, 2 for the second, and so on.
count() {
    nth=1
    set -C
    until true >"$dir/seen/$1.$nth"; do
        [ -e "$dir/seen/$1.$nth" ] || exit 98
        nth=$((nth + 1))
    done 2>/dev/null
    set +C
}

# work ARGS…: what git does, without its answer. A git that answers questions for as long as they come would wait for the
# next one while its asker waits for the first answer; so it gets one question, and its answer is passed on.
work() {
    case " $* " in
    *' --batch '* | *' --stdin-paths '*) head -n 1 | "$real" "$@" 2>/dev/null ;;
    *) "$real" "$@" >/dev/null 2>&1 ;;
    esac
}

# fail CODE TEXT
fail() {
    printf '%s' "$2" >&2
    exit "$1"
}

# A script that stands in for tix may have been replaced by its last command; then our parent is the test itself.
kill_tix() {
    if [ "$PPID" -eq "$tester" ]; then
        fail 97 'shim: the parent of this call is the test, which is not to be killed
'
    fi
    kill -9 "$PPID"
    exit 137
}

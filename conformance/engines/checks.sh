# The part that every engine's `run` shares; sourced, POSIX sh.
#
#   run [--short] [--place 'PLACE…'] [--only 'NAME NAME…']
#
# Places, which the engine's script has in $offers:
#   native    this machine
#   rootless  this machine, for an ordinary user
#   vm        the virtual machine of tests/vm, with the controllers memory, pids, cpu and io
#   systemd   the same machine under systemd
#   systemd-rootless  there too, for an ordinary user with a systemd of his own
# Those in $newer run only when they are named: sid, sid-rootless and sid-vm have the same checks as the first three, but in a tree of
# Debian sid, out/sid, with its newer engines and its runc.
#
# An engine's script has functions named check_WHAT; words behind the opening brace's # are its tags:
#   short    part of the short form, which CI runs on this machine
#   brief    part of it for an ordinary user
#   vm       needs controllers: runs in the places vm and systemd, and only there
#   systemd  runs in that place too
#   root     is nothing that an ordinary user could do
# It also has the functions version, start, tidy (after each check) and stop.
#
# Everything happens twice, with the reference runtime first: $REFERENCE, or out/peers/runc where `make peers` put it, or runc.
# The engine runs in mount, process, network, IPC, UTS and cgroup namespaces of its own, with an empty /run and /tmp, and its
# files in $work; what it leaves behind ends with them. Inside, $runtime is the path of the runtime under test.
#
# With RECORD=DIR in the environment the config.json of every container that punnet makes is copied to DIR/ENGINE.PLACE.CHECK.json: the golden
# plans of tests/Punnet.Plan.Tests come from there.
#
# A check passes when its function ends with status 0 (set -e is on) within $seconds. Each gets one line, and the results go to
# out/conformance as lines of six columns: engine, place, check, the reference's result, punnet's, why it does not count. Last line: the total.
# skip.list has the checks that do not count: what the reference runtime cannot do on this machine, with the reason. PLACE:NAME is one
# that does not count there, and *PLACE:NAME not in sid-PLACE either.

# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables that the engine's script reads or sets
script=$(realpath -- "$0")
here=$(dirname -- "$script")
engine=${here##*/}
top=$here
until [ -e "$top/Runtime.sln" ]; do top=$(dirname -- "$top"); done
seconds=60
offers='native vm'
newer='sid sid-vm'
tree=$top/out/sid

# --- for the checks ---

# same EXPECTED ACTUAL
same() {
    [ "$1" = "$2" ] || { printf 'expected <%s>, got <%s>\n' "$1" "$2"; return 1; }
}

# holds TEXT PART…: every part is in the text
holds() {
    text=$1
    shift
    for part in "$@"; do
        case $text in *"$part"*) ;; *) printf 'no <%s> in <%s>\n' "$part" "$text"; return 1 ;; esac
    done
}

# ends STATUS COMMAND…: the command's status; what it writes is in $output
ends() {
    expected=$1 code=0
    shift
    output=$("$@" 2>&1) || code=$?
    [ "$code" = "$expected" ] || { printf 'expected status %s, got %s: %s\n' "$expected" "$code" "$output"; return 1; }
}

# eventually SECONDS COMMAND…
eventually() {
    tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { printf 'never came true: %s\n' "$*"; return 1; }
        sleep 0.1
    done
}

# fails COMMAND…: any status but 0; what it writes is in $output
fails() {
    if output=$("$@" 2>&1); then
        printf 'should have failed: %s\n%s\n' "$*" "$output"
        return 1
    fi
}

# typed COMMAND: with a terminal of its own, without carriage returns and the echo of the NUL that script(1) sends at first
typed() {
    script --quiet --return --command "$1" /dev/null </dev/null | tr -d '\r' | sed 's/^\^@//'
}

# image_tree DIR: a root file system of one static program
image_tree() {
    mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/proc" "$1/sys" "$1/dev" "$1/home/user" "$1/root" "$1/var/data"
    chmod 1777 "$1/tmp"
    cp /bin/busybox "$1/bin/busybox"
    busybox --list | while read -r applet; do
        [ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$1/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n' >"$1/etc/group"
    echo content >"$1/var/data/file"
    echo text >"$1/etc/text"
    chown 1000:1000 "$1/home/user"
}

# The file KEY of the cgroup of process PID, as the host sees it.
cgroup_value() {
    cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/$2"
}

# --- the places ---

in_sid() {
    case $place in sid*) ;; *) return 1 ;; esac
}

in_machine() {
    case $place in *vm | systemd*) ;; *) return 1 ;; esac
}

by_user() {
    case $place in *rootless) ;; *) return 1 ;; esac
}

with_systemd() {
    case $place in systemd*) ;; *) return 1 ;; esac
}

# --- the machinery ---

# For a suite whose checks are not functions: it says so by its own checks and check.
check() {
    "check_$1"
}

# The reference runtime of this place.
reference() {
    echo "$REFERENCE"
}

# Once, before all, outside of the namespaces.
ready() {
    :
}

checks() {
    # shellcheck disable=SC2016 # sed's own words
    sed -n 's/^check_\([a-z0-9_]*\)() {\( *# *\(.*\)\)\{0,1\}$/\1 \3/p' "$script"
}

# The checks of this run, one name a line.
chosen() {
    checks | while read -r name tags; do
        case "$place $tags " in
            vm*" vm "* | sid-vm*" vm "* | systemd*" vm "* | systemd*" systemd "*) ;;
            vm* | sid-vm* | systemd* | *" vm "* | *rootless*" root "*) continue ;;
        esac
        if [ -n "$only" ]; then
            case " $only " in *" $name "*) ;; *) continue ;; esac
        elif [ "$short" = yes ]; then
            case "$place $tags " in *rootless*" brief "* | native*" short "* | vm*" short "* | sid*" short "*) ;; *) continue ;; esac
        fi
        echo "$name"
    done
}

# Another system's root: what is written to it ends with the run, and the checkout is where it was.
become_sid() {
    mkdir -p "$work/upper" "$work/scratch" "$work/root"
    mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
    cd "$work/root"
    mkdir -p "./$top" "./$base" "./$work" old
    mount --rbind /dev dev
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount --bind "$top" "./$top"
    mount --bind "$base" "./$base"
    mount --bind "$work" "./$work"
    pivot_root . old
    cd /
    umount --lazy /old
}

# Step 1 inside: file systems, and a cgroup that becomes the root of what is seen.
enter() {
    ! in_sid || become_sid
    # Not over it: podman unmounts what it sees in /proc/self/mountinfo below /sys, and could not.
    umount --recursive --lazy /sys
    mount -t sysfs sysfs /sys
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir "/sys/fs/cgroup/$cgroup"
    echo 0 >"/sys/fs/cgroup/$cgroup/cgroup.procs"
    exec unshare --cgroup "$script" --inside
}

# Step 2 inside: a world of its own.
inside() {
    # As systemd makes those of a host; what is mounted here stays here.
    mount --make-rshared /
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir /sys/fs/cgroup/engine
    echo 0 >/sys/fs/cgroup/engine/cgroup.procs
    for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
        echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
    done
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/lock /run/user
    # The checkout may be under /tmp, and in the machine $work is.
    case $top in /tmp/*) ;; *) in_machine || mount -t tmpfs -o mode=1777 tmpfs /tmp ;; esac
    ip link set lo up 2>/dev/null || busybox ip link set lo up
    hostname conformance
    run_checks
}

# Step 3 inside: the checks, one after the other.
run_checks() {
    ! in_sid || { version; "$runtime" --version | head -n 1; } >"$work/versions"
    start >"$work/start.log" 2>&1 || { echo "the engine did not start:"; cat "$work/start.log"; exit 1; }
    for name in $(chosen); do
        begun=$(date +%s)
        code=0
        echo "$name" >"$work/current"
        # The machine is an emulated one.
        in_machine && time=$((seconds * 3)) || time=$seconds
        timeout --kill-after=5 "$time" "$script" --check "$name" </dev/null >"$work/check.log" 2>&1 || code=$?
        case $code in
            0) result=pass ;;
            *) result=fail ;;
        esac
        echo "$name $result" >>"$work/results"
        printf '%s %s (%s, %s): %s [%ss]\n' "$result" "$engine" "$label" "$place" "$name" "$(($(date +%s) - begun))"
        [ "$result" = pass ] || { echo "    status $code"; sed 's/^/    /' "$work/check.log"; } | head -n 30
        tidy >/dev/null 2>&1 || true
    done
    stop >/dev/null 2>&1 || true
}

# sweep: removes the cgroups of a run, with whatever still runs in them.
sweep() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -c '
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        cd /sys/fs/cgroup
        [ -d "$1" ] || exit 0
        echo 1 >"$1/cgroup.kill"
        for try in 1 2 3 4 5 6 7 8 9 10; do
            find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0
            sleep 0.1
        done' sh "$cgroup" || true
}

# record: a runtime that keeps the config.json and is the tested one then.
record() {
    mkdir -p "$work/records"
    chmod 1777 "$work/records"
    chmod 755 "$base" "$work"
    cat >"$base/record" <<J
#!/bin/sh
last=
for word; do
    case \$last in --bundle | -b) cp "\$word/config.json" "$work/records/$engine.$place.\$(cat "$work/current").json" 2>/dev/null ;; esac
    last=\$word
done
exec "$runtime" "\$@"
J
    chmod 755 "$base/record"
    runtime=$base/record
}

# one LABEL RUNTIME: all the checks of this place with one runtime.
one() {
    label=$1 runtime=$2
    work=$base/$label.$place
    mkdir -p "$work"
    [ "$label${RECORD:+:record}" != punnet:record ] || record
    export label runtime base work cgroup place only short seconds
    if in_machine; then
        # Overlay and the engines' own files need a real file system: the machine's tmpfs. Only the results are the host's.
        PUNNET_conformance=$(printf '%s;' "label=$label" "runtime=$runtime" "base=$base" "work=/tmp/work" "share=$work" "cgroup=$cgroup" \
            "place=$place" "only='$only'" "short=$short")
        export PUNNET_conformance
        with_systemd && manager=--systemd || manager=
        # shellcheck disable=SC2086 # one option or none
        "$top/tests/vm/run" $manager --seconds 1200 --memory "${VM_MEMORY:-2500M}" --share "$work" -- "$script" --vm || true
    else
        unshare --mount --propagation private --net --pid --ipc --uts --fork --kill-child --mount-proc "$script" --enter || true
        sweep
    fi
    [ ! -d "$work/records" ] || { mkdir -p "$RECORD" && cp "$work/records/"* "$RECORD"; }
}

# In the machine: settings come by one variable, which tests/vm/run lets through.
in_vm() {
    eval "$PUNNET_conformance"
    mkdir -p "$work"
    export label runtime base work share cgroup place only short seconds
    code=0
    if with_systemd; then
        # Nothing is taken from it: it has the cgroups, and its bus is in /run.
        (run_checks) || code=$?
    else
        umount /sys/fs/cgroup
        unshare --mount --propagation private --net --pid --ipc --uts --fork --kill-child --mount-proc "$script" --enter || code=$?
    fi
    for file in "$work/results" "$work/versions" "$work"/*.log; do
        [ ! -e "$file" ] || cp "$file" "$share/"
    done
    exit "$code"
}

reason() {
    [ -e "$here/skip.list" ] && awk -v name="$1" -v here="$place:$1" -v any="*${place#sid-}:$1" '$1 == name || $1 == here || $1 == any { sub(/^[^ ]+ +/, ""); print; exit }' "$here/skip.list"
}

# The table of one place, and its share of the total.
result() {
    awk -v name="$2" '$1 == name { found = $2 } END { print found ? found : "none" }' "$1/results" 2>/dev/null || echo none
}

table() {
    for name in $(chosen); do
        theirs=$(result "$base/reference.$place" "$name")
        ours=$(result "$base/punnet.$place" "$name")
        why=$(reason "$name") || why=
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$engine" "$place" "$name" "$theirs" "$ours" "$why" >>"$table"
        if [ -n "$why" ]; then
            skipped=$((skipped + 1))
            echo "skipped: $engine $name: $why"
        elif [ "$theirs $ours" = "pass pass" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "failed: $engine $name ($place): reference $theirs, punnet $ours"
        fi
    done
}

# The tree, its own reference runtime, and punnet where the tree sees it.
sid() {
    "$top/conformance/engines/sid" "$tree" >&2
    kept=$REFERENCE REFERENCE=/usr/bin/runc
    [ -x "$tree$REFERENCE" ] || REFERENCE=/usr/sbin/runc
    [ "$PUNNET" = "$base/punnet" ] || cp -- "$PUNNET" "$base/punnet"
    PUNNET=$base/punnet
}

main() {
    case ${1-} in
        --enter) enter ;;
        --inside) inside; exit ;;
        --vm) in_vm ;;
        --check)
            set -eu
            check "$2"
            exit
            ;;
    esac
    short=no only='' places=$offers
    while [ $# -gt 0 ]; do
        case $1 in
            --short) short=yes ;;
            --place) places=$2; shift ;;
            --only) only=$2; shift ;;
            *) echo "usage: $0 [--short] [--place 'PLACE…'] [--only 'CHECK…']" >&2; exit 2 ;;
        esac
        shift
    done
    "$top/.ci/packages" engines "$engine"
    ready
    PUNNET=$(realpath -- "${PUNNET:-$top/out/punnet}")
    REFERENCE=${REFERENCE:-$top/out/peers/runc}
    [ -x "$REFERENCE" ] || REFERENCE=$(command -v runc)
    base=$(mktemp -d /var/tmp/punnet-conformance.XXXXXX)
    cgroup=punnet-conformance-$$
    trap 'sweep; rm -rf --one-file-system -- "$base"' EXIT
    trap 'exit 130' INT TERM HUP
    results=$top/out/conformance
    # The short form does not replace what the long one found.
    [ "$short" = no ] || results=$results/short
    mkdir -p "$results"
    { version; "$REFERENCE" --version | head -n 1; "$PUNNET" --version | head -n 1; } >"$results/$engine.versions"
    passed=0 failed=0 skipped=0
    for place in $places; do
        case " $offers $newer " in *" $place "*) ;; *) continue ;; esac
        [ -n "$(chosen)" ] || continue
        ! in_sid || sid
        # A table for each place: they may be made at different times.
        table=$results/$engine.$place.tsv
        : >"$table"
        one reference "$(reference)"
        one punnet "$PUNNET"
        if in_sid; then
            { cat "$base/reference.$place/versions"; tail -n 1 "$base/punnet.$place/versions"; } >"$results/$engine.sid.versions" || true
            REFERENCE=$kept
        fi
        table
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

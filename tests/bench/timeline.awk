# From the text of an ftrace to the picture of a start. `only=calls` prints which events the trace must have, `only=total` the
# milliseconds from the first event to the last; both draw nothing.

# A phase begins with the first event of its kind after the phase before it has begun, and ends where the next begins. Events are names of
# system calls (entered), the same with > (returned from), exec (the kernel has loaded a new program) and first. Those with ? need not
# come; those with + need not either, and count only right after the phase before them. Kinds are punnet, kernel (calls that make or unmake
# the container), wait and program.
function phases() {
    phase("host", "execve", "kernel", "execve")
    phase("host", "exec", "punnet", ".NET starts")
    phase("host", "chdir", "punnet", "config.json, plan")
    phase("host", "mkdirat", "punnet", "id, state")
    phase("host", "fstatfs?", "kernel", "cgroup")
    phase("host", "open_tree?", "punnet", "opens its own file")
    phase("host", "clone3", "kernel", "clone3")
    phase("host", "unshare?", "kernel", "network namespace")
    phase("host", "bpf?", "kernel", "device program")
    phase("host", "close+", "kernel", "detached mount goes")
    phase("host", "read", "punnet", "identity")
    phase("host", "symlinkat>", "wait", "for init")
    phase("host", "read>", "punnet", "lets it start")
    phase("host", "read", "wait", "for execve")
    phase("host", "ppoll", "wait", "for the program")
    phase("host", "ppoll>", "kernel", "cgroup, state go")
    phase("host", "exit_group", "kernel", "exit")

    phase("init", "first", "punnet", "leaves punnet's file")
    phase("init", "unshare?", "kernel", "keyring")
    phase("init", "mount", "kernel", "root")
    phase("init", "fsopen", "kernel", "mounts")
    phase("init", "mknodat", "kernel", "devices")
    phase("init", "recvmsg?", "wait", "for the network")
    phase("init", "recvmsg>+", "kernel", "sysfs, cgroup2")
    phase("init", "pivot_root", "kernel", "pivot_root")
    phase("init", "setsid", "kernel", "read-only, masks")
    phase("init", "prctl", "kernel", "capabilities, user")
    phase("init", "read", "wait", "for the start")
    phase("init", "read>", "kernel", "files, signals")
    phase("init", "execve", "kernel", "execve")
    phase("init", "exec", "program", "/bin/true")
    phase("init", "exit_group", "kernel", "its end, namespaces go")
}

function phase(lane, event, kind, label,    n) {
    n = ++count[lane]
    kind_of[lane, n] = kind
    label_of[lane, n] = label
    follows[lane, n] = event ~ /\+$/
    is_optional[lane, n] = sub(/[?+]$/, "", event)
    event_of[lane, n] = event
    if (event != "exec" && event != "first" && !(event in called)) {
        called[event]
        calls = calls "syscalls/" (event ~ />$/ ? "sys_exit_" substr(event, 1, length(event) - 1) : "sys_enter_" event) "\n"
    }
}

BEGIN {
    phases()
    if (only == "calls") {
        printf "%s", calls
        exit
    }
}

# "  comm-PID  [CPU] FLAGS SECONDS: EVENT": a comm may have blanks and colons.
!match($0, /-[0-9]+ +\[[0-9]+\] [^ ]+ +[0-9]+\.[0-9]+: /) {
    next
}

{
    split(substr($0, RSTART + 1, RLENGTH - 3), head, " +")
    pid = head[1]
    now = head[4] * 1000
    text = substr($0, RSTART + RLENGTH)
}

!host && text ~ /^sys_execve\(/ {
    host = pid
    zero = now
}

!host || (pid != host && pid != init) {
    next
}

text ~ /^sched_process_fork: / && !init {
    init = text
    sub(/.*child_pid=/, "", init)
    next
}

text ~ /^sched_process_exit: / {
    if (pid == host) {
        end = now
    }
    next
}

{
    event = text
    if (event ~ /^sched_process_exec/) {
        event = "exec"
    } else if (event ~ /^sys_[a-z0-9_]+ -> /) {
        sub(/^sys_/, "", event)
        sub(/ -> .*/, ">", event)
    } else {
        sub(/^sys_/, "", event)
        sub(/\(.*/, "", event)
    }
    seen(pid == host ? "host" : "init", event)
}

function seen(lane, event,    n) {
    n = reached[lane] + 1
    if (event_of[lane, n] == "first") {
        begin(lane, n++)
    }
    while (n <= count[lane] && (event_of[lane, n] != event || (follows[lane, n] && n > reached[lane] + 1))) {
        if (!is_optional[lane, n++]) {
            return
        }
    }
    if (n <= count[lane]) {
        begin(lane, n)
    }
}

function begin(lane, n) {
    at[lane, n] = now - zero
    reached[lane] = n
}

function x_of(time) {
    return left + time * scale
}

# A name stands beside the line that leads to its phase, in the nearest row where it crosses no other name and no other line. The first TURN
# phases of a lane have it on the left and are placed from the left on, the others on the right and from the right: what is in the way then
# are only the lines of the same row and of those behind it.
function place(lane, turn,    n, side, x, end_of_name, row, r, free, stop) {
    stop = lane == "host" ? end - zero : init_end
    for (n = count[lane]; n >= 1; n--) {
        if ((lane, n) in at) {
            took[lane, n] = stop - at[lane, n]
            stop = at[lane, n]
        }
    }
    for (side = -1; side <= 1; side += 2) {
        for (r = 1; r <= count[lane]; r++) {
            free[r] = side * 9999
        }
        for (n = side < 0 ? 1 : count[lane]; side < 0 ? n <= turn : n > turn; n -= side) {
            if (!((lane, n) in at) || took[lane, n] < least) {
                continue
            }
            x = x_of(at[lane, n]) + (took[lane, n] * scale < 8 ? took[lane, n] * scale / 2 : 4)
            end_of_name = x + side * (length(label_of[lane, n]) + 6) * letter
            for (row = 1; (end_of_name - free[row]) * side > 0; row++) {
            }
            for (r = 1; r <= row; r++) {
                free[r] = x
            }
            x_line[lane, n] = x
            side_of[lane, n] = side
            row_of[lane, n] = row
            deepest[lane] = row > deepest[lane] ? row : deepest[lane]
        }
    }
}

function draw(lane, y, direction,    n, width, base) {
    for (n = 1; n <= count[lane]; n++) {
        if ((lane, n) in at) {
            width = took[lane, n] * scale
            printf "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s: %.0f µs</title></rect>\n", \
                kind_of[lane, n], x_of(at[lane, n]), y, width < 1 ? 1 : width, bar, label_of[lane, n], took[lane, n] * 1000
        }
        if ((lane, n) in row_of) {
            base = direction < 0 ? y - 8 - (row_of[lane, n] - 1) * line : y + bar + 17 + (row_of[lane, n] - 1) * line
            printf "<path class=\"lead\" d=\"M%.1f %d V%d\"/>\n", x_line[lane, n], direction < 0 ? y : y + bar, direction < 0 ? base - 10 : base
            printf "<text x=\"%.1f\" y=\"%d\"%s>%s <tspan class=\"quiet\">%.2f</tspan></text>\n", x_line[lane, n] + 3 * side_of[lane, n], base, \
                side_of[lane, n] < 0 ? " text-anchor=\"end\"" : "", label_of[lane, n], took[lane, n]
        }
    }
}

END {
    if (only == "calls") {
        exit
    }
    if (only == "total") {
        printf "%.3f\n", end - zero
        exit
    }
    for (lane in count) {
        if (reached[lane] < count[lane]) {
            print "tests/bench/timeline.awk: the start has no phase \"" label_of[lane, reached[lane] + 1] "\" in the " lane "'s lane" >"/dev/stderr"
            exit 1
        }
    }
    # The namespaces go with the last process, before its parent hears of it.
    for (n = 1; n <= count["host"]; n++) {
        if (event_of["host", n] == "ppoll>") {
            init_end = at["host", n]
        }
    }
    left = 60; right = 1020; bar = 30; line = 17; letter = 6.2; least = 0.015
    scale = (right - left) / (end - zero)
    place("host", 0)
    place("init", int(count["init"] / 2))
    host_y = 66 + deepest["host"] * line; init_y = host_y + bar + 46
    axis_y = host_y + bar + 23; bottom = init_y + bar + deepest["init"] * line + 30

    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1170 %d\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n", bottom + 30
    print "<style>"
    print "text { fill: #24292f } .quiet { fill: #6e7781 } .lead, .tick { stroke: #afb8c1; stroke-width: 1; fill: none }"
    print ".back { fill: #ffffff } .punnet { fill: #4c8bd6 } .kernel { fill: #57ab8b } .wait { fill: #d8dee4 } .program { fill: #e3903f }"
    print "rect { stroke: #ffffff; stroke-width: 0.6 }"
    print "@media (prefers-color-scheme: dark) {"
    print "text { fill: #d1d7e0 } .quiet { fill: #9198a1 } .lead, .tick { stroke: #4d5561 }"
    print ".back { fill: #0d1117 } .punnet { fill: #478be6 } .kernel { fill: #3f8f6f } .wait { fill: #2d333b } .program { fill: #d9822b }"
    print "rect { stroke: #0d1117 }"
    print "}"
    print "</style>"
    printf "<rect class=\"back\" width=\"1170\" height=\"%d\"/>\n", bottom + 30
    printf "<text x=\"%d\" y=\"24\" font-size=\"15\">run of /bin/true with the config.json that spec writes: %.2f ms</text>\n", left, end - zero
    x = left
    split("punnet kernel program wait", kinds, " ")
    split("punnet's own code and its runtime,the kernel makes or unmakes the container,the program,waits", words, ",")
    for (i = 1; i <= 4; i++) {
        printf "<rect class=\"%s\" x=\"%d\" y=\"35\" width=\"12\" height=\"12\"/><text x=\"%d\" y=\"46\">%s</text>\n", kinds[i], x, x + 18, words[i]
        x += 45 + length(words[i]) * 6
    }
    step = end - zero < 12 ? 0.5 : 2.5
    for (time = 0; time <= end - zero; time += step) {
        printf "<path class=\"tick\" d=\"M%.1f %d V%d\"/>\n", x_of(time), host_y + bar + 4, init_y - 4
        if (time % (2 * step) == 0) {
            printf "<text class=\"quiet\" x=\"%.1f\" y=\"%d\">%d ms</text>\n", x_of(time) + 4, axis_y + 4, time
        }
    }
    printf "<text x=\"10\" y=\"%d\">punnet</text><text x=\"10\" y=\"%d\">init</text>\n", host_y + 20, init_y + 20
    draw("host", host_y, -1)
    draw("init", init_y, 1)
    printf "<text class=\"quiet\" x=\"%d\" y=\"%d\">%s; %s. At the 25th percentile of %d starts; %.2f ms when only its ends are traced.</text>\n", \
        left, bottom + 12, version, machine, starts, untraced
    print "</svg>"
}

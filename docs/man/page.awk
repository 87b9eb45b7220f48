# One manual page (man(7)) of three files: the descriptions (commands.md), the help of the command, and config.md, which only punnet-config
# needs. Variables: page, section, date, version.

function code(text) {
    gsub(/-/, "\\-", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    gsub(/'/, "\\(aq", text)
    gsub(/`/, "\\(ga", text)
    return text
}

# Markdown in a line: `code`, [links](page), and no more.
function inline(text,    parts, count, i, result) {
    gsub(/\\/, "\\e", text)
    gsub(/…/, "...", text)
    gsub(/ \(`?[A-Za-z]+Tests`?(, `?[A-Za-z]+Tests`?)*\)|; [A-Za-z]+Tests(, [A-Za-z]+Tests)*/, "", text)
    while (match(text, /\[[^]]+\]\([^)]*\)/)) {
        i = index(substr(text, RSTART), "](")
        text = substr(text, 1, RSTART - 1) substr(text, RSTART + 1, i - 2) substr(text, RSTART + RLENGTH)
    }
    count = split(text, parts, "`")
    for (i = 1; i <= count; i++)
        result = result (i % 2 ? parts[i] : "\\fB" code(parts[i]) "\\fR")
    return result
}

# Writes text in lines that are no longer than a terminal's. A dot or a quote at the beginning would be a request.
function put(text,    words, count, i, line) {
    count = split(text, words, " ")
    for (i = 1; i <= count; i++) {
        if (line != "" && length(line) + length(words[i]) > 76) {
            print line
            line = ""
        }
        line = line == "" ? (words[i] ~ /^[.']/ ? "\\&" : "") words[i] : line " " words[i]
    }
    if (line != "")
        print line
}

function heading(text) {
    print ".SH " toupper(text)
}

# What was collected of a paragraph.
function flush() {
    if (paragraph == "")
        return
    if (!first)
        print ".PP"
    first = 0
    put(inline(paragraph))
    paragraph = ""
}

# Lines of Markdown: paragraphs, examples (indented by four) and lists.
function prose(line) {
    if (line ~ /^    / && paragraph == "") {
        if (!example)
            print (first ? "" : ".PP\n") ".EX"
        example = 1
        first = 0
        print ".RS 4\n" code(substr(line, 5)) "\n.RE"
        return
    }
    if (example)
        print ".EE"
    example = 0
    if (line ~ /^- /) {
        flush()
        print ".IP \\(bu 2"
        first = 1
        line = substr(line, 3)
    }
    if (line ~ /^ *$/)
        flush()
    else
        paragraph = paragraph (paragraph == "" ? "" : " ") line
}

function see(names,    words, count, i, name) {
    heading("see also")
    count = split(names, words, " ")
    for (i = 1; i <= count; i++) {
        name = words[i] ~ /\(/ ? words[i] : "punnet-" words[i] (words[i] == "config" ? "(5)" : "(8)")
        sub(/\(/, " (", name)
        gsub(/-/, "\\-", name)
        print ".BR " name (i < count ? "," : "")
    }
}

# A row of a table in config.md: each name has a line, and all of them one text.
function row(    i, count, names, body, refused, type) {
    for (i = 2; i in column; i++) {
        type = column[i] == "Type" && cell[i] != "" ? " (" cell[i] ")" : type
        body = column[i] ~ /^What/ ? cell[i] : body
        refused = column[i] ~ /^Refused/ ? cell[i] : refused
    }
    body = body (body != "" && refused != "" ? ". " : "") (refused != "" ? "Refused: " refused : "") "."
    count = split(cell[1], names, column[1] == "Property" ? ", " : "\n")
    for (i = 1; i <= count; i++) {
        print (i == 1 ? ".TP" : ".TQ")
        print inline(names[i]) type
    }
    put(inline(body))
    first = 0
}

# Paragraphs of commands.md up to the next heading.
function describe() {
    first = 1
    while (++at <= texts && text[at] !~ /^## /)
        prose(text[at])
    prose("")
}

BEGIN {
    command = page
    sub(/^punnet-?/, "", command)
    wanted = command == "" ? "punnet" : command
    printf ".TH %s %s %s \"punnet %s\" \"punnet\"\n", toupper(page), section, date, version
    see_also = command == "" ? "" : "punnet(8)"
}

# commands.md: "# create" begins a page, "## Exit status" a part of it. They are kept until the help was read.
FILENAME ~ /commands\.md$/ {
    if (/^# /)
        is_wanted = $2 == wanted
    else if (is_wanted && /^See also: /)
        see_also = see_also " " substr($0, 11)
    else if (is_wanted)
        text[++texts] = $0
    next
}

# The help. The page of config.json has only punnet's version from it.
FILENAME ~ /help$/ && wanted == "config" { next }
FILENAME ~ /help$/ && FNR == 1 {
    heading("name")
    put(code(page) " \\- " inline(substr($0, index($0, " - ") + 3)))
    heading("synopsis")
}
FILENAME ~ /help$/ && /^Usage: / {
    name = command == "" ? "punnet" : "punnet " command
    put("\\fB" name "\\fR " code(substr($0, length("Usage: " name) + 2)))
    heading("description")
    describe()
}
FILENAME ~ /help$/ && /^[A-Z][a-z]*:$/ {
    part = tolower(substr($0, 1, length($0) - 1))
    heading(part)
    if (part == "examples")
        print ".EX"
}
FILENAME ~ /help$/ && part == "commands" && /^  / {
    print ".TP\n.BR punnet\\-" $1 " (8)"
    sub(/^ *[^ ]+ +/, "")
    put(inline($0))
}
FILENAME ~ /help$/ && part == "options" && match($0, /^  --[a-z0-9-]+(, -[a-z])?/) {
    name = code(substr($0, 3, RLENGTH - 2))
    gsub(/, /, "\\fR, \\fB", name)
    value = substr($0, RLENGTH + 1)
    $0 = value
    if (sub(/^ [^ ].*/, "", value)) {
        value = " \\fI" code($1) "\\fR"
        $1 = ""
    } else
        value = ""
    print ".TP\n\\fB" name "\\fR" value
}
FILENAME ~ /help$/ && part == "options" && /^ / {
    sub(/^ +/, "")
    put(inline($0))
}
FILENAME ~ /help$/ && part == "examples" && /^  / { print code(substr($0, 3)) }

# config.md: sections and tables up to what is not about properties.
FILENAME ~ /config\.md$/ && wanted != "config" { next }
FILENAME ~ /config\.md$/ && FNR == 1 {
    is_wanted = 0
    heading("name")
    print code(page) " \\- what punnet does with the properties of config.json"
    heading("description")
    describe()
}
/^## What punnet inherits/ { is_over = 1 }
is_over { next }
/^## / { is_table = 0; flush(); heading(substr($0, 4)); first = is_wanted = 1; next }
/^### / { flush(); print ".SS " substr($0, 5); first = 1; next }
!is_wanted { next }
/^\|--/ { next }
/^\| / {
    split(substr($0, 3), cell, / *[|] */)
    if (cell[1] ~ /^(Property|Options|Annotation)$/) {
        flush()
        split(substr($0, 3), column, / *[|] */)
    } else
        row()
    next
}
{ prose($0) }

END {
    if (part == "examples")
        print ".EE"
    prose("")
    while (at <= texts && text[at] ~ /^## /) {
        heading(substr(text[at], 4))
        describe()
    }
    see(see_also)
}

# From lines of tests/bench/run to a table. They are
#
#   run WORDS                           when, where and how often it was measured
#   program NAME VERSION                a column; the first is the one that the others are compared with, a fourth its plain build
#   row ROW TITLE                       a row, followed by
#   time ROW PROGRAM MILLISECONDS       sorted within a row and program
#   cpu ROW PROGRAM MILLISECONDS        the same, of each round
#   memory ROW PROGRAM KIB
#   size size PROGRAM BYTES             of the program's file
#
# With -v form=readme it is the shorter table of README.md, with one quartile and the ratios of the medians.

$1 == "run" {
    run = substr($0, 5)
}

$1 == "program" {
    column[++columns] = $2
    heading[columns] = substr($0, 9)
}

$1 == "row" {
    row[++rows] = $2
    title[$2] = substr($0, length($2) + 6)
}

$1 == "time" {
    value[$2, $3, ++count[$2, $3]] = $4
}

$1 == "cpu" {
    value["cpu " $2, $3, ++count["cpu " $2, $3]] = $4
}

$1 == "memory" || $1 == "size" {
    amount[$2, $3] = $1 == "memory" ? $4 / 1024 : $4 / 1048576
}

function quantile(what, who, part) {
    return value[what, who, int(part * (count[what, who] - 1) + 0.5) + 1]
}

function times(what, who) {
    if (!count[what, who]) {
        return "-"
    }
    return sprintf("%.2f (%.2f, %.2f)", quantile(what, who, 0.5), quantile(what, who, 0.25), quantile(what, who, 0.75))
}

function ratio(what, who, to, other) {
    if (!count[what, who] || !count[to, other]) {
        return "-"
    }
    return sprintf("%.2f (%.2f)", quantile(what, who, 0.5) / quantile(to, other, 0.5), \
        quantile(what, who, 0.25) / quantile(to, other, 0.25))
}

function amounts(what,    i, text) {
    for (i = 1; i <= columns; i++) {
        text = text (i == 1 ? "" : " / ") ((what, column[i]) in amount ? sprintf("%.1f", amount[what, column[i]]) : "-")
    }
    if ((what, column[1]) in amount && (what, column[2]) in amount) {
        text = text sprintf(" (%.2f)", amount[what, column[1]] / amount[what, column[2]])
    }
    return text
}

function short(what, who) {
    return count[what, who] ? sprintf("%.2f (%.2f)", quantile(what, who, 0.5), quantile(what, who, 0.25)) : ""
}

function to(what, who, other) {
    return count[what, who] && count[what, other] ? sprintf("%.2f", quantile(what, who, 0.5) / quantile(what, other, 0.5)) : ""
}

function amount_to(what, who, other) {
    return (what, who) in amount && (what, other) in amount ? sprintf("%.2f", amount[what, who] / amount[what, other]) : ""
}

function amount_row(what, title,    i, text) {
    text = "| " title
    for (i = 1; i <= 3; i++) {
        text = text " | " ((what, column[i]) in amount ? sprintf("%.1f", amount[what, column[i]]) : "")
    }
    print text " | " amount_to(what, column[1], column[2]) " | " amount_to(what, column[1], column[3]) \
        " | " amount_to(what, column[4], column[2]) " |"
}

function readme(    i) {
    print "Medians in ms (25th percentile): " run ". [docs/performance.md](docs/performance.md) says what each row is and where the"
    print "time goes.\n"
    print "| | " heading[1] " | " heading[2] " | " heading[3] " | to " column[2] " | to " column[3] " | plain build to " column[2] \
        " |\n|---|---|---|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
        print "| " title[row[i]] " | " short(row[i], column[1]) " | " short(row[i], column[2]) " | " short(row[i], column[3]) \
            " | " to(row[i], column[1], column[2]) " | " to(row[i], column[1], column[3]) " | " to(row[i], column[4], column[2]) " |"
    }
    amount_row("run", "peak memory of `run`, MiB")
    amount_row("size", "size of the file, MiB")
}

END {
    if (form == "readme") {
        readme()
        exit
    }
    format = "| %-34s | %-20s | %-20s | %-24s | %-11s | %-11s | %-9s | %-11s | %-24s |\n"
    printf format, "ms", heading[1], heading[2], heading[3], "to " column[2], "to " column[3], "CPU to " column[2], "plain to " column[2], \
        "peak memory, MiB"
    print "|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
        printf format, title[row[i]], times(row[i], column[1]), times(row[i], column[2]), times(row[i], column[3]), \
            ratio(row[i], column[1], row[i], column[2]), ratio(row[i], column[1], row[i], column[3]), \
            to("cpu " row[i], column[1], column[2]), ratio(row[i], column[4], row[i], column[2]), amounts(row[i])
        if (row[i] == "floor" && count["run", column[1]]) {
            printf format, "`run` to the floor", ratio("run", column[1], row[i], column[1]), ratio("run", column[2], row[i], column[1]), \
                ratio("run", column[3], row[i], column[1]), "", "", "", ratio("run", column[4], row[i], column[1]), ""
        }
    }
    print "\nsize of the file, MiB: " amounts("size")
}

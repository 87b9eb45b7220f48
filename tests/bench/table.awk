# From "PROGRAM VERSION" (three lines) and then "ROW PROGRAM VALUE", sorted by value within a row and program, to a table.

BEGIN {
    title["version"] = "`--version`"
    title["state"] = "`state` of a running container"
    title["run"] = "`run` of `/bin/true`"
    title["lifecycle"] = "create, start, delete"
    title["exec"] = "`exec` of `/bin/true`"
    title["memory"] = "peak memory of `run`, MiB"
    title["size"] = "size of the file, MiB"
    rows = split("version state run lifecycle exec memory size", row, " ")
}

NR <= 3 {
    column[NR] = $1
    heading[NR] = $0
    next
}

{
    if ($1 == "memory") {
        $3 /= 1024
    } else if ($1 == "size") {
        $3 /= 1048576
    }
    value[$1, $2, ++count[$1, $2]] = $3
}

function quantile(what, who, part,    n, at) {
    n = count[what, who]
    if (n == 0) {
        return -1
    }
    at = int(part * (n - 1) + 0.5) + 1
    return value[what, who, at]
}

function cell(what, who) {
    if (!count[what, who]) {
        return "-"
    }
    if (what == "memory" || what == "size") {
        return sprintf("%.1f", quantile(what, who, 0.5))
    }
    return sprintf("%.2f (%.2f)", quantile(what, who, 0.5), quantile(what, who, 0.25))
}

function ratio(what, other) {
    if (!count[what, column[1]] || !count[what, other]) {
        return "-"
    }
    if (what == "memory" || what == "size") {
        return sprintf("%.2f", quantile(what, column[1], 0.5) / quantile(what, other, 0.5))
    }
    return sprintf("%.2f (%.2f)", quantile(what, column[1], 0.5) / quantile(what, other, 0.5), \
        quantile(what, column[1], 0.25) / quantile(what, other, 0.25))
}

END {
    format = "| %-32s | %-18s | %-18s | %-18s | %-13s | %-13s |\n"
    printf format, "ms", heading[1], heading[2], heading[3], "to " column[2], "to " column[3]
    print "|---|---|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
        printf format, title[row[i]], cell(row[i], column[1]), cell(row[i], column[2]), cell(row[i], column[3]), \
            ratio(row[i], column[2]), ratio(row[i], column[3])
    }
}

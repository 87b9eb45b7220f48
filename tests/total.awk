# Adds up xunit's XML reports. The first file is tests/skip.list: the name of a test, or of a class with
# ".*", a blank, the reason why it may be skipped.
# Variables: ci ("true": a skip that the list does not have is a failure), broken (suites that did not come to their end), engines
# (the three numbers of conformance/run).
# From the second file on RS is "<" (the caller sets it): a record is then one tag with the text behind it, for xunit writes
# every other "<" as an entity.
# A report NAME.again.xml has the tests of NAME.xml that failed, run once more.

function attribute(name,    at) {
    if (!match($0, " " name "=\"[^\"]*\"")) {
        return ""
    }
    at = length(name) + 3
    return plain(substr($0, RSTART + at, RLENGTH - at - 1))
}

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&#x[aAdD];/, " ", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

FNR == NR && FILENAME ~ /skip\.list$/ {
    if ($0 !~ /^(#|$)/) {
        name = $1
        sub(/^[^ ]+ +/, "")
        allowed[name] = $0
    }
    next
}

FNR == 1 {
    place = FILENAME
    sub(/\.xml$/, "", place)
    again = sub(/\.again$/, "", place)
    sub(/.*\./, "", place)
    test = ""
}

/^message>/ && result == "Fail" {
    said[failureCount] = plain(substr($0, 9))
    next
}

# The second run of what failed, whichever of the two reports comes first.
again {
    if (/^test / && attribute("result") == "Pass") {
        recovered[attribute("name") " (" place ")"] = 1
    }
    next
}

/^assembly / {
    passed += attribute("passed")
    failed += attribute("failed") + attribute("errors")
}

/^test / {
    test = attribute("name")
    result = attribute("result")
    if (result == "Pass") {
        ran[test] = 1
    } else if (result == "Fail") {
        ran[test] = 1
        failures[++failureCount] = test " (" place ")"
    } else if (result == "Skip" && !(test in skipped)) {
        skipped[test] = "no reason given"
        method[test] = attribute("type") "." attribute("method")
        class[test] = attribute("type") ".*"
        order[++skipCount] = test
    }
}

/^reason>/ && (test in skipped) {
    reason = plain(substr($0, 8))
    gsub(/[ \n\t]+/, " ", reason)
    if (skipped[test] == "no reason given") {
        skipped[test] = reason
    }
}

END {
    for (i = 1; i <= skipCount; i++) {
        test = order[i]
        if (test in ran) {
            elsewhere++
        } else if (method[test] in allowed || class[test] in allowed) {
            skips++
            print "skipped: " test ": " (method[test] in allowed ? allowed[method[test]] : allowed[class[test]])
        } else if (ci == "true") {
            failed++
            print "failed: " test ": skipped everywhere, and tests/skip.list does not allow it: " skipped[test]
        } else {
            skips++
            print "skipped: " test ": " skipped[test]
        }
    }
    # Last, for the end is what is read of a long output.
    for (i = 1; i <= failureCount; i++) {
        if (failures[i] in recovered) {
            passed++
            failed--
            print "unstable (passed when run once more, alone): " failures[i]
        } else {
            print "failed: " failures[i]
        }
        if (i in said) {
            gsub(/\n/, "\n    ", said[i])
            print "    " substr(said[i], 1, 2000)
        }
    }
    count = split(broken, suite, " ")
    for (i = 1; i <= count; i++) {
        failed++
        print "failed: " suite[i] ": the suite did not come to its end (status after the colon)"
    }
    split(engines, checks, " ")
    passed += checks[1]
    failed += checks[2]
    skips += checks[3]
    if (elsewhere) {
        print elsewhere " skipped in one place ran in the other"
    }
    if (passed + failed == 0) {
        print "failed: no test ran"
        failed = 1
    }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skips
    exit failed > 0
}

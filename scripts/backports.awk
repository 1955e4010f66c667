# Reads package sources in deb822 format; prints those of Debian 12, and each besides with backports in the place of its
# suite.

# The value of a field of the paragraph, or nothing.
function field(name,    count, lines, number, start) {
    count = split($0, lines, "\n")
    for (number = 1; number <= count; number++) {
        start = index(lines[number], ":")
        if (tolower(substr(lines[number], 1, start - 1)) == name) return substr(lines[number], start + 1)
    }
    return ""
}

function has(words, word) { return (" " words " ") ~ ("[ \t]" word "[ \t]") }

BEGIN { RS = "" }

{
    suites = field("suites")
    if (!has(field("types"), "deb") || !has(field("components"), "main") || field("enabled") ~ /no/) next
    if (!has(suites, "bookworm(-updates|-security)?")) next
    print $0 "\n"
    if (has(suites, "bookworm") && !has(suites, "bookworm-backports")) {
        other = $0
        gsub(/(^|\n)[Ss]uites:[^\n]*/, "\nSuites: bookworm-backports", other)
        sub(/^\n/, "", other)
        print other "\n"
    }
}

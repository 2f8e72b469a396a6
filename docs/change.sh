#!/usr/bin/env bash
# `make change`: what the pictures show. The listener as the base branch has it, and a pull request
# that gives it time zones and a page, so that it grows and breaks the limit of one platform.
#
#   change.sh CI_SLIM FOLDER    writes FOLDER/base/report.json, FOLDER/change/report.json
set -euo pipefail
ci_slim=$(realpath -s "$1") folder=$2
here=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$folder"
mkdir -p "$folder"

copy() {
    cp -r "$here/examples/listener" "$folder/$1-source"
    cat >>"$folder/$1-source/.ci-slim.yml" <<'END'
      update: 3 MB
      platforms:
        linux/amd64: {pull: 2.6 MB}
    keep: [/srv/**]
END
}

copy base
(cd "$folder/base-source" && "$ci_slim" run --baseline none --output ../base --quiet) || [ $? = 1 ]

copy change
sed -i 's|^	"time"$|&\n	_ "time/tzdata"|' "$folder/change-source/main.go"
echo "!dashboard.html" >>"$folder/change-source/.dockerignore"
printf '<!doctype html><title>Listener</title><h1>What came in today</h1>\n%.0s' {1..300} \
    >"$folder/change-source/dashboard.html"
sed -i 's|^COPY --from=build /out/listener .*|&\nCOPY dashboard.html /srv/dashboard.html|' \
    "$folder/change-source/Dockerfile"
(cd "$folder/change-source" &&
    "$ci_slim" run --baseline ../base/report.json --output ../change --quiet) || [ $? = 1 ]

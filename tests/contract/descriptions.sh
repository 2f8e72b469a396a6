#!/bin/sh
# Fetches what the contract tests hold our calls against: GitHub's own description of its API,
# real payloads of its events, its GraphQL schema, and the schema of SARIF. They are large, so they
# are kept in build/ and not in the repository.
set -eu

folder="$(dirname "$0")/../../build/npm"
wanted="@octokit/openapi@23.0.2 @octokit/webhooks-examples@7.6.1 @octokit/graphql-schema@15.26.1 @microsoft/jest-sarif@1.0.0-beta.0"

mkdir -p "$folder"
cd "$folder"
if [ "$(cat wanted 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
rm -f wanted
echo '{"private": true}' > package.json
# shellcheck disable=SC2086 # several words
npm install --no-audit --no-fund --ignore-scripts --save-exact $wanted
rm -f node_modules/@octokit/openapi/generated/*.deref.json # 300 MB that nothing reads
echo "$wanted" > wanted

#!/bin/sh
# Publishes this folder as the component project: release.sh VERSION IMAGE REMOTE
#
# The branch main there is this folder as it stands; the tag has the image of the release in it.
# https://docs.gitlab.com/ci/components/#publish-a-new-release
set -eu

version=$1 image=$2 remote=$3
if ! printf '%s' "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+'; then
  echo "release.sh: '$version' is no version such as 1.2.3: the catalog takes no other" >&2
  exit 2
fi
cd "$(git rev-parse --show-toplevel)"
branch=$(git subtree split --quiet --prefix gitlab)
for file in gitlab/templates/*.yml; do
  sed -i "s|^      default: ghcr.io/ci-slim/ci-slim:.*|      default: $image|" "$file"
done
git commit --quiet --message "release: $version" -- gitlab
tag=$(git subtree split --quiet --prefix gitlab)
git push --quiet "$remote" "$branch:refs/heads/main" "$tag:refs/tags/$version"

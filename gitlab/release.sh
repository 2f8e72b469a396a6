#!/bin/sh
# Publishes this folder as the component project: release.sh VERSION IMAGE SERVICE REMOTE
#
# The branch main there is this folder as it stands; in the tag, the image of the release and the
# image of the Docker service are named by digest.
# https://docs.gitlab.com/ci/components/#publish-a-new-release
set -eu

version=$1 image=$2 service=$3 remote=$4
if ! printf '%s' "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+'; then
  echo "release.sh: '$version' is no version such as 1.2.3: the catalog takes no other" >&2
  exit 2
fi
cd "$(git rev-parse --show-toplevel)"
branch=$(git subtree split --quiet --prefix gitlab)
for file in gitlab/templates/*.yml; do
  sed -i -e "s|^      default: ghcr.io/ci-slim/ci-slim:.*|      default: $image|" \
    -e "s|^      default: docker:.*|      default: $service|" "$file"
done
git commit --quiet --message "release: $version" -- gitlab
tag=$(git subtree split --quiet --prefix gitlab)
git push --quiet "$remote" "$branch:refs/heads/main" "$tag:refs/tags/$version"

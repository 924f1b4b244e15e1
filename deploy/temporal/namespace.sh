#!/bin/sh
# Makes the namespace and the search attributes of our runs. A run with an unknown attribute cannot start. It may run
# again: what exists stays. test/architecture/production.test.ts compares the list with src/contracts/messages.ts.
set -eu

# the port is open before the server serves, and a new namespace is known to it after some seconds
until_it_works() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 30 ] || exit 1
    sleep 2
  done
}
until_it_works temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 \
  || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d

list() {
  known=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE")
}
until_it_works list
while read -r name type; do
  echo "$known" | grep -qw "$name" \
    || temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type "$type"
done << 'ATTRIBUTES'
OrgId Keyword
OperationId Keyword
OrderId Keyword
OperationStatus Keyword
WaitingFor Keyword
PackageName KeywordList
NeedsOperator Bool
WaitingUntil Datetime
ATTRIBUTES

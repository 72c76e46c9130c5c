#!/bin/sh
# One line for each event, however often it is delivered: the key says which ones are the same.
set -eu
grep -qsF "$SYNC_IDEMPOTENCY_KEY " audit.log && exit 0
echo "$SYNC_IDEMPOTENCY_KEY $SYNC_EVENT_TIME $SYNC_EVENT_TYPE $SYNC_EVENT_SUBJECT" >> audit.log

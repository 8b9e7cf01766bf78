# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A token that the tests make themselves is taken, and refused when it is over: the cases of the source build on it.
token=$(token_for 15)
[ "$(token_status "$token")" = 200 ] || fail "a token for 15 s is refused at once"
cluster_until "$PATIENCE" token_is_refused "$token" || fail "a token for 15 s is taken after $PATIENCE s"

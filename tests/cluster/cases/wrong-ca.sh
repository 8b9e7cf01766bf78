# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A server whose certificate the given CA has not signed gets nothing, least of all the token.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/other.key" -out "$WORK/other.crt" \
	-days 2 -subj /CN=other 2>/dev/null
write_token "$(token_request)"
source_open "https://127.0.0.1:$API_PORT" "server=https://127.0.0.1:$API_PORT,ca=$WORK/other.crt,token=$WORK/token"
expect_like "$(down "$URL: TLS: *; give the CA that signed its certificate with ca=FILE")"
source_stop
[ -z "$(requests)" ] || fail "the server was asked: $(requests)"

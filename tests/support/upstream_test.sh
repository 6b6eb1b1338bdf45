#!/bin/sh
# upstream_test.sh PX_UPSTREAM - proves that px-upstream does what it says
#
# Starts it on loopback with ports of its own choice and asks it everything with curl.
# What the protocols say is in upstream_kinds_test.sh, but for the first of each.
# shellcheck source=tests/support/upstream_lib.sh
. "$(dirname "$0")/upstream_lib.sh"

test_gemini() {
	check gemini.ok "200 0" "$(gemini "$http")"
	check_that gemini.size_min less 2000000 "$(size)"
	check_that gemini.size_max less "$(size)" 3000000
	check gemini.finish STOP "$(body '.candidates[0].finishReason')"
	check_that gemini.signature less 1100000 \
		"$(body '.candidates[0].content.parts[]|.thoughtSignature//""|length')"
	body '.candidates[0].content.parts[0].inlineData.data' | base64 -d >"$work/png"
	check gemini.png_magic 89504e470d0a1a0a \
		"$(head -c 8 "$work/png" | od -An -tx1 | tr -d ' \n')"
	check gemini.png_end IEND "$(tail -c 8 "$work/png" | head -c 4)"
	check_that gemini.png_size less 690000 "$(wc -c <"$work/png")"
	check_that gemini.chunked has "$work/headers" '^Transfer-Encoding: chunked'
	check gemini.key_in_query "200 0" \
		"$(ask -d "$prompt" "$http$generate?key=good")"
	check gemini.no_key "403 0" "$(ask -d "$prompt" "$http$generate")"
	error_is gemini.no_key_shape 403 PERMISSION_DENIED
	check gemini.bad_key "400 0" \
		"$(ask -H 'x-goog-api-key: bad-key' -d "$prompt" "$http$generate")"
	check gemini.bad_key_reason API_KEY_INVALID "$(body '.error.details[0].reason')"
	check gemini.bad_json "400 0" "$(ask -H "$key" -d '{"contents":' "$http$generate")"
	error_is gemini.bad_json_shape 400 INVALID_ARGUMENT
	check gemini.no_contents "400 0" "$(ask -H "$key" -d '{}' "$http$generate")"
	check gemini.unknown_model "404 0" "$(ask -H "$key" -d "$prompt" \
		"$http/v1beta/models/gemini-0:generateContent")"
	error_is gemini.unknown_model_shape 404 NOT_FOUND
	check gemini.text_only "200 0" "$(ask -H "$key" -d \
		'{"contents":[{}],"generationConfig":{"responseModalities":["TEXT"]}}' \
		"$http$generate")"
	check gemini.text_only_part null "$(body '.candidates[0].content.parts[0].inlineData')"
	check gemini.stream "200 0" "$(ask -H "$key" -d "$prompt" \
		"$http$model:streamGenerateContent?alt=sse")"
	check gemini.stream_events 4 "$(grep -c '^data: {' "$work/body")"
	check gemini.stream_json 4 \
		"$(sed -n 's/^data: //p' "$work/body" | tr -d '\r' | jq -c .candidates | wc -l)"
	check gemini.count "200 0" "$(ask -H "$key" -d "$prompt" "$http$model:countTokens")"
	check gemini.count_body 5 "$(body .totalTokens)"
	check gemini.get_model "200 0" "$(ask -H "$key" "$http$model")"
	check gemini.get_model_name models/gemini-3-pro-image-preview "$(body .name)"
	check gemini.list "200 0" "$(ask -H "$key" "$http/v1beta/models")"
	check_that gemini.list_body less 2 "$(body '.models|length')"
	check gemini.method "405 0" "$(ask -X DELETE -H "$key" "$http$model")"
	check unknown_path "404 0" "$(ask "$http/nothing/here")"
	order -X PUT "$control/state" -d '{"gemini_keys":["only-this"]}' >"$work/null"
	check state.keys_refuse "400 0" "$(gemini "$http")"
	check state.keys_accept "200 0" \
		"$(ask -H 'x-goog-api-key: only-this' "$http$model")"
	check state.keys_hidden 1 "$(curl -sS "$control/state" | jq .gemini_keys)"
	order -X PUT "$control/state" -d '{"image":"small"}' >"$work/null"
	check image.small "200 0" \
		"$(ask -H 'x-goog-api-key: only-this' -d "$prompt" "$http$generate")"
	check_that image.small_size less "$(size)" 4000
	check state.unknown_member 400 "$(order -X PUT "$control/state" -d '{"colour":1}')"
	reset
}

test_openai() {
	ask_image='{"model":"gpt-image-1","prompt":"a lighthouse"}'
	bearer='Authorization: Bearer sk-good'
	path=$http/v1/images/generations
	check openai.ok "200 0" "$(ask -H "$bearer" -d "$ask_image" "$path")"
	check openai.b64 iVBORw0KGgo "$(body '.data[0].b64_json[0:11]')"
	check openai.no_key "401 0" "$(ask -d "$ask_image" "$path")"
	check openai.bad_key "401 0" \
		"$(ask -H 'Authorization: Bearer bad1' -d "$ask_image" "$path")"
	check openai.bad_key_code invalid_api_key "$(body .error.code)"
	check openai.unknown_model "404 0" "$(ask -H "$bearer" \
		-d '{"model":"x","prompt":"y"}' "$path")"
	check openai.unknown_parameter "400 0" "$(ask -H "$bearer" \
		-d '{"model":"gpt-image-1","prompt":"y","response_format":"url"}' "$path")"
	check openai.unknown_parameter_code unknown_parameter "$(body .error.code)"
	check openai.bad_json "400 0" "$(ask -H "$bearer" -d '{' "$path")"
	check openai.models "200 0" "$(ask -H "$bearer" "$http/v1/models")"
	check openai.models_object list "$(body .object)"
	check openai.model "200 0" "$(ask -H "$bearer" "$http/v1/models/gpt-image-1")"
}

test_openrouter_vertex() {
	bearer='Authorization: Bearer sk-or-good'
	slug=google/gemini-3-pro-image-preview
	check openrouter.no_key "401 0" "$(ask "$http/api/v1/key")"
	check openrouter.key "200 0" "$(ask -H "$bearer" "$http/api/v1/key")"
	check openrouter.models "200 0" "$(ask "$http/api/v1/models")"
	check openrouter.endpoints "200 0" "$(ask "$http/api/v1/models/$slug/endpoints")"
	check openrouter.endpoints_body "0 0" \
		"$(body '.data.endpoints|map(.status|tostring)|join(" ")')"
	order -X PUT "$control/state" -d '{"openrouter_endpoints":"degraded"}' >"$work/null"
	ask "$http/api/v1/models/$slug/endpoints" >"$work/null"
	check openrouter.degraded "-2 0" \
		"$(body '.data.endpoints|map(.status|tostring)|join(" ")')"
	check openrouter.unknown "404 0" "$(ask "$http/api/v1/models/a/b/endpoints")"
	base=/v1/projects/p/locations/global/publishers/google/models
	token='Authorization: Bearer ya29.x'
	check vertex.generate "200 0" "$(ask -H "$token" -d "$prompt" \
		"$http$base/gemini-3-pro-image-preview:generateContent")"
	check vertex.no_token "401 0" "$(ask -d "$prompt" \
		"$http$base/gemini-3-pro-image-preview:generateContent")"
	check vertex.predict "200 0" "$(ask -H "$token" -d '{"instances":[{"prompt":"x"}]}' \
		"$http$base/imagen-4.0-generate-001:predict")"
	check vertex.predict_body image/png "$(body '.predictions[0].mimeType')"
	reset
}

test_status() {
	check status.empty "200 0" "$(ask "$http/incidents.json")"
	check status.empty_body 0 "$(body length)"
	etag=$(sed -n 's/^ETag: //p' "$work/headers" | tr -d '\r')
	check status.not_modified "304 0" \
		"$(ask -H "If-None-Match: $etag" "$http/incidents.json")"
	check status.not_modified_body 0 "$(size)"
	order -X PUT "$control/state" -d '{"incidents":"open"}' >"$work/null"
	check status.changed "200 0" \
		"$(ask -H "If-None-Match: $etag" "$http/incidents.json")"
	check status.open "Z0FZJAMvEB4j3NbCJs6B true" \
		"$(body '.[0]|"\(.affected_products[0].id) \(.end == null)"')"
	check status.latest true "$(body '.[0]|.updates[0] == .most_recent_update')"
	order -X PUT "$control/state" -d '{"incidents":"closed"}' >"$work/null"
	ask "$http/incidents.json" >"$work/null"
	check status.closed false "$(body '.[0].end == null')"
	order -X PUT "$control/state" -d '{"incidents":{"body":[{"id":"own"}]}}' >"$work/null"
	ask "$http/incidents.json" >"$work/null"
	check status.own_body own "$(body '.[0].id')"
	check status.nothing "204 0" "$(ask "$http/generate_204")"
	check status.page "200 0" "$(ask "$http/api/v2/summary.json")"
	check status.page_body none "$(body .status.indicator)"
	order -X PUT "$control/state" -d '{"statuspage":"outage"}' >"$work/null"
	ask "$http/api/v2/summary.json" >"$work/null"
	check status.page_outage "major major_outage critical" "$(body \
		'"\(.status.indicator) \(.components[0].status) \(.incidents[0].impact)"')"
	studio=$(printf '%s' "$http/\$rpc/google.internal.alkali.applications.makersuite.v1." \
		"MakerSuiteService/ListIncidentsHistory")
	order -X PUT "$control/state" -d '{"aistudio":"open"}' >"$work/null"
	check status.studio "200 0" "$(ask -H "$key" -H 'Referer: https://x/' -d '[]' "$studio")"
	check status.studio_body "Nano Banana Pro outage." "$(body '.[0][0][0][1]')"
	check status.studio_no_referer "403 0" "$(ask -H "$key" -d '[]' "$studio")"
	reset
}

test_shapes() {
	for shape in $(curl -sS "$control/shapes" | jq -r '.shapes[]'); do
		rule "{\"id\":\"s\",\"path\":\"/v1beta/*\",\"action\":{\"shape\":\"$shape\"}}"
		found=$(gemini "$http")
		case $shape in
		[0-9]*) wanted=${shape%%-*} ;;
		captive-portal-302) wanted=302 ;;
		html-502) wanted=502 ;;
		*) wanted=$(echo "$shape" | sed 's/^[a-z]*-\([0-9]*\).*/\1/') ;;
		esac
		check "shape.$shape" "$wanted 0" "$found"
		case $shape in
		*html* | captive* | 200-empty | *truncated* | picture* | stream*) ;;
		*) check "shape.$shape.json" yes "$(jq -e . "$work/body" >"$work/null" && echo yes)" ;;
		esac
	done
	rule '{"id":"s","action":{"shape":"200-truncated-image"}}'
	gemini "$http" >"$work/null"
	check_that shape.truncated_is_large less 900000 "$(size)"
	check shape.truncated_is_broken no "$(jq . "$work/body" >"$work/null" 2>&1 || echo no)"
	rule '{"id":"s","action":{"shape":"403-suspended-with-key"}}'
	gemini "$http" >"$work/null"
	check_that shape.echoes_key has "$work/body" good-key-0001
	rule '{"id":"s","action":{"shape":"openai-429-rate"}}'
	gemini "$http" >"$work/null"
	check_that shape.retry_after has "$work/headers" '^Retry-After: 12'
	reset
}

test_rules() {
	rule '{"id":"a","action":{"status":503,"body":"busy","headers":{"Retry-After":"7"}}}'
	check rule.status "503 0" "$(ask "$http/generate_204")"
	check rule.body busy "$(cat "$work/body")"
	check_that rule.header has "$work/headers" '^Retry-After: 7'
	rule '{"id":"a","action":{"body":{"x":[1,2]}}}'
	check rule.json_body "200 0" "$(ask "$http/anything")"
	check rule.json_body_content 2 "$(body '.x[1]')"
	reset
	order -X PUT "$control/rules" -d '[
		{"id":"all","path":"*","action":{"status":500}},
		{"id":"beta","path":"/v1beta/*","action":{"status":502}},
		{"id":"exact","path":"/v1beta/models","action":{"status":504}},
		{"id":"net","path":"*","client":"127.0.1.0/24","action":{"status":521}},
		{"id":"host","path":"*","client":"127.0.1.2","action":{"status":522}},
		{"id":"get","path":"*","method":"PUT","action":{"status":523}}
	]' >"$work/null"
	check rule.any "500 0" "$(ask "$http/x")"
	check rule.longer_path "502 0" "$(ask "$http/v1beta/x")"
	check rule.exact_path "504 0" "$(ask "$http/v1beta/models")"
	check rule.client_net "521 0" "$(ask --interface 127.0.1.9 "$http/x")"
	check rule.client_host "522 0" "$(ask --interface 127.0.1.2 "$http/x")"
	check rule.path_before_client "502 0" \
		"$(ask --interface 127.0.1.2 "$http/v1beta/x")"
	check rule.method "523 0" "$(ask -X PUT "$http/x")"
	check rule.listed 6 "$(curl -sS "$control/rules" | jq '.rules|length')"
	check rule.used 1 \
		"$(curl -sS "$control/rules" | jq '.rules[]|select(.id=="exact").used')"
	order -X PUT "$control/rules" -d '{"id":"all","action":{"status":555}}' >"$work/null"
	check rule.replaced "555 0" "$(ask "$http/x")"
	check rule.replaced_in_place 6 "$(curl -sS "$control/rules" | jq '.rules|length')"
	check rule.delete 200 "$(order -X DELETE "$control/rules/all")"
	check rule.delete_unknown 404 "$(order -X DELETE "$control/rules/all")"
	check rule.deleted "404 0" "$(ask "$http/x")"
	rule '{"id":"k","path":"*","key":"key-0001","action":{"status":429}}'
	check rule.key "429 0" "$(gemini "$http")"
	check rule.other_key "200 0" \
		"$(ask -H 'x-goog-api-key: other' "$http$model")"
	check rule.key_hidden '"[redacted]"' "$(curl -sS "$control/rules" | jq '.rules[0].key')"
	rule '{"id":"s","path":"*","server":"127.0.2.1","action":{"status":418}}'
	check rule.server "418 0" "$(ask "http://127.0.2.1:$(field '.listeners[1].port')/x")"
	check rule.other_server "404 0" "$(ask "$http/x")"
	rule '{"id":"c","path":"*","count":2,"action":{"status":503}}'
	check rule.count "503 0,503 0,404 0" \
		"$(ask "$http/x"),$(ask "$http/x"),$(ask "$http/x")"
	reset
	rule '{"id":"p","path":"/dice","probability":0.5,"action":{"status":503}}'
	curl -sS -m 60 -o "$work/null" "$http/dice?[1-200]"
	hits=$(count 'path=/dice&status=503')
	echo "# probability 0.5 with seed $(field .seed): $hits of 200"
	check_that rule.probability_min less 60 "$hits"
	check_that rule.probability_max less "$hits" 140
	for bad in '{"id":"x","action":{"stat":1}}' '{"id":"x"}' '{"action":{"status":1}}' \
		'{"id":"x","client":"1.2.3","action":{"status":503}}' '{"id":"x","colour":1}' \
		'{"id":"x","action":{"shape":"none"}}' '{"id":"x","action":{"delay_ms":-1}}' \
		'{"id":"x","path":"/a","action":{"refuse":true}}' '{"id":"x","probability":2}' \
		'{"id":"x","action":{"bad_tls":"maybe"}}' '[' '{"id":"x","action":{"body_file":"no"}}'; do
		check "rule.refused $bad" 400 "$(order -X PUT "$control/rules" -d "$bad")"
	done
	reset
}

test_actions() {
	for base in "$http" "$https"; do
		kind=${base%%:*}
		rule '{"id":"a","action":{"delay_ms":250}}'
		gemini "$base" -k >"$work/null"
		took=$(curl -sSk -m 60 -o "$work/null" -w '%{time_starttransfer}' "$base/generate_204")
		check_that "$kind.delay" less 0.25 "$took"
		rule '{"id":"a","action":{"stall_after_bytes":50000}}'
		check "$kind.stall" "200 28" "$(stalled 50000 gemini "$base" -k)"
		check "$kind.stall_bytes" 50000 "$(size)"
		rule '{"id":"a","action":{"stall_after_bytes":0,"stall_ms":200}}'
		check "$kind.stall_ends" "200 0" "$(gemini "$base" -k)"
		check_that "$kind.stall_complete" less 2000000 "$(size)"
		rule '{"id":"a","action":{"reset_after_bytes":0}}'
		check "$kind.reset_at_once" "000 56" "$(gemini "$base" -k)"
		rule '{"id":"a","action":{"reset_after_bytes":1500000}}'
		check "$kind.reset" "200 56" "$(gemini "$base" -k)"
		check "$kind.reset_bytes" 1500000 "$(size)"
		check_that "$kind.reset_is_rst" has "$work/error" 'reset by peer'
		rule '{"id":"a","action":{"close":true}}'
		check "$kind.close" "000 52" "$(gemini "$base" -k)"
		rule '{"id":"a","action":{"close_after_bytes":1000}}'
		check_ends "$kind.close_mid_body" "$(gemini "$base" -k)" "200 18" "200 56"
		check "$kind.close_mid_body_bytes" 1000 "$(size)"
		rule '{"id":"a","action":{"body":"0123456789","close_after_bytes":4}}'
		gemini "$base" -k >"$work/null"
		check "$kind.close_known_length" 0123 "$(cat "$work/body")"
		rule '{"id":"a","action":{"garbage":true}}'
		check "$kind.garbage" "000 1" "$(gemini "$base" -k)"
		rule '{"id":"a","action":{"garbage":"SSH-2.0-x\r\n"}}'
		gemini "$base" -k --http0.9 >"$work/null"
		check "$kind.garbage_own" SSH-2.0-x "$(tr -d '\r\n' <"$work/body")"
		rule '{"id":"a","action":{"body":"0123456789","drip_bytes_per_s":40}}'
		took=$(curl -sSk -m 60 -o "$work/body" -w '%{time_total}' "$base/x")
		check_that "$kind.drip_slow" less 0.2 "$took"
		check "$kind.drip_whole" 0123456789 "$(cat "$work/body")"
		rule '{"id":"a","action":{"content_encoding_bomb":20}}'
		check "$kind.bomb" 20971520 \
			"$(curl -sSk -m 60 --compressed "$base/x" | wc -c | tr -d ' ')"
		check_that "$kind.bomb_small" less \
			"$(curl -sSk -m 60 "$base/x" | wc -c | tr -d ' ')" 40000
	done
	reset
}

# tls NAME FAULT EXIT WORD: the fault gives curl that exit status and that word
tls() {
	rule "{\"id\":\"t\",\"client\":\"127.0.1.2\",\"action\":{\"bad_tls\":\"$2\"}}"
	check "tls.$1" "000 $3" \
		"$(ask --interface 127.0.1.2 --cacert "$ca" "$https/generate_204")"
	check_that "tls.$1.reason" has "$work/error" "$4"
	check "tls.$1.others" "204 0" "$(ask --cacert "$ca" "$https/generate_204")"
}

test_tls() {
	ca=$work/minted-ca.pem
	check tls.good "204 0" "$(ask --cacert "$ca" "$https/generate_204")"
	check tls.ca_served same \
		"$(curl -sS "$control/ca.pem" | cmp -s - "$ca" && echo same)"
	tls expired expired 60 expired
	tls not_yet_valid not_yet_valid 60 'not yet valid'
	tls wrong_name wrong_name 60 'no alternative certificate subject name'
	tls self_signed self_signed 60 'self-signed'
	tls garbage garbage_hello 35 'wrong version'
	rule '{"id":"t","path":"tls","action":{"delay_ms":200}}'
	took=$(curl -sS -m 60 --cacert "$ca" -o "$work/null" -w '%{time_appconnect}' \
		"$https/generate_204")
	check_that tls.slow_handshake less 0.2 "$took"
	rule '{"id":"t","path":"tls","action":{"accept_hang":true}}'
	check tls.hang "000 28" "$(ask -m 1 --cacert "$ca" "$https/generate_204")"
	check tls.hang_spares_http "204 0" "$(ask "$http/generate_204")"
	rule '{"id":"t","path":"connect","client":"127.0.1.2","action":{"refuse":true}}'
	for base in "$http" "$https"; do
		check_ends "${base%%:*}.refuse" \
			"$(ask -k --interface 127.0.1.2 "$base/generate_204")" \
			"000 7" "000 35" "000 55" "000 56"
	done
	check connect.refuse_others "204 0" "$(ask "$http/generate_204")"
	check_that connect.counted less 1 "$(count path=connect)"
	rule '{"id":"t","path":"connect","action":{"accept_hang":true}}'
	check connect.hang "000 28" "$(ask -m 1 "$http/generate_204")"
	reset
}

test_requests() {
	ask --interface 127.0.1.3 -H "$key" -H 'Cookie: secret-cookie' "$http/seen/a" >"$work/null"
	ask "$http/seen/a?key=secret-query" >"$work/null"
	ask -H 'Authorization: Bearer secret-bearer' "$http/seen/b" >"$work/null"
	check requests.path 2 "$(count path=/seen/a)"
	check requests.glob 3 "$(count 'path=/seen/*')"
	check requests.client 1 "$(count 'path=/seen/*&client=127.0.1.3')"
	check requests.status 3 "$(count 'path=/seen/*&status=404')"
	curl -sS "$control/requests" >"$work/requests"
	check requests.no_secrets none "$(grep -o -e secret- -e good-key "$work/requests" ||
		echo none)"
	check_that requests.headers has "$work/requests" 'User-Agent: curl'
	check requests.last 1 "$(curl -sS "$control/requests?last=1" | jq '.recent|length')"
	check requests.timeout 408 \
		"$(order "$control/requests?wait=99&path=/seen/*&timeout_ms=50")"
	check requests.wait_over 200 "$(order "$control/requests?wait=3&path=/seen/*")"
	order "$control/requests?wait=1&path=/later" >"$work/waited" &
	waiter=$!
	ask "$http/later" >"$work/null"
	wait "$waiter"
	check requests.wait 200 "$(cat "$work/waited")"
	rule '{"id":"a","path":"/hung","action":{"stall_after_bytes":0}}'
	curl -sS -m 60 -o "$work/null" "$http/hung" 2>"$work/hung" &
	hung=$!
	check requests.seen_before_answer 200 "$(order "$control/requests?wait=1&path=/hung")"
	kill "$hung"
	wait "$hung" 2>"$work/null"
	reset
	check requests.reset 0 "$(count 'path=*')"
}

test_hooks() {
	order "$control/hooks/team?wait=2&timeout_ms=60000" >"$work/waited" &
	waiter=$!
	check hook.ok "200 0" "$(ask -H 'Idempotency-Key: k-1' -H 'X-Sign: s' \
		-H 'Content-Type: application/json' -d '{"text":"hé"}' "$http/hook/team?t=1")"
	check hook.second "200 0" "$(ask -d plain "$http/hook/team/more")"
	wait "$waiter"
	check hook.wait 200 "$(cat "$work/waited")"
	curl -sS "$control/hooks/team" >"$work/body"
	check hook.count 2 "$(body .count)"
	check hook.idempotency k-1 "$(body '.deliveries[0].idempotency_key')"
	check hook.header s "$(body '.deliveries[0].headers["X-Sign"]')"
	check hook.json hé "$(body '.deliveries[0].json.text')"
	check hook.query 1 "$(body '.deliveries[0].query.t')"
	check hook.text plain "$(body '.deliveries[1].body')"
	check hook.other_name 0 "$(curl -sS "$control/hooks/other" | jq .count)"
	check hook.timeout 408 "$(order "$control/hooks/other?wait=1&timeout_ms=50")"
	ask -d x "$http/hook/feishu-main" >"$work/null"
	check hook.feishu 0 "$(body .code)"
	ask -d x "$http/hook/wecom" >"$work/null"
	check hook.wecom 0 "$(body .errcode)"
	ask -d x "$http/hook/slack" >"$work/null"
	check hook.slack ok "$(cat "$work/body")"
	check hook.pagerduty "202 0" "$(ask -d x "$http/hook/pagerduty/v2/enqueue")"
	rule '{"id":"h","path":"/hook/*","action":{"status":429,"headers":{"Retry-After":"1"}}}'
	check hook.rule "429 0" "$(ask -d x "$http/hook/refused")"
	check hook.rule_not_kept 0 "$(curl -sS "$control/hooks/refused" | jq .count)"
	rule '{"id":"h","path":"/hook/*","action":{"close_after_bytes":0}}'
	ask -d x "$http/hook/lost" >"$work/null"
	check hook.lost_answer_kept 1 "$(curl -sS "$control/hooks/lost" | jq .count)"
	reset
}

# relay JSON
relay() {
	order -X PUT "$control/relays/cut" -d "$1" >"$work/null"
}

# dripping BASE: starts a slow download through BASE and returns once bytes flow
dripping() {
	rm -f "$work/flow"
	mkfifo "$work/flow"
	curl -sS -m 60 -N -o "$work/flow" -H "$key" -d "$prompt" "$1$generate" 2>"$work/error" &
	flow=$!
	exec 3<"$work/flow"
	dd bs=1 count=100 <&3 >"$work/null" 2>&1
}

# flowed: waits for the end of that download; sets flow_exit
flowed() {
	cat <&3 >"$work/rest"
	exec 3<&-
	wait "$flow"
	flow_exit=$?
}

test_relays() {
	target=$http
	target_control=$control
	start --http 127.0.0.1:0 --relay "cut=127.0.0.1:0,${target#http://}"
	through=http://127.0.0.1:$(field .relays.cut)
	check relay.up "204 0" "$(ask "$through/generate_204")"
	check relay.large "200 0" "$(gemini "$through")"
	check_that relay.large_size less 2000000 "$(size)"
	relay '{"state":"down"}'
	check relay.down "000 7" "$(ask "$through/generate_204")"
	relay '{"state":"up"}'
	check relay.healed "204 0" "$(ask "$through/generate_204")"
	check relay.bad_state 400 "$(order -X PUT "$control/relays/cut" -d '{"state":"ill"}')"
	check relay.unknown 404 "$(order -X PUT "$control/relays/no" -d '{"state":"up"}')"
	relay '{"state":"blackhole"}'
	order -X POST "$target_control/reset" >"$work/null"
	check relay.blackhole "000 28" "$(ask -m 1 "$through/black")"
	check relay.blackhole_swallows 0 \
		"$(curl -sS "$target_control/requests?path=/black" | jq .count)"
	relay '{"state":"half_out"}'
	check relay.half_out "000 28" "$(ask -m 1 "$through/half-out")"
	check relay.half_out_arrives 200 \
		"$(order "$target_control/requests?wait=1&path=/half-out")"
	relay '{"state":"half_in"}'
	check relay.half_in "000 28" "$(ask -m 1 "$through/half-in")"
	check relay.half_in_swallows 0 \
		"$(curl -sS "$target_control/requests?path=/half-in" | jq .count)"
	relay '{"state":"up"}'
	check relay.healed_again "204 0" "$(ask "$through/generate_204")"
	relay '{"delay_ms":100}'
	took=$(curl -sS -m 60 -o "$work/null" -w '%{time_total}' "$through/generate_204")
	check_that relay.delay less 0.2 "$took"
	relay '{"delay_ms":0,"bytes_per_s":5000000}'
	took=$(curl -sS -m 60 -o "$work/body" -w '%{time_total}' -H "$key" -d "$prompt" \
		"$through$generate")
	check_that relay.rate less 0.3 "$took"
	check_that relay.rate_whole less 2000000 "$(size)"
	relay '{"bytes_per_s":0}'
	order -X PUT "$target_control/rules" -d \
		'{"id":"d","path":"/v1beta/*","action":{"drip_bytes_per_s":50000}}' >"$work/null"
	dripping "$through"
	relay '{"state":"down"}'
	flowed
	check relay.cuts_existing 56 "$flow_exit"
	relay '{"state":"up"}'
	order -X PUT "$target_control/rules" -d \
		'{"id":"d","path":"/v1beta/*","action":{"drip_bytes_per_s":4000000}}' >"$work/null"
	dripping "$through"
	relay '{"state":"blackhole"}'
	relay '{"state":"up"}'
	flowed
	check_ends relay.blackhole_existing "$flow_exit" 0 56
	dripping "$through"
	relay '{"state":"freeze"}'
	relay '{"state":"up"}'
	flowed
	check relay.freeze_loses_nothing 0 "$flow_exit"
	check_that relay.freeze_whole less 2000000 "$(wc -c <"$work/rest")"
	check relay.listed "cut up" \
		"$(curl -sS "$control/relays" | jq -r '.relays[0]|"\(.name) \(.state)"')"
	kill -TERM "$pid"
	wait "$pid"
	check relay.exit 0 $?
}

test_certificates() {
	check ca.make 0 "$(sh "$here/mkca.sh" "$work/ca" DNS:api.test IP:127.0.0.1 >"$work/null" 2>&1
		echo $?)"
	check ca.client 0 "$(sh "$here/mkca.sh" "$work/ca" client eu-1 >"$work/null" 2>&1
		echo $?)"
	before=$(cat "$work"/ca/*.pem | cksum)
	sh "$here/mkca.sh" "$work/ca" DNS:api.test IP:127.0.0.1
	check ca.idempotent "$before" "$(cat "$work"/ca/*.pem | cksum)"
	check ca.usage 64 "$(sh "$here/mkca.sh" "$work/ca" nonsense >"$work/null" 2>&1
		echo $?)"
	for name in server client-eu-1 wrong-name; do
		check "ca.$name" 0 "$(openssl verify -CAfile "$work/ca/ca.pem" \
			"$work/ca/$name.pem" >"$work/null" 2>&1
			echo $?)"
	done
	check_that ca.expired has "$work/ca/expired.pem" BEGIN
	check ca.expired_is 0 "$(openssl verify -CAfile "$work/ca/ca.pem" \
		"$work/ca/expired.pem" 2>&1 | grep -q 'has expired'
		echo $?)"
	start --https 127.0.0.1:0 --cert "$work/ca/server.pem" --key "$work/ca/server.key" \
		--ca "$work/ca/ca.pem" --ca-key "$work/ca/ca.key"
	port=${https##*:}
	given() {
		ask --cacert "$work/ca/ca.pem" --resolve "api.test:$port:127.0.0.1" \
			"https://api.test:$port/generate_204"
	}
	check ca.served "204 0" "$(given)"
	for fault in expired wrong_name self_signed not_yet_valid; do
		rule "{\"id\":\"t\",\"action\":{\"bad_tls\":\"$fault\"}}"
		check "ca.$fault" "000 60" "$(given)"
	done
	kill -TERM "$pid"
	wait "$pid"
	check ca.exit 0 $?
}

test_recorded() {
	if [ -z "${PARALLAX_DATA-}" ] || [ ! -d "$PARALLAX_DATA" ]; then
		skip recorded "PARALLAX_DATA names no folder"
		return
	fi
	start --http 127.0.0.1:0 --data "$PARALLAX_DATA"
	check recorded.generate "200 0" "$(gemini "$http")"
	check recorded.generate_same same "$(cmp -s "$work/body" \
		"$PARALLAX_DATA/gemini/ok-200-image-gemini-3-pro-image-preview.body.json" && echo same)"
	rule '{"id":"s","action":{"shape":"429-quota-day"}}'
	check recorded.shape "429 0" "$(gemini "$http")"
	check recorded.shape_same same "$(cmp -s "$work/body" \
		"$PARALLAX_DATA/gemini/quoted/error-429-free-tier-limit-0-day-and-minute.body.json" &&
		echo same)"
	rule '{"id":"s","action":{"body_file":"aistudio/list-incidents-history-2026-04-17.json"}}'
	check recorded.body_file "200 0" "$(ask "$http/x")"
	check recorded.body_file_content 50 "$(body '.[0][0]|length')"
	check recorded.no_escape 400 "$(order -X PUT "$control/rules" \
		-d '{"id":"s","action":{"body_file":"../README.md"}}')"
	reset
	order -X PUT "$control/state" -d \
		'{"incidents":"file:google-cloud/incidents-2026-07-30.json"}' >"$work/null"
	check recorded.incidents "200 0" "$(ask "$http/incidents.json")"
	check recorded.incidents_content 4 "$(body length)"
	kill -TERM "$pid"
	wait "$pid"
	check recorded.exit 0 $?
}

test_load_and_end() {
	start --http 127.0.0.1:0 --http 127.0.2.1:0 --https 127.0.0.1:0 \
		--ready-file "$work/ready.json"
	check ready.file "$ready" "$(cat "$work/ready.json")"
	rule '{"id":"d","path":"/wait","action":{"delay_ms":300}}'
	took=$(curl -sS -m 60 -Z --parallel-max 200 -o "$work/null" -w '%{http_code}\n' \
		"$http/wait?[1-200]" 2>"$work/error" | sort | uniq -c | tr -s ' ')
	check load.concurrent " 200 404" "$took"
	curl -sS -m 60 -Z --parallel-max 50 -o "$work/null" -H "$key" -d "$prompt" \
		-w '%{http_code} %{size_download}\n' "$http$generate?[1-50]" 2>"$work/error" |
		sort -u >"$work/sizes"
	check load.pictures 1 "$(wc -l <"$work/sizes" | tr -d ' ')"
	# Ends at once with requests stalled, delayed, hung and being waited for.
	order -X PUT "$control/rules" -d '[
		{"id":"a","path":"/stall","action":{"body":"0123456789","stall_after_bytes":5}},
		{"id":"b","path":"/delay","action":{"delay_ms":100000}},
		{"id":"c","path":"connect","client":"127.0.1.2","action":{"accept_hang":true}}
	]' >"$work/null"
	curl -sS -m 30 "$http/stall" >"$work/null" 2>&1 &
	one=$!
	curl -sSk -m 30 "$https/delay" >"$work/null" 2>&1 &
	two=$!
	curl -sS -m 30 --interface 127.0.1.2 "$http/x" >"$work/null" 2>&1 &
	three=$!
	curl -sS -m 30 "$control/hooks/never?wait=1" >"$work/null" 2>&1 &
	four=$!
	for path in /stall /delay connect; do
		order "$control/requests?wait=1&path=$path" >"$work/null"
	done
	kill -TERM "$pid"
	wait "$pid"
	check end.exit 0 $?
	wait "$one" "$two" "$three" "$four"
	check help 0 "$("$binary" --help >"$work/help"
		echo $?)"
	check_that help.teaches has "$work/help" '/rules'
	check usage 64 "$("$binary" --http nonsense 2>"$work/null"
		echo $?)"
	check usage.unknown 64 "$("$binary" --nonsense 2>"$work/null"
		echo $?)"
}

start --http 127.0.0.1:0 --http 127.0.2.1:0 --https 127.0.0.1:0 \
	--ca-out "$work/minted-ca.pem"
first=$pid
test_gemini
test_openai
test_openrouter_vertex
test_status
test_shapes
test_rules
test_actions
test_tls
test_requests
test_hooks
test_relays
kill -TERM "$first"
wait "$first"
check first.exit 0 $?
test_certificates
test_recorded
test_load_and_end

finish

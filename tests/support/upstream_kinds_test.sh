#!/bin/sh
# upstream_kinds_test.sh PX_UPSTREAM - proves that px-upstream speaks what every kind of
# probe asks for, and that rules work on all of it
# shellcheck source=tests/support/upstream_lib.sh
. "$(dirname "$0")/upstream_lib.sh"

# state JSON
state() {
	check "state $1" 200 "$(order -X PUT "$control/state" -d "$1")"
}

# events FILTER: jq over the events of the last answer
events() {
	sed -n 's/^data: //p' "$work/body" | tr -d '\r' | jq -r "$1"
}

test_stream() {
	stream=$model:streamGenerateContent
	check stream.ok "200 0" "$(ask -H "$key" -d "$prompt" "$http$stream?alt=sse")"
	check_that stream.type has "$work/headers" '^Content-Type: text/event-stream'
	check_that stream.chunked has "$work/headers" '^Transfer-Encoding: chunked'
	check stream.events 4 "$(grep -c '^data: {' "$work/body")"
	check stream.picture iVBORw0KGgo "$(events \
		'.candidates[0].content.parts[0].inlineData.data//empty|.[0:11]')"
	check_that stream.one_event less 1000000 \
		"$(awk '{ if (length($0) > n) n = length($0) } END { print n }' "$work/body")"
	check stream.finish STOP "$(events '.candidates[0].finishReason//empty')"
	check stream.array "200 0" "$(ask -H "$key" -d "$prompt" "$http$stream")"
	check stream.array_content 4 "$(body length)"
	check stream.no_key "403 0" "$(ask -d "$prompt" "$http$stream?alt=sse")"
	for shape in error-inside unfinished unfinished-image no-image; do
		rule "{\"id\":\"s\",\"path\":\"/v1beta/*\",\"action\":{\"shape\":\"stream-200-$shape\"}}"
		check "stream.$shape" "200 0" \
			"$(ask -H "$key" -d "$prompt" "$http$stream?alt=sse")"
		case $shape in
		error-inside) check "stream.$shape.is" 503 "$(events '.error.code//empty')" ;;
		unfinished*) check "stream.$shape.is" "" \
			"$(events '.candidates[0].finishReason//empty')" ;;
		no-image) check "stream.$shape.is" STOP \
			"$(events '.candidates[0].finishReason//empty')" ;;
		esac
	done
	reset
}

test_model_pages() {
	names=$(awk 'BEGIN { for (i = 1; i <= 120; i++) printf "%s\"m-%03d\"", (i > 1 ? "," : ""), i }')
	state "{\"gemini_models\":[$names]}"
	check pages.first "200 0" "$(ask -H "$key" "$http/v1beta/models")"
	check pages.first_len "50 models/m-001" "$(body '"\(.models|length) \(.models[0].name)"')"
	next=$(body .nextPageToken)
	check pages.second "200 0" "$(ask -H "$key" "$http/v1beta/models?pageToken=$next")"
	check pages.second_len "50 models/m-051" "$(body '"\(.models|length) \(.models[0].name)"')"
	next=$(body .nextPageToken)
	check pages.last "200 0" "$(ask -H "$key" "$http/v1beta/models?pageToken=$next")"
	check pages.last_len "20 null" "$(body '"\(.models|length) \(.nextPageToken)"')"
	check pages.size "200 0" "$(ask -H "$key" "$http/v1beta/models?pageSize=1000")"
	check pages.size_len "120 null" "$(body '"\(.models|length) \(.nextPageToken)"')"
	check pages.bad_token "400 0" "$(ask -H "$key" "$http/v1beta/models?pageToken=x")"
	check pages.no_key "403 0" "$(ask "$http/v1beta/models")"
	reset
}

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# assertion ISS AUD IAT EXP [ALG]: a JWT signed with the key in $work/account.key
assertion() {
	jwt=$(printf '{"alg":"%s","typ":"JWT"}' "${5:-RS256}" | base64url).$(
		printf '{"iss":"%s","scope":"https://www.googleapis.com/auth/cloud-platform","aud":"%s","iat":%s,"exp":%s}' \
			"$1" "$2" "$3" "$4" | base64url
	)
	printf '%s.%s' "$jwt" "$(printf '%s' "$jwt" |
		openssl dgst -sha256 -sign "$work/account.key" | base64url)"
}

# token JWT
token() {
	ask --data-urlencode "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer" \
		--data-urlencode "assertion=$1" "$http/token"
}

test_oauth() {
	curl -sS "$control/service-account?token_uri=$http/token" >"$work/account"
	jq -r .private_key "$work/account" >"$work/account.key"
	mail=$(jq -r .client_email "$work/account")
	check oauth.account "service_account $http/token" \
		"$(jq -r '"\(.type) \(.token_uri)"' "$work/account")"
	now=$(date +%s)
	good=$(assertion "$mail" "$http/token" "$now" $((now + 3600)))
	check oauth.good "200 0" "$(token "$good")"
	check oauth.good_body "Bearer 3599" "$(body '"\(.token_type) \(.expires_in)"')"
	bearer=$(body .access_token)
	check oauth.bad_signature "400 0" "$(token "${good%?????}AAAAA")"
	check oauth.bad_signature_body "invalid_grant Invalid JWT Signature." \
		"$(body '"\(.error) \(.error_description)"')"
	check oauth.three_parts "400 0" "$(token a.b.c)"
	check oauth.two_parts "400 0" "$(token a.b)"
	check oauth.iss "400 0" "$(token \
		"$(assertion "x@example.com" "$http/token" "$now" $((now + 3600)))")"
	check oauth.aud "400 0" "$(token \
		"$(assertion "$mail" "https://example.com/token" "$now" $((now + 3600)))")"
	check oauth.expired "400 0" "$(token \
		"$(assertion "$mail" "$http/token" $((now - 4000)) $((now - 400)))")"
	check oauth.too_long "400 0" "$(token \
		"$(assertion "$mail" "$http/token" "$now" $((now + 7200)))")"
	check oauth.alg "400 0" "$(token \
		"$(assertion "$mail" "$http/token" "$now" $((now + 3600)) none)")"
	check oauth.grant "400 0" "$(ask -d "grant_type=password&assertion=$good" "$http/token")"
	check oauth.grant_body unsupported_grant_type "$(body .error)"
	models=/v1/projects/p/locations/us-central1/publishers/google/models
	vertex() {
		ask -H "Authorization: Bearer $bearer" -d "$prompt" \
			"$http$models/gemini-3-pro-image-preview:$1"
	}
	check vertex.ours "200 0" "$(vertex generateContent)"
	check vertex.count "200 0" "$(vertex countTokens)"
	check vertex.count_body 5 "$(body .totalTokens)"
	check vertex.predict "200 0" "$(ask -H "Authorization: Bearer $bearer" \
		-d '{"instances":[{"prompt":"x"}]}' \
		"$http$models/imagen-4.0-generate-001:predict")"
	check vertex.predict_body "2 iVBORw0KGgo null" "$(body \
		'"\(.predictions|length) \(.predictions[0].bytesBase64Encoded[0:11]) \(.predictions[1].bytesBase64Encoded)"')"
	order -X DELETE "$control/tokens" >"$work/null"
	check vertex.forgotten "401 0" "$(vertex generateContent)"
	check vertex.forgotten_shape "401 UNAUTHENTICATED" \
		"$(body '.error|"\(.code) \(.status)"')"
	state '{"token_seconds":0}'
	check oauth.short "200 0" "$(token "$good")"
	check oauth.short_body 0 "$(body .expires_in)"
	bearer=$(body .access_token)
	check vertex.expired "401 0" "$(vertex generateContent)"
	reset
}

test_links() {
	path=$http/v1/images/generations
	bearer='Authorization: Bearer sk-good'
	ask_link='{"model":"dall-e-3","prompt":"a lighthouse"}'
	check link.answer "200 0" "$(ask -H "$bearer" -d "$ask_link" "$path")"
	link=$(body '.data[0].url')
	check link.no_bytes null "$(body '.data[0].b64_json')"
	check link.get "200 0" "$(ask "$link")"
	check link.picture 89504e470d0a1a0a \
		"$(head -c 8 "$work/body" | od -An -tx1 | tr -d ' \n')"
	check_that link.length has "$work/headers" '^Content-Length: '
	check link.changed "403 0" "$(ask "${link%sig=*}sig=abc")"
	check link.unsigned "403 0" "$(ask "${link%%\?*}")"
	check link.key "403 0" "$(ask -H "$bearer" "$link")"
	check link.key_code AuthenticationFailed \
		"$(sed -n 's/.*<Code>\(.*\)<\/Code>.*/\1/p' "$work/body")"
	check link.bytes "200 0" "$(ask -H "$bearer" -d \
		'{"model":"dall-e-3","prompt":"x","response_format":"b64_json"}' "$path")"
	check link.bytes_body iVBORw0KGgo "$(body '.data[0].b64_json[0:11]')"
	state '{"picture_seconds":-5}'
	ask -H "$bearer" -d "$ask_link" "$path" >"$work/null"
	check link.expired "403 0" "$(ask "$(body '.data[0].url')")"
	state '{"picture_seconds":3600,"picture_origin":"https://pictures.invalid"}'
	ask -H "$bearer" -d "$ask_link" "$path" >"$work/null"
	check link.elsewhere https://pictures.invalid/private \
		"$(body '.data[0].url|split("/")[0:4]|join("/")')"
	reset
	for fault in '"shape":"picture-403-expired" 403' '"shape":"picture-404" 404' \
		'"shape":"200-html" 200' '"shape":"picture-200-truncated" 200' \
		'"delay_ms":10 200' '"status":302,"headers":{"Location":"/x"} 302'; do
		ask -H "$bearer" -d "$ask_link" "$path" >"$work/null"
		link=$(body '.data[0].url')
		rule "{\"id\":\"f\",\"path\":\"/private/*\",\"action\":{${fault% *}}}"
		check "link.fault ${fault% *}" "${fault##* } 0" "$(ask "$link")"
	done
	ask -H "$bearer" -d "$ask_link" "$path" >"$work/null"
	link=$(body '.data[0].url')
	rule '{"id":"f","path":"/private/*","action":{"close_after_bytes":1000}}'
	check link.cut "200 18" "$(ask "$link")"
	reset
}

test_openrouter() {
	bearer='Authorization: Bearer sk-or-good'
	slug=google/gemini-3-pro-image-preview
	pin='"provider":{"only":["google-ai-studio"],"allow_fallbacks":false}'
	chat=$http/api/v1/chat/completions
	ask_chat="\"model\":\"$slug\",\"messages\":[{}],\"modalities\":[\"image\",\"text\"]"
	check chat.ok "200 0" "$(ask -H "$bearer" -d "{$ask_chat,$pin}" "$chat")"
	check chat.image data:image/png "$(body \
		'.choices[0].message.images[0].image_url.url|split(";")[0]')"
	check chat.cost 0.136 "$(body .usage.cost)"
	check chat.no_pin "400 0" "$(ask -H "$bearer" -d "{$ask_chat}" "$chat")"
	check chat.fallbacks "400 0" "$(ask -H "$bearer" -d \
		"{$ask_chat,\"provider\":{\"only\":[\"google-ai-studio\"]}}" "$chat")"
	check chat.other_provider "404 0" "$(ask -H "$bearer" -d \
		"{$ask_chat,\"provider\":{\"only\":[\"azure\"],\"allow_fallbacks\":false}}" "$chat")"
	check chat.other_provider_body azure "$(body '.error.metadata.requested_providers[0]')"
	check chat.text_only "200 0" "$(ask -H "$bearer" -d \
		"{\"model\":\"$slug\",\"messages\":[{}],$pin}" "$chat")"
	check chat.text_only_body null "$(body '.choices[0].message.images')"
	check chat.no_key "401 0" "$(ask -d "{$ask_chat,$pin}" "$chat")"
	check images.ok "200 0" "$(ask -H "$bearer" -d \
		"{\"model\":\"$slug\",\"prompt\":\"x\",$pin}" "$http/api/v1/images")"
	check images.body "image/png 0.136" "$(body '"\(.data[0].media_type) \(.usage.cost)"')"
	check images.no_pin "400 0" "$(ask -H "$bearer" -d \
		"{\"model\":\"$slug\",\"prompt\":\"x\"}" "$http/api/v1/images")"
	check key.ok "200 0" "$(ask -H "$bearer" "$http/api/v1/key")"
	check key.body "100 87.5" "$(body '.data|"\(.limit) \(.limit_remaining)"')"
	state '{"openrouter_credit":"none"}'
	ask -H "$bearer" "$http/api/v1/key" >"$work/null"
	check key.none 0 "$(body .data.limit_remaining)"
	state '{"openrouter_credit":"unlimited"}'
	ask -H "$bearer" "$http/api/v1/key" >"$work/null"
	check key.unlimited null "$(body .data.limit)"
	check models.ok "200 0" "$(ask "$http/api/v1/models")"
	check models.price "0.00012 65536" "$(body \
		".data[]|select(.id==\"$slug\")|\"\(.pricing.image_output) \(.context_length)\"")"
	check endpoints.no_key "200 0" "$(ask "$http/api/v1/models/$slug/endpoints")"
	check endpoints.no_key_body "null null" "$(body \
		'.data.endpoints[0]|"\(.latency_last_30m) \(.throughput_last_30m)"')"
	check endpoints.key "200 0" "$(ask -H "$bearer" "$http/api/v1/models/$slug/endpoints")"
	check endpoints.key_body "3900 102 0.000002" "$(body \
		'.data.endpoints[0]|"\(.latency_last_30m.p50) \(.throughput_last_30m.p99) \(.pricing.prompt)"')"
	reset
}

test_pages() {
	for path in /en/feed.atom /incidents.rss /incidents.atom /datadog/status.json \
		/api/v2/summary.json; do
		check "page $path" "200 0" "$(ask "$http$path")"
		etag=$(sed -n 's/^ETag: //p' "$work/headers" | tr -d '\r')
		check "page.unchanged $path" "304 0" \
			"$(ask -H "If-None-Match: $etag" "$http$path")"
	done
	state '{"feed":"open","datadog":"outage"}'
	for path in /en/feed.atom /incidents.rss /incidents.atom; do
		ask "$http$path" >"$work/null"
		check "feed.open $path" 1 "$(grep -o -e '<entry>' -e '<item>' "$work/body" | wc -l)"
		check "feed.open_not_over $path" "" "$(grep -o -i resolved "$work/body")"
	done
	check feed.google_title UPDATE "$(ask "$http/en/feed.atom" >"$work/null"
		sed -n 's/^ *<title>\([A-Z]*\): .*/\1/p' "$work/body")"
	state '{"feed":"closed"}'
	ask "$http/en/feed.atom" >"$work/null"
	check feed.google_closed "RESOLVED UPDATE" \
		"$(sed -n 's/^ *<title>\([A-Z]*\): .*/\1/p' "$work/body" | xargs)"
	ask "$http/incidents.rss" >"$work/null"
	check_that feed.rss_closed has "$work/body" Resolved
	state '{"feed":{"body":"<rss><channel/></rss>"}}'
	ask "$http/incidents.rss" >"$work/null"
	check feed.own '<rss><channel/></rss>' "$(cat "$work/body")"
	ask "$http/datadog/status.json" >"$work/null"
	check datadog.outage "major_outage investigating false" "$(body \
		'"\(.components[0].components[1].status) \(.incidents[0].currentStatus) \(.incidents[0].resolved)"')"
	state '{"statuspage_form":"incidentio"}'
	ask "$http/api/v2/summary.json" >"$work/null"
	check statuspage.imitated "null null" "$(body '"\(.incidents) \(.components[0].group)"')"
	state '{"statuspage":"outage"}'
	ask "$http/api/v2/summary.json" >"$work/null"
	check statuspage.imitated_outage 1 "$(body '.incidents|length')"
	reset
}

# Every path there is, and what a rule can do to it.
test_rules_on_all() {
	vertex=/v1/projects/p/locations/l/publishers/google/models
	for path in "$model:streamGenerateContent?alt=sse" "$model:generateContent" \
		"$model:countTokens" /v1beta/models "$vertex/x:generateContent" \
		"$vertex/x:predict" "$vertex/x:countTokens" /token /v1/models \
		/v1/images/generations /private/x.png /api/v1/chat/completions /api/v1/images \
		/api/v1/key /api/v1/models /api/v1/models/a/b/endpoints /en/feed.atom \
		/incidents.rss /incidents.atom /datadog/status.json /api/v2/summary.json \
		/incidents.json; do
		rule '{"id":"a","path":"/*","action":{"status":503,"delay_ms":5,"headers":{"Retry-After":"7"}}}'
		check "rules.status $path" "503 0" "$(ask -d x "$http$path")"
		check_that "rules.header $path" has "$work/headers" '^Retry-After: 7'
		rule '{"id":"a","path":"/*","action":{"body":"0123456789","stall_after_bytes":4}}'
		check "rules.stall $path" "200 28 4" "$(stalled 4 ask -d x "$http$path") $(size)"
		rule '{"id":"a","path":"/*","action":{"reset_after_bytes":0}}'
		check "rules.reset $path" "000 56" "$(ask -d x "$http$path")"
		rule '{"id":"a","path":"/*","action":{"garbage":true}}'
		check "rules.garbage $path" "000 1" "$(ask -d x "$http$path")"
	done
	reset
}

test_recorded() {
	if [ -z "${PARALLAX_DATA-}" ] || [ ! -d "$PARALLAX_DATA" ]; then
		skip recorded "PARALLAX_DATA names no folder"
		return
	fi
	start --http 127.0.0.1:0 --data "$PARALLAX_DATA"
	same() {
		check "recorded.$1" same "$(cmp -s "$work/body" "$PARALLAX_DATA/$1" && echo same)"
	}
	ask -H "$key" -d "$prompt" "$http$model:streamGenerateContent?alt=sse" >"$work/null"
	same gemini/ok-200-stream-image-gemini-2.0-flash.body.sse
	vertex=$http/v1/projects/p/locations/l/publishers/google/models
	ask -H 'Authorization: Bearer t' -d '{"instances":[{}]}' \
		"$vertex/imagen-4.0-generate-001:predict" >"$work/null"
	same gemini/ok-200-vertex-imagen-predict.body.json
	ask -H 'Authorization: Bearer t' -d "$prompt" \
		"$vertex/gemini-2.5-flash-image:generateContent" >"$work/null"
	same gemini/ok-200-vertex-gemini-2.5-flash-image-jpeg.body.json
	ask "$http/api/v1/models" >"$work/null"
	same openrouter/models-2026-07-31.json
	file=google-cloud/feed-2022-04-01-one-entry.atom.xml
	state "{\"feed\":\"file:$file\"}"
	ask "$http/en/feed.atom" >"$work/null"
	same "$file"
	file=openrouter/status-page-datadog-2026-09-15-trimmed.json
	state "{\"datadog\":\"file:$file\"}"
	ask "$http/datadog/status.json" >"$work/null"
	same "$file"
	kill -TERM "$pid"
	wait "$pid"
	check recorded.exit 0 $?
}

start --http 127.0.0.1:0 --https 127.0.0.1:0
first=$pid
test_stream
test_model_pages
test_oauth
test_links
test_openrouter
test_pages
test_rules_on_all
kill -TERM "$first"
wait "$first"
check first.exit 0 $?
test_recorded
finish

# count_cases - single test cases out of what `ctest --output-junit` wrote
#
#   awk -v prefix=STAGE -f count_cases.awk FILE
#
# Prints one line a case: "passed NAME", "failed NAME" or "skipped NAME". The cases of one
# ctest test are, in its output,
#   - those of cmocka: "[ RUN      ] name" up to OK, FAILED or SKIPPED of that name; a case
#     that was begun and never ended has failed;
#   - lines "ok NAME", "not ok NAME" and "skipped NAME" of scripts.
# A test without any of these is one case itself. A test that ctest calls failed although
# none of its cases did (a leak found at exit, a time limit) adds one failed case, and so
# does one that could not be started; one that asked to be skipped is one skipped case.

function add(result, name) {
	print result " " prefix test (name == "" ? "" : ": " name)
	cases++
	if (result == "failed")
		failures++
}

function attribute(name, text) {
	text = $0
	if (!sub(".*[ \t]" name "=\"", "", text))
		return ""
	sub(/".*/, "", text)
	return text
}

function plain(text) {
	gsub(/&lt;/, "<", text)
	gsub(/&gt;/, ">", text)
	gsub(/&quot;/, "\"", text)
	gsub(/&apos;/, "'", text)
	gsub(/&amp;/, "\\&", text)
	return text
}

function case_line(line) {
	if (line ~ /^\[ RUN      \] /) {
		if (running != "")
			add("failed", running)
		running = substr(line, 14)
	} else if (running != "" && line == "[       OK ] " running) {
		add("passed", running)
		running = ""
	} else if (running != "" && line == "[  FAILED  ] " running) {
		add("failed", running)
		running = ""
	} else if (running != "" && line == "[  SKIPPED ] " running) {
		add("skipped", running)
		running = ""
	} else if (line ~ /^ok [^ ]/) {
		add("passed", substr(line, 4))
	} else if (line ~ /^not ok [^ ]/) {
		add("failed", substr(line, 8))
	} else if (line ~ /^skipped [^ ]/) {
		add("skipped", substr(line, 9))
	}
}

function test_end() {
	if (running != "")
		add("failed", running)
	if (status == "fail" && failures == 0)
		add("failed", cases > 0 ? "as a whole" : "")
	else if (status == "notrun" && why !~ /^SKIP_/)
		add("failed", "not run: " why)
	else if (status == "notrun" || status == "disabled") {
		if (cases == 0)
			add("skipped", "")
	} else if (cases == 0)
		add("passed", "")
}

/^\t<testcase / {
	test = plain(attribute("name"))
	status = attribute("status")
	why = running = ""
	cases = failures = 0
	next
}
/^\t\t<skipped / { why = attribute("message"); next }
/^\t\t<system-out>/ {
	inside = 1
	sub(/^\t\t<system-out>/, "")
}
inside {
	ends = sub(/<\/system-out>$/, "")
	case_line(plain($0))
	if (ends)
		inside = 0
	next
}
/^\t<\/testcase>/ { test_end() }

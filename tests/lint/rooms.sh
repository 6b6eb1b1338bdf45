#!/bin/sh
# rooms.sh - the core libraries cannot touch the world, proved by their symbols
#
# For libcommon_core.a, libagent_core.a and libcollector_core.a of a plain build:
#   - every undefined symbol is on the list below, or is defined in the same library or in
#     common_core;
#   - nothing lies in a writable section: no mutable statics;
#   - but agent/core/xml.c calls expat, whose allocator has no argument to say whose memory
#     it is to use: one thread-local pointer, set for the time of a call, says so;
#   - every source compiles without floating-point registers: integers only.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"
lint_start rooms "$@"
lint_tool nm
lint_tool objdump
lint_tool gcc

# bcmp is what clang makes of memcmp() == 0; the last line is 128-bit and bit-counting
# arithmetic of the compiler's own library, integers only.
allowed='^(mem(chr|cmp|cpy|move|set)|bcmp'
allowed="$allowed|str(cat|chr|cmp|cpy|cspn|len|ncat|ncmp|ncpy|nlen|pbrk|rchr|spn|str)"
allowed="$allowed|snprintf|__snprintf_chk"
allowed="$allowed|__(mem(cpy|move|set)|str(cat|cpy|ncat|ncpy))_chk"
allowed="$allowed|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"
allowed="$allowed|__(u?div|u?mod|u?divmod|mul)ti[345]|__muloti4|__(popcount|clz|ctz)[dt]i2)\$"

# defined ARCHIVE...: the symbols that they define for others.
defined() {
	nm -P -g --defined-only "$@" | awk 'NF > 1 { print $1 }'
}

# undefined ARCHIVE: "object symbol" for each symbol it wants.
undefined() {
	nm -A -P -u "$1" | sed 's/^.*\[\(.*\)\]: \([^ ]*\).*$/\1 \2/'
}

# writable ARCHIVE: "object symbol" for each variable that can change.
writable() {
	objdump -t "$1" | awk '
		/file format/ { object = $1; sub(/:$/, "", object); next }
		{
			tab = index($0, "\t")
			if (tab == 0)
				next
			fields = split(substr($0, 1, tab - 1), left, " ")
			section = left[fields]
			split(substr($0, tab + 1), right, " ")
			if (section !~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ ||
			    section ~ /^\.data\.rel\.ro/ || right[1] ~ /^0*$/)
				next
			print object, right[2]
		}'
}

common=$build/common/libcommon_core.a
lint_need "$common"
for library in common agent collector; do
	archive=$build/$library/lib${library}_core.a
	lint_need "$archive"
	defined "$archive" "$common" | sort -u >"$work/defined"
	undefined "$archive" | sort -u | awk -v allowed="$allowed" -v names="$work/defined" \
		-v library="${library}_core" '
		BEGIN { while ((getline name < names) > 0) known[name] = 1 }
		library == "agent_core" && $1 == "xml.c.o" && $2 ~ /^XML_/ { next }
		!($2 in known) && $2 !~ allowed {
			print library ": " $1 ": calls " $2 ", which the core may not"
		}' | lint_found
	writable "$archive" | sed -e '/^xml\.c\.o turn$/d' \
		-e "s/^\([^ ]*\) \(.*\)\$/${library}_core: \1: \2 is a mutable static/" |
		lint_found
done

# -mgeneral-regs-only makes any use of a floating-point value an error of the compiler.
echo 'int x;' >"$work/probe.c"
if gcc -mgeneral-regs-only -S -o "$work/probe.s" "$work/probe.c" 2>"$work/probe"; then
	lint_files '*.c' | grep '^[a-z]*/core/' | xargs -r -P "$jobs" -I '{}' sh -c '
		out=$(gcc -std=c17 -D_POSIX_C_SOURCE=200809L -I. -mgeneral-regs-only -O1 -S \
			-o /dev/null "$1" 2>&1) || echo "$out" |
			sed -n "s/^\([^ ]*:[0-9]*\):[0-9]*: error: /\1: floating point in the core: /p"
	' - '{}' | lint_found
fi
lint_end

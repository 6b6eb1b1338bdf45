#include "tests/support/upstream_glob.h"

bool
upstream_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *resume = NULL;

	/* Only the last star needs another try: an earlier one that took more text
	 * could not make a later one match anything new. */
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

size_t
upstream_glob_weight(const char *pattern)
{
	size_t weight = 0;
	bool exact = true;

	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			exact = false;
		} else {
			weight += 2;
		}
	}
	return weight + (exact ? 1 : 0);
}

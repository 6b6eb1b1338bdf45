/* spool_told - what is in the spool of an agent that does not run, as one line of JSON
 *
 * usage: spool_told PATH
 *
 * {"given": the last number given, "dropped": rows dropped, "rows": [numbers]} */
#include "agent/shell/spool_lmdb.h"
#include "common/core/clock.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	const struct spool_limits limits = {
	    .bytes_max = UINT64_C(64) << 20, .age_max_ns = 86400 * CLOCK_NS_PER_S};
	const char *comma = "";
	char error[256] = "";
	struct spool *spool;
	bool set_aside;

	if (argc != 2 || spool_open(argv[1], &limits, &spool, &set_aside, error,
			     sizeof(error)) != ERR_OK) {
		(void)fprintf(stderr, "spool_told: %s\n", argc == 2 ? error : "PATH?");
		return EXIT_FAILURE;
	}
	(void)printf("{\"given\": %llu, \"dropped\": %llu, \"rows\": [",
	    (unsigned long long)(spool_book(spool)->next_seq - 1),
	    (unsigned long long)spool_book(spool)->dropped_rows);
	for (uint64_t seq = spool_first(spool, 1); seq < spool_book(spool)->next_seq;
	     seq = spool_first(spool, seq + 1)) {
		(void)printf("%s%llu", comma, (unsigned long long)seq);
		comma = ", ";
	}
	(void)puts("]}");
	spool_close(spool);
	return set_aside ? EXIT_FAILURE : EXIT_SUCCESS;
}

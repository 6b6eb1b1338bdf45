#include "common/shell/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static int
complain(const struct program *program)
{
	(void)fprintf(stderr, "Try: %s --help\n", program->name);
	return PROGRAM_USAGE;
}

/* One option; returns as program_parse(). */
static int
take(struct program *program, int option)
{
	switch (option) {
	case 'c':
		program->conf_path = optarg;
		return PROGRAM_GO_ON;
	case 'k':
		program->check = true;
		return PROGRAM_GO_ON;
	case 'o':
		program->once = true;
		return program->has_once ? PROGRAM_GO_ON : complain(program);
	case 'p':
		program->paid = true;
		return program->has_once ? PROGRAM_GO_ON : complain(program);
	case 'h':
		(void)fputs(program->help, stdout);
		return EXIT_SUCCESS;
	case 'V':
		(void)printf("%s %s\n", program->name, PARALLAX_VERSION);
		return EXIT_SUCCESS;
	default:
		return complain(program);
	}
}

int
program_parse(struct program *program, int argc, char **argv)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {"once", no_argument, NULL, 'o'},
	    {"paid", no_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		int status = take(program, option);

		if (status != PROGRAM_GO_ON) {
			return status;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s', try --help\n",
		    program->name, argv[optind]);
		return PROGRAM_USAGE;
	}
	if (program->paid && !program->once) {
		(void)fprintf(stderr, "%s: --paid stands alone, expected --once, too\n",
		    program->name);
		return complain(program);
	}
	return PROGRAM_GO_ON;
}

void
program_print(const struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->len; i++) {
		(void)fprintf(stderr, "%s: %s\n",
		    remarks_severity_name(remarks->remark[i].severity),
		    remarks->remark[i].text);
	}
}

int
program_checked(const struct remarks *remarks)
{
	program_print(remarks);
	if (!remarks_ok(remarks)) {
		return PROGRAM_CONFIG;
	}
	(void)puts("configuration is good");
	return EXIT_SUCCESS;
}

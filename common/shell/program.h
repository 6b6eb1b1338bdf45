/* program - what the two services have in common at their start
 * Room: common/shell. From main() only. */
#ifndef COMMON_SHELL_PROGRAM_H
#define COMMON_SHELL_PROGRAM_H

#include "common/shell/remarks.h"

#include <stdbool.h>

enum {
	PROGRAM_GO_ON = -1,
	PROGRAM_USAGE = 64, /* sysexits(3): EX_USAGE */
	PROGRAM_CONFIG = 78 /* EX_CONFIG */
};

struct program {
	const char *name;      /* of the executable */
	const char *help;      /* the whole text */
	const char *conf_path; /* the default, replaced by -c */
	bool has_once;         /* knows --once */
	bool check;            /* --check was given */
	bool once;             /* --once was given */
	bool paid;             /* --paid was given, with it */
};

/* Reads the command line: -c FILE, --check, --once [--paid], --help, --version. Prints what is asked
 * for or what is wrong; returns the exit status to end with, or PROGRAM_GO_ON. */
int program_parse(struct program *program, int argc, char **argv);

/* Prints every remark to standard error, one line each with its severity. */
void program_print(const struct remarks *remarks);

/* The end of --check: prints the remarks, and whether the configuration is good. Returns
 * the exit status. */
int program_checked(const struct remarks *remarks);

#endif

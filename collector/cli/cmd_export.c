#include "collector/cli/command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The collector does not know where we are. */
static bool
make_absolute(const char *path, char out[PATH_MAX])
{
	char here[PATH_MAX];
	int len;

	if (path[0] == '/') {
		len = snprintf(out, PATH_MAX, "%s", path);
	} else if (getcwd(here, sizeof(here)) != NULL) {
		len = snprintf(out, PATH_MAX, "%s/%s", here, path);
	} else {
		len = -1;
	}
	return len > 0 && len < PATH_MAX;
}

static enum command_exit
export_store(struct command_context *context, const char *path)
{
	char absolute[PATH_MAX];
	char size[WORDS_BYTES];
	json_t *json = NULL;
	json_t *body;
	enum err err;

	if (!make_absolute(path, absolute)) {
		command_complain("'%.40s': the path is too long", path);
		return EXIT_USAGE;
	}
	body = json_pack("{ss}", "path", absolute);
	err = client_post(context->client, "/api/v1/store/copy", body, &json);
	json_decref(body);
	if (err != ERR_OK) {
		return command_fail(context, err);
	}
	if (context->options->format == WRITER_JSON) {
		writer_document(context->writer, json, false);
	} else {
		writer_line(context->writer, WRITER_PLAIN, "%s: %s bytes",
		    words_text(json, "path"),
		    words_integer(words_int(json, "bytes"), size));
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

static enum command_exit
run(struct command_context *context)
{
	const char *what = context->options->argument;
	const char *path = context->options->object;

	if (what == NULL || path == NULL || strcmp(what, "store") != 0) {
		command_complain(
		    "expected `store` and a new folder; see parallax export --help");
		return EXIT_USAGE;
	}
	return export_store(context, path);
}

const struct command cmd_export = {"export", "store FOLDER", OPTION_OBJECT,
    "a copy of the collector's store, taken while it runs",
    "The collector writes it, with the rights it has: into a folder that is not there "
    "yet.\n"
    "It is the store as of one moment, without the room that was given back. To go "
    "back to\n"
    "it, stop the collector and put the folder in the place of `store.path`.\n"
    "\n"
    "  parallax export store /var/lib/parallax/backup-2026-11-23\n",
    run};

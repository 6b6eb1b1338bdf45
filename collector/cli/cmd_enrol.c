#include "collector/cli/command.h"
#include "common/core/clock.h"
#include "common/core/duration.h"

static json_t *
body_of(const struct options *options, int64_t ttl_ns)
{
	json_t *body =
	    json_pack("{ss ss}", "name", options->argument, "region", options->region);

	if (options->domain != NULL) {
		(void)json_object_set_new(body, "domain", json_string(options->domain));
	}
	if (ttl_ns > 0) {
		(void)json_object_set_new(
		    body, "ttl_s", json_integer(ttl_ns / CLOCK_NS_PER_S));
	}
	return body;
}

static void
show(const struct command_context *context, const json_t *json)
{
	if (context->options->format == WRITER_JSON) {
		writer_document(context->writer, json, false);
		return;
	}
	writer_line(context->writer, WRITER_PLAIN,
	    "Good once, until %s. On the agent's machine:",
	    words_text(json, "ends_at"));
	writer_line(context->writer, WRITER_PLAIN, "%s", "");
	writer_line(context->writer, WRITER_PLAIN, "  parallax-agent enrol %s",
	    words_text(json, "token"));
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;
	int64_t ttl_ns = 0;
	json_t *json = NULL;
	json_t *body;
	enum err err;

	if (options->argument == NULL || options->region == NULL) {
		command_complain(
		    "expected a name and --region; see parallax enrol --help");
		return EXIT_USAGE;
	}
	if (options->ttl != NULL && duration_parse(options->ttl, &ttl_ns) != ERR_OK) {
		command_complain(
		    "--ttl: got '%.40s', expected a time like 1h", options->ttl);
		return EXIT_USAGE;
	}
	body = body_of(options, ttl_ns);
	err = client_post(context->client, "/api/v1/agents", body, &json);
	json_decref(body);
	if (err != ERR_OK) {
		return command_fail(context, err);
	}
	show(context, json);
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_enrol = {"enrol", "NAME --region REGION",
    OPTION_REGION | OPTION_DOMAIN | OPTION_TTL, "a token that lets one agent in, once",
    "The agent is part of the fleet as soon as it has used the token; a region nobody "
    "knew\n"
    "is made for it. The token is a secret: whoever has it first is in. Asking again "
    "makes\n"
    "a new one and the old one void; an agent that is in stays in until the new token "
    "is\n"
    "used. `parallax agents revoke NAME` keeps an agent out.\n"
    "\n"
    "  --region R   where it stands\n"
    "  --domain D   what a new region shares its fate with: a cloud, a transit "
    "provider\n"
    "  --ttl T      how long the token is good: 60s to 7d, default 1h\n"
    "\n"
    "  parallax enrol tokyo-3 --region tokyo\n"
    "  parallax enrol lagos-1 --region lagos --domain cloud-c --ttl 15m\n",
    run};

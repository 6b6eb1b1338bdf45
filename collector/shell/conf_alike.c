#include "collector/shell/conf_alike.h"

#include "collector/core/identify.h"
#include "common/core/text.h"

#include <stdlib.h>

enum {
	SHOWN = 10,
	CAUSE_BYTES = 256,
	REMEDY_BYTES = 256,
	WHAT_BYTES = 2 * CAUSE_BYTES + 64
};

static void
add_name(struct text *text, const char *what, const char *name)
{
	text_add(text, what);
	text_add(text, "'");
	text_add(text, name);
	text_add(text, "'");
}

/* "Key refused (key 'one')" */
static void
write_cause(
    const struct topology *topology, const struct identify_cause *cause, char *out)
{
	const struct scope *scope = &cause->scope;
	struct text text;

	text_init(&text, out, CAUSE_BYTES);
	add_name(&text, "", verdict_title(cause->verdict));
	switch (scope->kind) {
	case SCOPE_TARGET:
	case SCOPE_FLEET:
	case SCOPE_PROVIDER:
		text_add(&text, " everywhere");
		break;
	case SCOPE_SERVING:
		text_add(&text, " at one of their regions");
		break;
	case SCOPE_REGION:
		add_name(&text, " of region ", topology->region[scope->index].name);
		break;
	case SCOPE_DOMAIN:
		add_name(&text, " of domain ", topology->domain[scope->index].name);
		break;
	case SCOPE_AGENT:
		add_name(&text, " of agent ", topology->agent[scope->index].name);
		break;
	case SCOPE_KEY:
		add_name(&text, " of key ", topology->key[scope->index].name);
		break;
	}
}

/* What would help; and puts `settings` to the line where it is missing. */
static void
write_remedy(struct settings *settings, const struct topology *topology,
    const struct identify_pair *pair, char *out)
{
	bool has_target = pair->target != TOPOLOGY_NONE;
	struct text text;

	text_init(&text, out, REMEDY_BYTES);
	settings_scope(settings, "%s", "");
	if (has_target) {
		settings_scope(settings, "targets[%u]", pair->target);
	}
	switch (pair->remedy) {
	case REMEDY_AGENT:
		settings_scope(settings, "regions[%u]", pair->place);
		add_name(&text, "one more agent in region ",
		    topology->region[pair->place].name);
		break;
	case REMEDY_REGION:
		text_add(&text, "an agent in a second region");
		break;
	case REMEDY_KEY:
		text_add(&text, "a second key, of another project (`keys` of agents)");
		break;
	case REMEDY_SPREAD:
		add_name(&text, "key ", topology->key[pair->place].name);
		text_add(&text, " in a second region");
		break;
	case REMEDY_CONTROLS:
		settings_scope(settings, "%s", "");
		text_add(&text, "controls, of different operators");
		break;
	case REMEDY_SERVING:
		text_add(&text,
		    "a second region of ours that is sent to the same region "
		    "of theirs (`serving`)");
		break;
	case REMEDY_DOMAIN:
		text_add(&text, "a region in another domain");
		break;
	}
}

/* "cannot tell A from B" */
static void
write_what(const struct topology *topology, const struct identify_pair *pair, char *out)
{
	char a[CAUSE_BYTES];
	char b[CAUSE_BYTES];
	struct text text;

	write_cause(topology, &pair->a, a);
	write_cause(topology, &pair->b, b);
	text_init(&text, out, WHAT_BYTES);
	text_add(&text, pair->how == IDENTIFY_SAME ? "cannot tell " : "tells ");
	text_add(&text, a);
	text_add(&text, " from ");
	text_add(&text, b);
	switch (pair->how) {
	case IDENTIFY_SAME:
		break;
	case IDENTIFY_WEAK:
		text_add(&text, " by one probe of one agent only");
		break;
	case IDENTIFY_KIND:
		text_add(&text, " by the kind of the errors only");
		break;
	}
}

static const char *
key_of(const struct identify_pair *pair)
{
	if (pair->remedy == REMEDY_CONTROLS) {
		return "without_controls";
	}
	return pair->remedy != REMEDY_AGENT && pair->target == TOPOLOGY_NONE ? "regions"
									     : "";
}

static void
say(struct settings *settings, const struct topology *topology,
    const struct identify_pair *pair)
{
	char what[WHAT_BYTES];
	char remedy[REMEDY_BYTES];

	write_what(topology, pair, what);
	write_remedy(settings, topology, pair, remedy);
	if (pair->more > 0) {
		settings_warn(settings, key_of(pair),
		    "%s (and %u more such pairs), expected %s", what, pair->more,
		    remedy);
	} else {
		settings_warn(settings, key_of(pair), "%s, expected %s", what, remedy);
	}
}

bool
conf_alike_add(struct settings *settings, const struct collector_conf *conf)
{
	struct identify_pair pair[SHOWN];
	size_t bytes = identify_bytes(&conf->topology);
	void *memory = calloc(1, bytes);
	bool lacks_controls = false;
	struct arena arena;
	size_t len;

	if (memory == NULL) {
		return false;
	}
	arena_init_zeroed(&arena, memory, bytes);
	len = identify_pairs(conf, &arena, pair, SHOWN);
	free(memory);
	for (size_t i = 0; i < len && i < SHOWN; i++) {
		lacks_controls = lacks_controls || pair[i].remedy == REMEDY_CONTROLS;
		say(settings, &conf->topology, &pair[i]);
	}
	settings_scope(settings, "%s", "");
	if (len > SHOWN) {
		settings_warn(settings, "regions",
		    "leave %zu more pairs of faults alike, expected the above first",
		    len - SHOWN);
	}
	return lacks_controls;
}

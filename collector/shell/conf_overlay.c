#include "collector/shell/conf_overlay.h"

#include "common/shell/yaml.h"

#include <stdio.h>
#include <string.h>

struct overlay {
	char *diff;
	size_t len;
	bool is_other_kind;
};

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
add_line(struct overlay *overlay, char mark, const char *prefix, const char *key,
    const char *value)
{
	size_t room = CONF_OVERLAY_DIFF_BYTES - overlay->len;
	int len;

	if (value == NULL) {
		return;
	}
	len = snprintf(overlay->diff + overlay->len, room, "%c %s.%s: %s\n", mark,
	    prefix, key, value);
	if (len > 0 && (size_t)len < room) {
		overlay->len += (size_t)len;
	} else {
		overlay->diff[overlay->len] = '\0';
	}
}

/* Keys that mean something for every kind of policy; the others belong to one. */
static bool
is_common(const char *key)
{
	static const char *const keys[] = {
	    "kind", "inhibit_wait", "cooldown", "reopen", "flap_after", "silent_after"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i], key) == 0) {
			return true;
		}
	}
	return false;
}

/* The texts change places, so that each is freed by whoever has it then. */
static void
lay_fields(struct overlay *overlay, const cyaml_schema_field_t *fields,
    const char *prefix, void *under, void *over)
{
	bool is_policy = strcmp(prefix, "policy") == 0;

	for (; fields->key != NULL; fields++) {
		char *at = (char *)under + fields->data_offset;
		char *by = (char *)over + fields->data_offset;
		char inner[64];
		char *old_text;
		char *new_text;

		if (fields->value.type == CYAML_MAPPING) {
			(void)snprintf(
			    inner, sizeof(inner), "%s.%s", prefix, fields->key);
			lay_fields(
			    overlay, fields->value.mapping.fields, inner, at, by);
			continue;
		}
		memcpy(&old_text, at, sizeof(old_text));
		memcpy(&new_text, by, sizeof(new_text));
		if (new_text == NULL &&
		    (!is_policy || !overlay->is_other_kind || is_common(fields->key))) {
			continue;
		}
		memcpy(at, &new_text, sizeof(new_text));
		memcpy(by, &old_text, sizeof(old_text));
		if (!is_same(old_text, new_text)) {
			add_line(overlay, '-', prefix, fields->key, old_text);
			add_line(overlay, '+', prefix, fields->key, new_text);
		}
	}
}

static bool
is_other_kind(const struct raw_policy *under, const struct raw_policy *over)
{
	const char *kind = under->kind != NULL ? under->kind : "correlation";

	return over->kind != NULL && strcmp(over->kind, kind) != 0;
}

enum err
conf_overlay_apply(const char *path, struct raw_collector *raw,
    char diff[CONF_OVERLAY_DIFF_BYTES], struct remarks *remarks)
{
	struct overlay overlay = {.diff = diff};
	struct yaml_file *yaml;
	void *data = NULL;
	enum err err = yaml_open(path, &yaml, remarks);

	diff[0] = '\0';
	if (err != ERR_OK) {
		return err;
	}
	err = yaml_load(yaml, &conf_raw_overlay_schema, &data, remarks);
	if (err == ERR_OK) {
		struct raw_collector *over = data;

		overlay.is_other_kind = is_other_kind(&raw->policy, &over->policy);
		lay_fields(&overlay, conf_raw_policy_fields, "policy", &raw->policy,
		    &over->policy);
		lay_fields(&overlay, conf_raw_tiers_fields, "tiers", &raw->tiers,
		    &over->tiers);
	}
	yaml_free_data(&conf_raw_overlay_schema, data);
	yaml_close(yaml);
	return err;
}

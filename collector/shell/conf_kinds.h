/* conf_kinds - what a probe of a target may say, by its kind
 * Room: collector/shell.
 *
 * Every key of a probe that means something for some kinds only. One that means nothing
 * for the kind it stands with is an error: what a file says must be what happens. */
#ifndef COLLECTOR_SHELL_CONF_KINDS_H
#define COLLECTOR_SHELL_CONF_KINDS_H

#include "collector/shell/conf_fleet.h"

/* Bytes of arena that conf_kinds_read() takes for `raw`. */
size_t conf_kinds_bytes(const struct raw_probe *raw);

/* Says so when `text` is there although it means nothing for `kind`. */
void conf_kinds_refuse(const struct settings *settings, const char *key,
    const char *text, enum probe_kind kind);

/* Is `probe->url` of the form that its kind needs? `probe->key` is read already. False
 * after a remark. */
bool conf_kinds_url(const struct settings *settings, const struct plan_probe *probe);

/* Reads all that depends on the kind, but for the model, the key and the times. */
void conf_kinds_read(
    struct conf_fleet *fleet, const struct raw_probe *raw, struct plan_probe *probe);

/* Reads `expect_status` and `expect_text` of kind http, `text` NULL where none is. */
void conf_kinds_expect(const struct settings *settings, const char *status,
    const char *text, struct plan_probe *probe);

/* Reads `family`, which every kind may have; `probe->url` is read already. */
void conf_kinds_family(
    const struct settings *settings, const char *text, struct plan_probe *probe);

#endif

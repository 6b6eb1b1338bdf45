/* json_put - the parts of a JSON text, one after the other
 * Room: collector/core (pure).
 *
 * Commas come by themselves. Nothing here can make a text that is no JSON, as long as what
 * is opened is closed and `text->cut` is looked at in the end. */
#ifndef COLLECTOR_CORE_JSON_PUT_H
#define COLLECTOR_CORE_JSON_PUT_H

#include "common/core/text.h"

/* Opens `bracket`, '{' or '[', as the value of `key`, or as an element when that is NULL. */
void json_put_open(struct text *text, const char *key, char bracket);
void json_put_close(struct text *text, char bracket);

/* A string, whole: what is too long for the text cuts the text. */
void json_put_text(struct text *text, const char *key, const char *value);
void json_put_uint(struct text *text, const char *key, uint64_t value);
void json_put_bool(struct text *text, const char *key, bool value);

#endif

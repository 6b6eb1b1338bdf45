#include "collector/core/effect.h"

#include <assert.h>
#include <string.h>

void
effects_init(struct effects *effects, void *memory)
{
	arena_init(&effects->arena, memory, EFFECTS_ARENA_BYTES);
	effects->len = 0;
}

void
effects_reset(struct effects *effects)
{
	arena_reset(&effects->arena);
	effects->len = 0;
}

void *
effects_scratch(struct effects *effects, size_t cap)
{
	void *memory = arena_take(&effects->arena, cap, 1);

	assert(memory != NULL);
	return memory;
}

static void *
copy(struct effects *effects, const void *data, size_t len)
{
	void *memory = effects_scratch(effects, len + 1);

	if (len > 0) {
		memcpy(memory, data, len);
	}
	return memory;
}

static struct effect *
add(struct effects *effects, enum effect_kind kind)
{
	struct effect *effect;

	assert(effects->len < EFFECTS_MAX);
	effect = &effects->item[effects->len++];
	memset(effect, 0, sizeof(*effect));
	effect->kind = kind;
	return effect;
}

void
effects_put(struct effects *effects, enum table table, const void *key, size_t key_len,
    const void *value, size_t value_len)
{
	struct effect *effect = add(effects, EFFECT_PUT);

	effect->table = table;
	effect->key = copy(effects, key, key_len);
	effect->key_len = key_len;
	effect->value = copy(effects, value, value_len);
	effect->value_len = value_len;
}

void
effects_put_u64(struct effects *effects, enum table table, uint64_t key,
    const void *value, size_t value_len)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	effects_put(effects, table, bytes, sizeof(bytes), value, value_len);
}

void
effects_delete_u64(struct effects *effects, enum table table, uint64_t key)
{
	struct effect *effect = add(effects, EFFECT_DELETE);
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	effect->table = table;
	effect->key = copy(effects, bytes, sizeof(bytes));
	effect->key_len = sizeof(bytes);
}

void
effects_send(struct effects *effects, const struct outbound *outbound)
{
	struct effect *effect = add(effects, EFFECT_SEND);

	effect->send = *outbound;
	effect->send.json = copy(effects, outbound->json, outbound->json_len);
}

void
effects_ask(struct effects *effects, uint16_t agent, uint16_t probe)
{
	add(effects, EFFECT_ASK)->ask = (struct effect_ask){agent, probe};
}

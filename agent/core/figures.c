#include "agent/core/figures.h"

#include "agent/core/decimal.h"

#include <string.h>

enum {
	PERCENT_DIGITS = 4, /* of a percent, for parts of a million */
	PPM_MAX = 1000000,
	NANO_DIGITS = 9,
	MILLI_DIGITS = 3
};

void
figures_init(struct figures *figures)
{
	figures->len = 0;
	figures->dropped = 0;
	figures_begin(figures);
}

void
figures_begin(struct figures *figures)
{
	figures->next = (struct figure){
	    .model = "",
	    .provider = "",
	    .uptime_5m_ppm = -1,
	    .uptime_30m_ppm = -1,
	    .uptime_1d_ppm = -1,
	    .price_in_nanousd = -1,
	    .price_out_nanousd = -1,
	    .price_image_nanousd = -1,
	};
}

void
figures_keep(struct figures *figures, const struct redact *redact, const char *model,
    const char *provider)
{
	uint32_t at = figures->len;

	if (at == FIGURES_MAX) {
		figures->dropped++;
		return;
	}
	(void)redact_text(redact, model, strlen(model), false, figures->model[at],
	    sizeof(figures->model[at]));
	(void)redact_text(redact, provider, strlen(provider), false,
	    figures->provider[at], sizeof(figures->provider[at]));
	figures->figure[at] = figures->next;
	figures->figure[at].model = figures->model[at];
	figures->figure[at].provider = figures->provider[at];
	figures->len++;
}

void
figures_name(struct figures *figures, const struct redact *redact, const char *model)
{
	for (uint32_t i = 0; i < figures->len; i++) {
		(void)redact_text(redact, model, strlen(model), false,
		    figures->model[i], sizeof(figures->model[i]));
	}
}

int32_t
figures_percent(const char *text, size_t len)
{
	int64_t ppm;

	if (!decimal_read(text, len, PERCENT_DIGITS, &ppm) || ppm < 0 ||
	    ppm > PPM_MAX) {
		return -1;
	}
	return (int32_t)ppm;
}

int64_t
figures_price(const char *text, size_t len)
{
	int64_t nano;

	return decimal_read(text, len, NANO_DIGITS, &nano) && nano >= 0 ? nano : -1;
}

static uint32_t
natural(const char *text, size_t len, unsigned digits)
{
	int64_t value;

	if (!decimal_read(text, len, digits, &value) || value < 0) {
		return 0;
	}
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

uint32_t
figures_count(const char *text, size_t len)
{
	return natural(text, len, 0);
}

uint32_t
figures_milli(const char *text, size_t len)
{
	return natural(text, len, MILLI_DIGITS);
}

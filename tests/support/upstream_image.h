/* upstream_image - the pictures that answers carry
 * Room: tests/support.
 *
 * Made once at start: a valid PNG of noise (about 700 kB, or a small one), its base64, and
 * whole bodies around it in the forms the vendors send. With --data the recorded Gemini
 * answer is used instead of ours. Immutable after start, apart from the choice of size. */
#ifndef TESTS_SUPPORT_UPSTREAM_IMAGE_H
#define TESTS_SUPPORT_UPSTREAM_IMAGE_H

#include <stdbool.h>

#include "tests/support/upstream_blob.h"

struct upstream_image;

/* Which picture answers carry: the recorded one (ours where there is none), ours of real
 * size, or a small one for benchmarks of small requests. */
enum upstream_image_size {
	UPSTREAM_IMAGE_RECORDED,
	UPSTREAM_IMAGE_OWN,
	UPSTREAM_IMAGE_SMALL,
};

/* Makes the pictures; `recorded` (given, may be NULL) is a recorded Gemini body. */
struct upstream_image *upstream_image_new(struct upstream_blob *recorded);

/* NULL is legal. */
void upstream_image_free(struct upstream_image *image);

/* Chooses for all later answers; any thread. */
void upstream_image_choose(struct upstream_image *image, enum upstream_image_size size);

/* The choice. */
enum upstream_image_size upstream_image_chosen(const struct upstream_image *image);

/* A generateContent body with inlineData and thoughtSignature, 2 to 3 MB at real size; the
 * caller holds it. */
struct upstream_blob *upstream_image_gemini(struct upstream_image *image);

/* The file of the picture, a PNG; the caller holds it. It is never the recorded one, nor
 * are the pictures of the functions below. */
struct upstream_blob *upstream_image_png(struct upstream_image *image);

/* `before` + the picture in base64 + `after`, as one body; the caller holds it. */
struct upstream_blob *upstream_image_wrap(
    struct upstream_image *image, const char *before, const char *after);

/* `text` with the picture in base64 for each "%P" in it, and for each "%S" the signature
 * of a thought, which is longer than the picture; the caller holds it. */
struct upstream_blob *upstream_image_fill(
    struct upstream_image *image, const char *text);

#endif

/* test_image - whole, cut at every byte, and broken in every way that matters */
#include "agent/core/image.h"
#include "tests/support/picture.h"
#include "tests/support/test.h"

struct picture {
	const char *name;
	const unsigned char *bytes;
	size_t len;
	enum image_format format;
};

static const struct picture pictures[] = {
    {"png", picture_png, sizeof(picture_png), IMAGE_PNG},
    {"jpeg", picture_jpeg, sizeof(picture_jpeg), IMAGE_JPEG},
    {"vp8", picture_vp8, sizeof(picture_vp8), IMAGE_WEBP},
    {"vp8l", picture_vp8l, sizeof(picture_vp8l), IMAGE_WEBP},
    {"vp8x", picture_vp8x, sizeof(picture_vp8x), IMAGE_WEBP},
};

static enum image_verdict
judge(const unsigned char *bytes, size_t len, size_t step, struct image_info *out)
{
	struct image image;

	image_init(&image);
	for (size_t at = 0; at < len; at += step) {
		image_push(&image, bytes + at, len - at < step ? len - at : step);
	}
	return image_end(&image, out);
}

static void
test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
		const struct picture *p = &pictures[i];
		struct image_info first;
		for (size_t step = 1; step <= p->len; step++) {
			struct image_info info;
			assert_int_equal(
			    judge(p->bytes, p->len, step, &info), IMAGE_WHOLE);
			assert_int_equal(info.format, p->format);
			assert_int_equal(info.width, 3);
			assert_int_equal(info.height, 2);
			assert_int_equal(info.bytes, p->len);
			if (step == 1) {
				first = info;
			}
			assert_true(info.digest == first.digest);
		}
	}
}

static void
cut_picture(const struct picture *p)
{
	/* Before its signature is there nothing can be said. */
	size_t signature = p->format == IMAGE_JPEG ? 2 : 8;

	signature = p->format == IMAGE_WEBP ? 12 : signature;
	for (size_t len = 0; len < p->len; len++) {
		struct image_info info;
		enum image_verdict verdict = judge(p->bytes, len, 5, &info);
		if (verdict != (len < signature ? IMAGE_NOT : IMAGE_TRUNCATED)) {
			fail_msg("%s cut at %zu: %d", p->name, len, (int)verdict);
		}
	}
}

static void
test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
		cut_picture(&pictures[i]);
	}
}

/* More bytes behind the end do no harm, but make another digest. */
static void
test_behind_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
		unsigned char bytes[256] = {0};
		struct image_info info;
		struct image_info longer;
		memcpy(bytes, pictures[i].bytes, pictures[i].len);
		assert_int_equal(
		    judge(bytes, pictures[i].len + 9, 16, &longer), IMAGE_WHOLE);
		assert_int_equal(judge(bytes, pictures[i].len, 16, &info), IMAGE_WHOLE);
		assert_true(info.digest != longer.digest);
	}
}

static void
test_broken(void **state)
{
	static const struct {
		size_t picture;
		size_t at;           /* this byte ... */
		unsigned char value; /* ... becomes this one */
		enum image_verdict verdict;
	} row[] = {
	    {0, 0, 'x', IMAGE_NOT},                     /* signature */
	    {0, 11, 14, IMAGE_NOT},                     /* IHDR of 14 bytes */
	    {0, 12, 'J', IMAGE_NOT},                    /* IHDR not first */
	    {0, 19, 4, IMAGE_NOT},                      /* width changed, CRC says no */
	    {0, 33, 0x80, IMAGE_NOT},                   /* a chunk of over 2 GiB */
	    {0, 33, 0x70, IMAGE_TRUNCATED},             /* one of under */
	    {0, 37, 1, IMAGE_NOT},                      /* a type that is no letter */
	    {0, 52, 'X', IMAGE_NOT},                    /* no IDAT before IEND ... */
	    {0, sizeof(picture_png) - 1, 0, IMAGE_NOT}, /* IEND's CRC */
	    {0, sizeof(picture_png) - 9, 1, IMAGE_NOT}, /* IEND with data */
	    {1, 1, 0xD9, IMAGE_NOT},                    /* SOI */
	    {1, 2, 0, IMAGE_NOT},                       /* no marker where one is due */
	    {1, 5, 1, IMAGE_NOT},                       /* a segment of one byte */
	    {1, 22, 0xC4, IMAGE_NOT},                   /* no frame before the scan */
	    {1, 27, 0, IMAGE_NOT},                      /* height 0 */
	    {1, 29, 0, IMAGE_NOT},                      /* width 0 */
	    {1, sizeof(picture_jpeg) - 1, 0xD8, IMAGE_NOT},       /* SOI at the end */
	    {1, sizeof(picture_jpeg) - 1, 0x00, IMAGE_TRUNCATED}, /* no EOI */
	    {2, 3, 'X', IMAGE_NOT},                               /* RIFX */
	    {2, 8, 'X', IMAGE_NOT},                               /* not WEBP */
	    {2, 4, 9, IMAGE_NOT},  /* RIFF shorter than its chunk */
	    {2, 20, 1, IMAGE_NOT}, /* no key frame */
	    {2, 23, 0, IMAGE_NOT}, /* start code */
	    {2, 26, 0, IMAGE_NOT}, /* width 0 */
	    {3, 20, 0, IMAGE_NOT}, /* lossless signature */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct picture *p = &pictures[row[i].picture];
		unsigned char bytes[256];
		struct image_info info;
		memcpy(bytes, p->bytes, p->len);
		assert_true(bytes[row[i].at] != row[i].value);
		bytes[row[i].at] = row[i].value;
		enum image_verdict verdict = judge(bytes, p->len, 3, &info);
		if (verdict != row[i].verdict) {
			fail_msg("%s with %02x at %zu: %d", p->name, row[i].value,
			    row[i].at, (int)verdict);
		}
	}
}

static void
test_not_a_picture(void **state)
{
	static const char *const texts[] = {"", "x", "GIF89a;",
	    "<html>no picture</html>", "RIFF\x10\0\0\0WAVEfmt ",
	    "{\"error\":\"none\"} and more of it"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct image_info info;
		assert_int_equal(
		    judge((const unsigned char *)texts[i], strlen(texts[i]), 4, &info),
		    IMAGE_NOT);
		assert_int_equal(info.format, IMAGE_UNKNOWN);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(image_format_name(IMAGE_PNG), "png");
	assert_string_equal(image_format_name(IMAGE_JPEG), "jpeg");
	assert_string_equal(image_format_name(IMAGE_WEBP), "webp");
	assert_string_equal(image_format_name(IMAGE_UNKNOWN), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_behind_the_end),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_not_a_picture),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

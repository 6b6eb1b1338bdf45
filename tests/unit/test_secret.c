/* secret: where it comes from, what is refused, and that nothing tells it. */
#include "tests/support/test.h"

#include "common/shell/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE "s3cr3t-VALUE-0123456789"

static char folder[] = "/tmp/secret-XXXXXX";

/* Writes `len` bytes to `name` in the test's folder with `mode`. */
static void
write_file(const char *name, const void *bytes, size_t len, mode_t mode)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static enum err
resolve_file(const char *name, char *out, size_t cap, struct secret_note *note)
{
	char reference[160];

	(void)snprintf(reference, sizeof(reference), "file:%s/%s", folder, name);
	return secret_resolve(reference, false, out, cap, note);
}

/* Every byte of a failed answer is zero. */
static void
assert_wiped(const char *out, size_t cap)
{
	for (size_t i = 0; i < cap; i++) {
		assert_int_equal(out[i], 0);
	}
}

static void
test_variable(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	assert_int_equal(setenv("PARALLAX_TEST_KEY", VALUE, 1), 0);
	assert_int_equal(
	    secret_resolve("env:PARALLAX_TEST_KEY", false, out, sizeof(out), &note),
	    ERR_OK);
	assert_string_equal(out, VALUE);
	assert_string_equal(note.text, "");
	assert_int_equal(unsetenv("PARALLAX_TEST_KEY"), 0);
	memset(out, 'x', sizeof(out));
	assert_int_equal(
	    secret_resolve("env:PARALLAX_TEST_KEY", false, out, sizeof(out), &note),
	    ERR_NOTFOUND);
	assert_string_equal(note.text,
	    "the environment has no PARALLAX_TEST_KEY, expected the secret in it");
	assert_wiped(out, sizeof(out));
}

/* A key written where the name of a variable belongs must not come back in the note. */
static void
test_key_as_variable(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	assert_int_equal(
	    secret_resolve("env:AIzaSyExample", false, out, sizeof(out), &note),
	    ERR_NOTFOUND);
	assert_null(strstr(note.text, "AIza"));
}

static void
test_plain(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	assert_int_equal(secret_resolve(VALUE, true, out, sizeof(out), &note), ERR_OK);
	assert_string_equal(out, VALUE);
	assert_int_equal(
	    secret_resolve(VALUE, false, out, sizeof(out), &note), ERR_INVALID);
	assert_string_equal(note.text,
	    "not a reference, expected env:NAME, file:PATH or credential:NAME");
	assert_wiped(out, sizeof(out));
	assert_int_equal(
	    secret_resolve("", true, out, sizeof(out), &note), ERR_INVALID);
	assert_int_equal(
	    secret_resolve("a\nb", true, out, sizeof(out), &note), ERR_INVALID);
	assert_null(strstr(note.text, "a\nb"));
	assert_wiped(out, sizeof(out));
}

static void
test_file(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	write_file("k", VALUE, sizeof(VALUE) - 1, 0600);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_OK);
	assert_string_equal(out, VALUE);
	write_file("k", VALUE "\n", sizeof(VALUE), 0640);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_OK);
	assert_string_equal(out, VALUE);
	assert_string_equal(note.text, "");
	write_file("k", VALUE "\r\n", sizeof(VALUE) + 1, 0644);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_OK);
	assert_string_equal(out, VALUE);
	assert_non_null(strstr(
	    note.text, "/k is open to others (mode 0644), expected 0600 or 0640"));
	assert_null(strstr(note.text, VALUE));
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {{"", 0}, {"\n", 1}, {VALUE "\n\n", sizeof(VALUE) + 1}, {"a\0b", 3},
	    {"a\tb", 3}, {"a\r\nX: b", 7}, {"\x7f", 1}};
	char out[64];
	struct secret_note note;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file("k", bad[i].bytes, bad[i].len, 0600);
		memset(out, 'x', sizeof(out));
		assert_int_equal(
		    resolve_file("k", out, sizeof(out), &note), ERR_INVALID);
		assert_string_not_equal(note.text, "");
		assert_null(strstr(note.text, VALUE));
		assert_wiped(out, sizeof(out));
	}
	assert_int_equal(resolve_file("none", out, sizeof(out), &note), ERR_NOTFOUND);
	assert_int_equal(resolve_file("k/k", out, sizeof(out), &note), ERR_NOTFOUND);
	assert_int_equal(resolve_file(".", out, sizeof(out), &note), ERR_INVALID);
}

/* Nobody writes into the pipe; waiting for somebody would hang the start. */
static void
test_pipe(void **state)
{
	char path[128];
	char out[64];
	struct secret_note note;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(resolve_file("pipe", out, sizeof(out), &note), ERR_INVALID);
	assert_int_equal(unlink(path), 0);
}

static void
test_permission(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	if (geteuid() == 0) {
		print_message("skipped: root may read everything\n");
		skip();
	}
	write_file("k", VALUE, sizeof(VALUE) - 1, 0);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_DENIED);
}

static void
test_size(void **state)
{
	static char text[SECRET_BYTES_MAX + 2];
	static char out[SECRET_BYTES_MAX + 2];
	struct secret_note note;

	(void)state;
	memset(text, 'k', sizeof(text));
	write_file("k", text, SECRET_BYTES_MAX, 0600);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_OK);
	assert_int_equal(strlen(out), SECRET_BYTES_MAX);
	write_file("k", text, SECRET_BYTES_MAX + 1, 0600);
	assert_int_equal(resolve_file("k", out, sizeof(out), &note), ERR_LIMIT);
	assert_wiped(out, sizeof(out));
	write_file("k", text, 8, 0600);
	assert_int_equal(resolve_file("k", out, 9, &note), ERR_OK);
	assert_int_equal(resolve_file("k", out, 8, &note), ERR_LIMIT);
	assert_int_equal(secret_resolve("12345678", true, out, 8, &note), ERR_LIMIT);
}

static void
test_credential(void **state)
{
	char out[64];
	struct secret_note note;

	(void)state;
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(secret_resolve("credential:k", false, out, sizeof(out), &note),
	    ERR_NOTFOUND);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	write_file("k", VALUE, sizeof(VALUE) - 1, 0400);
	assert_int_equal(
	    secret_resolve("credential:k", false, out, sizeof(out), &note), ERR_OK);
	assert_string_equal(out, VALUE);
	assert_int_equal(
	    secret_resolve("credential:../k", false, out, sizeof(out), &note),
	    ERR_INVALID);
	assert_int_equal(
	    secret_resolve("credential:..", false, out, sizeof(out), &note),
	    ERR_INVALID);
	assert_int_equal(
	    secret_resolve("credential:none", false, out, sizeof(out), &note),
	    ERR_NOTFOUND);
}

static void
test_wipe(void **state)
{
	char bytes[] = VALUE;

	(void)state;
	secret_wipe(bytes, sizeof(bytes) - 2);
	assert_wiped(bytes, sizeof(bytes) - 2);
	assert_int_equal(bytes[sizeof(bytes) - 2], '9');
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/k", folder);
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_variable),
	    cmocka_unit_test(test_key_as_variable),
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_permission),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_credential),
	    cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#include "common/shell/secret.h"

#include "common/core/syntax.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_BYTES = 1024,
	MODE_TOO_OPEN = 0037 /* group may read: service units run that way */
};

static void note_set(struct secret_note *note, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
note_set(struct secret_note *note, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(note->text, sizeof(note->text), format, args);
	va_end(args);
}

void
secret_wipe(void *bytes, size_t len)
{
	volatile unsigned char *at = bytes;

	while (len > 0) {
		*at++ = 0;
		len--;
	}
}

static enum err
err_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

static enum err
note_errno(const char *path, struct secret_note *note)
{
	enum err err = err_of_errno(errno);

	note_set(note, "%s %s", path,
	    err == ERR_NOTFOUND ? "is not there, expected a file with the secret"
	    : err == ERR_DENIED ? "may not be read by this user, expected permission"
				: "cannot be read");
	return err;
}

/* Fills `out` from `fd`. */
static enum err
read_secret(int fd, const char *path, char *out, size_t cap, struct secret_note *note)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t got = read(fd, out + len, cap - len);

		if (got < 0 && errno != EINTR) {
			return note_errno(path, note);
		}
		if (got == 0) {
			break;
		}
		len += got > 0 ? (size_t)got : 0;
	}
	if (len == cap) {
		note_set(
		    note, "%s is too long, expected at most %zu bytes", path, cap - 1);
		return ERR_LIMIT;
	}
	out[len] = '\0';
	if (strlen(out) != len) {
		note_set(note, "%s holds a NUL byte, expected one line of text", path);
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err
resolve_file(const char *path, char *out, size_t cap, struct secret_note *note)
{
	struct stat status;
	enum err err;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		return note_errno(path, note);
	}
	if (fstat(fd, &status) != 0) {
		err = note_errno(path, note);
	} else if (!S_ISREG(status.st_mode)) {
		note_set(note, "%s is not a regular file, expected one", path);
		err = ERR_INVALID;
	} else {
		err = read_secret(fd, path, out, cap, note);
	}
	(void)close(fd);
	if (err == ERR_OK && (status.st_mode & MODE_TOO_OPEN) != 0) {
		note_set(note,
		    "%s is open to others (mode %04o), expected 0600 or 0640", path,
		    (unsigned)(status.st_mode & 07777));
	}
	return err;
}

/* Copies `text`, which is the secret. */
static enum err
take_text(const char *text, char *out, size_t cap, struct secret_note *note)
{
	size_t len = strlen(text);

	if (len >= cap) {
		note_set(note, "the secret is too long, expected at most %zu bytes",
		    cap - 1);
		return ERR_LIMIT;
	}
	memcpy(out, text, len + 1);
	return ERR_OK;
}

/* A name that is all capitals cannot be a key that somebody put behind "env:". */
static bool
is_variable(const char *name)
{
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static enum err
resolve_variable(const char *name, char *out, size_t cap, struct secret_note *note)
{
	const char *value = getenv(name);

	if (value == NULL) {
		note_set(note, "the environment has no %s, expected the secret in it",
		    is_variable(name) ? name : "such variable");
		return ERR_NOTFOUND;
	}
	return take_text(value, out, cap, note);
}

static enum err
resolve_credential(const char *name, char *out, size_t cap, struct secret_note *note)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_BYTES];
	int len;

	if (strchr(name, '/') != NULL || strcmp(name, "..") == 0 ||
	    strcmp(name, ".") == 0) {
		note_set(
		    note, "not the name of a credential, expected one without '/'");
		return ERR_INVALID;
	}
	if (folder == NULL || folder[0] != '/') {
		note_set(note, "no credentials were passed to this process, "
			       "expected LoadCredential= in its systemd unit");
		return ERR_NOTFOUND;
	}
	len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		note_set(note, "the credential's path is too long");
		return ERR_LIMIT;
	}
	return resolve_file(path, out, cap, note);
}

/* The part behind `kind` ("env:"), or NULL when it is another one. */
static const char *
behind(const char *reference, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(reference, kind, len) == 0 ? reference + len : NULL;
}

static enum err
resolve(const char *reference, bool plain_allowed, char *out, size_t cap,
    struct secret_note *note)
{
	const char *name;

	if (!syntax_is_reference(reference)) {
		if (plain_allowed) {
			return take_text(reference, out, cap, note);
		}
		note_set(note, "not a reference, expected env:NAME, file:PATH or "
			       "credential:NAME");
		return ERR_INVALID;
	}
	name = behind(reference, "env:");
	if (name != NULL) {
		return resolve_variable(name, out, cap, note);
	}
	name = behind(reference, "file:");
	if (name != NULL) {
		return resolve_file(name, out, cap, note);
	}
	name = behind(reference, "credential:");
	assert(name != NULL);
	return resolve_credential(name, out, cap, note);
}

/* Takes one line break off the end and looks at what is left. */
static enum err
check_secret(char *secret, struct secret_note *note)
{
	size_t len = strlen(secret);

	if (len > 0 && secret[len - 1] == '\n') {
		len--;
	}
	if (len > 0 && secret[len - 1] == '\r') {
		len--;
	}
	secret[len] = '\0';
	if (len == 0) {
		note_set(note, "the secret is empty, expected one line of text");
		return ERR_INVALID;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)secret[i] < ' ' || secret[i] == 0x7f) {
			note_set(note, "the secret holds a line break or a control "
				       "character, expected one line of text");
			return ERR_INVALID;
		}
	}
	return ERR_OK;
}

static enum err
check_document(char *secret, struct secret_note *note)
{
	for (size_t i = 0; secret[i] != '\0'; i++) {
		if (((unsigned char)secret[i] < ' ' &&
			strchr("\t\n\r", secret[i]) == NULL) ||
		    secret[i] == 0x7f) {
			note_set(note, "the secret holds a control character, expected "
				       "lines of text");
			return ERR_INVALID;
		}
	}
	if (secret[strspn(secret, " \t\n\r")] == '\0') {
		note_set(note, "the secret is empty, expected lines of text");
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* Resolves, and has the result looked at by `check`. */
static enum err
resolve_checked(const char *reference, bool plain_allowed, char *out, size_t cap,
    enum err (*check)(char *secret, struct secret_note *note), struct secret_note *note)
{
	size_t room = cap > SECRET_BYTES_MAX + 1 ? SECRET_BYTES_MAX + 1 : cap;
	enum err err;

	assert(cap > 0);
	note->text[0] = '\0';
	err = resolve(reference, plain_allowed, out, room, note);
	if (err == ERR_OK) {
		err = check(out, note);
	}
	if (err != ERR_OK) {
		secret_wipe(out, cap);
	}
	return err;
}

enum err
secret_resolve(const char *reference, bool plain_allowed, char *out, size_t cap,
    struct secret_note *note)
{
	return resolve_checked(reference, plain_allowed, out, cap, check_secret, note);
}

enum err
secret_document(const char *reference, char *out, size_t cap, struct secret_note *note)
{
	return resolve_checked(reference, false, out, cap, check_document, note);
}

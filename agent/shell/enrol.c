#include "agent/shell/enrol.h"

#include "agent/core/enrolment.h"
#include "common/core/base64.h"
#include "common/core/sha256.h"
#include "common/core/token.h"
#include "common/shell/durable.h"
#include "common/shell/identity.h"
#include "common/shell/secret.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	USAGE = 64, /* sysexits(3) */
	PATH_BYTES = DURABLE_PATH_BYTES,
	ANSWER_BYTES_MAX = 64 << 10,
	BODY_BYTES = 2 * IDENTITY_REQUEST_BYTES + 128
};

static const char help[] =
    "Usage: parallax-agent enrol TOKEN [-c FILE] [-d FOLDER]\n"
    "       parallax-agent enrol - [...]      the token from standard input\n"
    "\n"
    "Lets this machine in: makes a key here, has the collector sign a certificate for\n"
    "it, and writes both. `parallax enrol NAME --region R` on the collector makes the\n"
    "token; it is good once and not for long.\n"
    "\n"
    "  -c, --config FILE    configuration to write when there is none\n"
    "                       (default /etc/parallax/agent.yaml)\n"
    "  -d, --folder FOLDER  for ca.pem, agent.pem and agent.key\n"
    "                       (default /var/lib/parallax/agent-identity)\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 enrolled, 1 refused or failed, 64 wrong usage.\n";

struct enrol {
	const char *conf_path;
	const char *folder;
	struct token token;
	CURL *curl;
	struct enrolment answer;
	size_t answer_bytes;
	char key[IDENTITY_KEY_BYTES];
	char request[IDENTITY_REQUEST_BYTES];
	char authority[ENROLMENT_PEM_BYTES];
	char body[BODY_BYTES];
	char why[CURL_ERROR_SIZE];
};

__attribute__((format(printf, 1, 2))) static bool
complain(const char *format, ...)
{
	va_list arguments;

	(void)fputs("parallax-agent: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
	return false;
}

/* ---- files ---- */

static bool
write_file(const char *path, const char *text, mode_t mode)
{
	enum err err = durable_write(path, text, mode);

	return err == ERR_OK || complain("%s: %s", path, err_name(err));
}

static bool
write_in_folder(
    const struct enrol *enrol, const char *name, const char *text, mode_t mode)
{
	char path[PATH_BYTES];
	int len = snprintf(path, sizeof(path), "%s/%s", enrol->folder, name);

	return len > 0 && (size_t)len < sizeof(path) ? write_file(path, text, mode)
						     : complain("the path is too long");
}

/* What needs no collector is done first: a spent token cannot be used again. */
static bool
prepare(struct enrol *enrol)
{
	if (mkdir(enrol->folder, 0700) != 0 && errno != EEXIST) {
		return complain("%s: %s", enrol->folder, strerror(errno));
	}
	if (identity_key_new(enrol->key) != ERR_OK ||
	    identity_request(enrol->key, "agent", enrol->request) != ERR_OK) {
		return complain("no key could be made");
	}
	return write_in_folder(enrol, "agent.key.next", enrol->key, 0600);
}

static bool
keep(struct enrol *enrol)
{
	static char yaml[ENROLMENT_YAML_BYTES];
	char from[PATH_BYTES];
	char to[PATH_BYTES];

	(void)snprintf(from, sizeof(from), "%.480s/agent.key.next", enrol->folder);
	(void)snprintf(to, sizeof(to), "%.480s/agent.key", enrol->folder);
	if (!write_in_folder(enrol, "ca.pem", enrol->answer.authority, 0644) ||
	    !write_in_folder(enrol, "agent.pem", enrol->answer.certificate, 0644)) {
		return false;
	}
	if (rename(from, to) != 0) {
		return complain("%s: %s", to, strerror(errno));
	}
	if (access(enrol->conf_path, F_OK) == 0) {
		(void)printf("%s is there already and stays as it is: see that `id` is "
			     "%s and `tls` names the files in %s\n",
		    enrol->conf_path, enrol->answer.name, enrol->folder);
		return true;
	}
	if (enrolment_yaml(&enrol->answer, enrol->folder, yaml) != ERR_OK) {
		return complain("the configuration would be too long");
	}
	return write_file(enrol->conf_path, yaml, 0644);
}

/* ---- the collector ---- */

static size_t
take(char *data, size_t size, size_t count, void *context)
{
	struct enrol *enrol = context;
	size_t len = size * count;

	if (len > ANSWER_BYTES_MAX - enrol->answer_bytes) {
		return CURL_WRITEFUNC_ERROR;
	}
	enrol->answer_bytes += len;
	enrolment_body(&enrol->answer, data, len);
	return len;
}

static bool
set_up(struct enrol *enrol, const char *path)
{
	char url[TOKEN_URL_BYTES + 64];
	CURL *curl = enrol->curl;

	(void)snprintf(url, sizeof(url), "%s%s", enrol->token.url, path);
	curl_easy_reset(curl);
	enrol->answer_bytes = 0;
	enrolment_begin(&enrol->answer);
	return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, enrol) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, enrol->why) == CURLE_OK;
}

/* True with a whole answer of 200. */
static bool
perform(struct enrol *enrol)
{
	CURLcode code;
	long status = 0;
	bool whole;

	enrol->why[0] = '\0';
	code = curl_easy_perform(enrol->curl);
	whole = enrolment_end(&enrol->answer);
	if (code != CURLE_OK) {
		return complain("%s: %s", enrol->token.url,
		    enrol->why[0] != '\0' ? enrol->why : curl_easy_strerror(code));
	}
	(void)curl_easy_getinfo(enrol->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		return complain("%s: refused: %s", enrol->token.url,
		    enrol->answer.message[0] != '\0' ? enrol->answer.message
						     : "no reason given");
	}
	return whole || complain("%s: what answers is no collector", enrol->token.url);
}

/* Nobody vouches for this connection: what comes is believed for its digest alone. */
static bool
ask_authority(struct enrol *enrol)
{
	struct identity_facts facts;

	if (!set_up(enrol, "/api/v1/authority") ||
	    curl_easy_setopt(enrol->curl, CURLOPT_SSL_VERIFYPEER, 0L) != CURLE_OK ||
	    curl_easy_setopt(enrol->curl, CURLOPT_SSL_VERIFYHOST, 0L) != CURLE_OK) {
		return complain("libcurl cannot be used");
	}
	if (!perform(enrol)) {
		return false;
	}
	if (!enrolment_has_authority(&enrol->answer) ||
	    identity_read(enrol->answer.certificate, strlen(enrol->answer.certificate),
		&facts) != ERR_OK ||
	    strcmp(facts.print, enrol->token.authority) != 0) {
		return complain(
		    "%s has another authority than the token says: it is not "
		    "the collector that made it, or somebody stands between",
		    enrol->token.url);
	}
	memcpy(enrol->authority, enrol->answer.certificate, sizeof(enrol->authority));
	return true;
}

/* The request as JSON: PEM has line ends and nothing else to escape. */
static bool
make_body(struct enrol *enrol)
{
	char secret[64];
	int used;

	if (base64_encode(enrol->token.secret, sizeof(enrol->token.secret), secret,
		sizeof(secret)) == 0) {
		return false;
	}
	used = snprintf(enrol->body, sizeof(enrol->body),
	    "{\"secret\":\"%s\",\"request\":\"", secret);
	secret_wipe(secret, sizeof(secret));
	for (const char *at = enrol->request; *at != '\0'; at++) {
		if ((size_t)used + 8 > sizeof(enrol->body)) {
			return false;
		}
		if (*at == '\n') {
			enrol->body[used++] = '\\';
			enrol->body[used++] = 'n';
		} else {
			enrol->body[used++] = *at;
		}
	}
	memcpy(enrol->body + used, "\"}", 3);
	return true;
}

static bool
ask_certificate(struct enrol *enrol)
{
	struct curl_blob blob = {
	    enrol->authority, strlen(enrol->authority), CURL_BLOB_COPY};
	struct curl_slist type = {(char[]){"Content-Type: application/json"}, NULL};

	if (!make_body(enrol) || !set_up(enrol, "/api/v1/enrol") ||
	    curl_easy_setopt(enrol->curl, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK ||
	    curl_easy_setopt(enrol->curl, CURLOPT_CAINFO, NULL) != CURLE_OK ||
	    curl_easy_setopt(enrol->curl, CURLOPT_CAPATH, NULL) != CURLE_OK ||
	    curl_easy_setopt(enrol->curl, CURLOPT_HTTPHEADER, &type) != CURLE_OK ||
	    curl_easy_setopt(enrol->curl, CURLOPT_POSTFIELDS, enrol->body) !=
		CURLE_OK) {
		return complain("libcurl cannot be used");
	}
	if (!perform(enrol)) {
		return false;
	}
	if (!enrolment_is_good(&enrol->answer) ||
	    !identity_is_pair(enrol->answer.certificate, enrol->key)) {
		return complain("%s: the answer is not a certificate for this agent",
		    enrol->token.url);
	}
	return true;
}

/* ---- the command ---- */

static bool
run(struct enrol *enrol)
{
	if (!prepare(enrol)) {
		return false;
	}
	(void)printf("asking %s for its authority\n", enrol->token.url);
	if (!ask_authority(enrol)) {
		return false;
	}
	(void)printf("it is the one of the token; asking for a certificate\n");
	if (!ask_certificate(enrol) || !keep(enrol)) {
		return false;
	}
	(void)printf("enrolled as %s in region %s\n"
		     "identity in %s, configuration in %s\n"
		     "next: parallax-agent -c %s --check\n",
	    enrol->answer.name, enrol->answer.region, enrol->folder, enrol->conf_path,
	    enrol->conf_path);
	return true;
}

/* Fills `text` from the argument, or from standard input for "-": a command line can be
 * read by everybody on the machine. */
static bool
read_token(const char *argument, struct token *out)
{
	char text[TOKEN_TEXT_BYTES] = "";
	enum err err;

	if (strcmp(argument, "-") == 0) {
		size_t len = fread(text, 1, sizeof(text) - 1, stdin);

		text[len] = '\0';
	} else {
		(void)snprintf(text, sizeof(text), "%s", argument);
	}
	err = token_read(text, out);
	secret_wipe(text, sizeof(text));
	if (err == ERR_VERSION) {
		return complain("the token is of a newer kind than this program knows");
	}
	return err == ERR_OK ||
	       complain("this is no whole token, expected %s and letters behind it",
		   TOKEN_PREFIX);
}

static int
read_options(int argc, char **argv, struct enrol *enrol)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"folder", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0}};
	int letter;

	while ((letter = getopt_long(argc, argv, "c:d:h", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			enrol->conf_path = optarg;
			break;
		case 'd':
			enrol->folder = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			return USAGE;
		}
	}
	if (optind + 1 != argc) {
		(void)complain("expected one token; see parallax-agent enrol --help");
		return USAGE;
	}
	return -1;
}

int
enrol_main(int argc, char **argv)
{
	static struct enrol enrol;
	int status;

	enrol.conf_path = "/etc/parallax/agent.yaml";
	enrol.folder = "/var/lib/parallax/agent-identity";
	status = read_options(argc, argv, &enrol);
	if (status >= 0) {
		return status;
	}
	if (!read_token(argv[optind], &enrol.token)) {
		return USAGE;
	}
	status = EXIT_FAILURE;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
		enrol.curl = curl_easy_init();
		if (enrol.curl != NULL && run(&enrol)) {
			status = EXIT_SUCCESS;
		}
		curl_easy_cleanup(enrol.curl);
		curl_global_cleanup();
	}
	secret_wipe(&enrol, sizeof(enrol));
	return status;
}

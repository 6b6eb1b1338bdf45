/* yaml: what is refused before anything is loaded, where things stand, and what differs
 * from a schema. */
#include "tests/support/test.h"

#include "common/shell/yaml.h"
#include "tests/support/scratch.h"

#include <stdbool.h>
#include <sys/stat.h>

struct probe {
	char *name;
	char *url;
};

struct top {
	char *id;
	char *prompt;
	struct probe *probes;
	uint32_t probes_count;
	char **hosts;
	uint32_t hosts_count;
	struct probe tls;
};

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, 16),
};

static const cyaml_schema_field_t probe_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_DEFAULT, struct probe, name, 0, 16),
    CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_OPTIONAL, struct probe, url, 0, 16),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t probe_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct probe, probe_fields),
};

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_DEFAULT, struct top, id, 0, 16),
    CYAML_FIELD_STRING_PTR("prompt", CYAML_FLAG_OPTIONAL, struct top, prompt, 0, 4095),
    CYAML_FIELD_SEQUENCE("probes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct top,
	probes, &probe_entry, 1, 3),
    CYAML_FIELD_SEQUENCE("hosts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct top,
	hosts, &text_entry, 0, 3),
    CYAML_FIELD_MAPPING("tls", CYAML_FLAG_OPTIONAL, struct top, tls, probe_fields),
    CYAML_FIELD_IGNORE("serving", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct top, top_fields),
};

static struct remarks remarks;

/* All remarks, a line each. */
static const char *
all_remarks(void)
{
	static char text[REMARKS_MAX * 64];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < remarks.len && len < sizeof(text); i++) {
		int more = snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : "\n", remarks.remark[i].text);

		assert_true(more >= 0);
		len += (size_t)more;
	}
	return text;
}

/* Opens and loads; the error of whichever failed first. */
static enum err
load(const char *text, size_t len)
{
	struct yaml_file *file = NULL;
	void *data = NULL;
	enum err err;

	remarks_init(&remarks);
	err = yaml_open_text("f", text, len, &file, &remarks);
	if (err == ERR_OK) {
		err = yaml_load(file, &top_schema, &data, &remarks);
	}
	yaml_free_data(&top_schema, data);
	yaml_close(file);
	assert_true((err == ERR_OK) == remarks_ok(&remarks));
	return err;
}

static const struct {
	const char *text;
	const char *expected;
} bad[] = {
    {"", "f: is empty, expected `name: value` lines"},
    {"# nothing\n", "f: is empty, expected `name: value` lines"},
    {"- a\n", "f:1: the file is a list, expected a mapping (`name: value` lines)"},
    {"a\n", "f:1: the file is a text, expected a mapping (`name: value` lines)"},
    {"prompt: p\n", "f:1: the file has no 'id', expected `id: ...`"},
    {"id: a\nhost: b\n", "f:2: unknown key 'host' in the file, expected 'hosts'"},
    {"id: a\nbogus: b\n", "f:2: unknown key 'bogus' in the file, expected one of id, "
			  "prompt, probes, hosts, tls, serving"},
    {"id: a\nprobes:\n  - name: b\n    ulr: c\n",
	"f:4: unknown key 'ulr' in probes[0], expected 'url'"},
    {"id: a\nAIzaSyD3adb33f: b\n",
	"f:2: unknown key in the file, expected one of id, prompt, probes, hosts, tls, "
	"serving"},
    {"id: [a]\n", "f:1: id is a list, expected a text"},
    {"id: {a: b}\n", "f:1: id is a mapping, expected a text"},
    {"id:\n", "f:1: id has no value, expected a text"},
    {"id: aaaaaaaaaaaaaaaaa\n", "f:1: id is 17 bytes long, expected at most 16"},
    {"id: \"a\\nb\"\n", "f:1: id has several lines, expected one"},
    {"id: \"a\\0b\"\n", "f:1: id holds a control character, expected printable text"},
    {"id: a\nprompt: \"a\\eb\"\n",
	"f:2: prompt holds a control character, expected printable text"},
    {"id: a\nid: b\n", "f:2: the file has 'id' twice, expected it once"},
    {"id: a\nprobes: b\n",
	"f:2: probes is a text, expected a list (lines that begin with '-')"},
    {"id: a\nprobes:\n",
	"f:2: probes has no value, expected a list (lines that begin with '-')"},
    {"id: a\nprobes: []\n", "f:2: probes has 0 entries, expected at least 1"},
    {"id: a\nhosts: [a, b, c, d]\n", "f:2: hosts has 4 entries, expected at most 3"},
    {"id: a\nhosts:\n  - a\n  - [b]\n", "f:4: hosts[1] is a list, expected a text"},
    {"id: a\nprobes:\n  - b\n",
	"f:3: probes[0] is a text, expected a mapping (`name: value` lines)"},
    {"id: a\nprobes:\n  - name: b\n  - url: c\n",
	"f:4: probes[1] has no 'name', expected `name: ...`"},
    {"id: a\ntls:\n",
	"f:2: tls has no value, expected a mapping (`name: value` lines)"},
    {"id: a\n? [x]\n: b\n",
	"f:2: a key of the file is not a text, expected `name: value`"},
    {"id: a\n\"i\\0d\": b\n",
	"f:2: a key of the file is not a text, expected `name: value`"},
    {"id: a\n<<: {prompt: b}\n",
	"f:2: unknown key '<<' in the file, expected one of id, prompt, probes, hosts, "
	"tls, serving"},
    {"hosts: [[a]]\nprobes:\n  - nam: x\nid:\n",
	"f:1: hosts[0] is a list, expected a text\n"
	"f:3: unknown key 'nam' in probes[0], expected 'name'\n"
	"f:3: probes[0] has no 'name', expected `name: ...`\n"
	"f:4: id has no value, expected a text"},
    {"id: &x a\n", "f:1: anchors, aliases and tags are refused, expected plain values"},
    {"id: *x\n", "f:1: anchors, aliases and tags are refused, expected plain values"},
    {"id: a\nprobes: &l []\n",
	"f:2: anchors, aliases and tags are refused, expected plain values"},
    {"id: !!binary YQ==\n",
	"f:1: anchors, aliases and tags are refused, expected plain values"},
    {"id: a\n---\nid: b\n", "f:2: a second document begins, expected one"},
    {"id: a: b\n",
	"f:1: not YAML: mapping values are not allowed in this context, expected UTF-8 "
	"`name: value` lines, indented by spaces"},
    {"id: a\n\tprompt: b\n",
	"f:2: not YAML: found a tab character that violates indentation while scanning "
	"a "
	"plain scalar, expected UTF-8 `name: value` lines, indented by spaces"},
    {"id: \"a\n",
	"f:2: not YAML: found unexpected end of stream while scanning a quoted "
	"scalar, expected UTF-8 `name: value` lines, indented by spaces"},
    {"id: [a\n", "f:2: not YAML: did not find expected ',' or ']' while parsing a flow "
		 "sequence, expected UTF-8 `name: value` lines, indented by spaces"},
    {"id: \xff\n", "f:1: not YAML: invalid leading UTF-8 octet, expected UTF-8 `name: "
		   "value` lines, indented by spaces"},
};

static void
test_bad(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum err err = load(bad[i].text, strlen(bad[i].text));

		assert_int_equal(err, ERR_FORMAT);
		if (strcmp(all_remarks(), bad[i].expected) != 0) {
			print_error("<<%s>>\n got <<%s>>\nwant <<%s>>\n", bad[i].text,
			    all_remarks(), bad[i].expected);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static const char good[] = "# a comment\n"
			   "id: \"a b\"\n"
			   "prompt: |\n"
			   "  two\n"
			   "  lines\n"
			   "probes:\n"
			   "  - name: x\n"
			   "    url: y\n"
			   "  - {name: z}\n"
			   "hosts: [p, '']\n"
			   "serving:\n"
			   "  eu: west\n"
			   "  us: east\n";

static void
test_good(void **state)
{
	struct yaml_file *file = NULL;
	void *data = NULL;
	const struct top *top;

	(void)state;
	remarks_init(&remarks);
	assert_int_equal(
	    yaml_open_text("f", good, strlen(good), &file, &remarks), ERR_OK);
	assert_int_equal(yaml_load(file, &top_schema, &data, &remarks), ERR_OK);
	assert_int_equal(remarks.len, 0);
	top = data;
	assert_string_equal(top->id, "a b");
	assert_string_equal(top->prompt, "two\nlines\n");
	assert_int_equal(top->probes_count, 2);
	assert_string_equal(top->probes[0].url, "y");
	assert_null(top->probes[1].url);
	assert_int_equal(top->hosts_count, 2);
	assert_string_equal(top->hosts[1], "");
	yaml_free_data(&top_schema, data);
	yaml_close(file);
}

static void
test_locate(void **state)
{
	static const struct {
		const char *path;
		size_t line;
	} places[] = {
	    {"", 2},
	    {"id", 2},
	    {"prompt", 3},
	    {"probes", 6},
	    {"probes[0]", 7},
	    {"probes[0].url", 8},
	    {"probes[1].name", 9},
	    {"probes[1].url", 9},
	    {"probes[2].url", 6},
	    {"probes[x]", 6},
	    {"probes[0", 6},
	    {"hosts[1]", 10},
	    {"serving.us", 13},
	    {"id.deeper", 2},
	    {"none", 2},
	    {"none[3].at.all", 2},
	    {"probes[18446744073709551616]", 6},
	};
	struct yaml_file *file = NULL;

	(void)state;
	remarks_init(&remarks);
	assert_int_equal(
	    yaml_open_text("f", good, strlen(good), &file, &remarks), ERR_OK);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (yaml_locate(file, places[i].path) != places[i].line) {
			fail_msg("%s on line %zu, expected %zu", places[i].path,
			    yaml_locate(file, places[i].path), places[i].line);
		}
	}
	yaml_close(file);
}

static void
test_pairs(void **state)
{
	static const char text[] = "a: {x: y, z: w}\n"
				   "b: [x]\n"
				   "c:\n"
				   "  x: y\n"
				   "  x: z\n"
				   "  v: [w]\n"
				   "  u: \"a\\tb\"\n"
				   "d: {x: y, z: w, v: u}\n";
	struct yaml_pair pair[2];
	struct yaml_file *file = NULL;

	(void)state;
	remarks_init(&remarks);
	assert_int_equal(
	    yaml_open_text("f", text, strlen(text), &file, &remarks), ERR_OK);
	assert_int_equal(yaml_pairs(file, "none", pair, 2, &remarks), 0);
	assert_int_equal(yaml_pairs(file, "a", pair, 2, &remarks), 2);
	assert_string_equal(pair[1].key, "z");
	assert_string_equal(pair[1].value, "w");
	assert_string_equal(all_remarks(), "");
	assert_int_equal(yaml_pairs(file, "b", pair, 2, &remarks), 0);
	assert_int_equal(yaml_pairs(file, "c", pair, 2, &remarks), 1);
	assert_int_equal(yaml_pairs(file, "d", pair, 2, &remarks), 2);
	assert_string_equal(all_remarks(),
	    "f:2: b is not a mapping, expected `name: name` lines\n"
	    "f:5: c has a key twice, expected it once\n"
	    "f:6: c holds something that is no text, expected `name: name` lines\n"
	    "f:7: c holds something that is no text, expected `name: name` lines\n"
	    "f:8: d has too many lines, expected one a name");
	yaml_close(file);
}

/* `count` times `open`, "x", `count` times `close`. */
static char *
nested(const char *open, const char *close, size_t count)
{
	size_t cap = 5 + count * (strlen(open) + strlen(close)) + 2;
	char *text = calloc(1, cap);
	size_t len = 4;

	assert_non_null(text);
	memcpy(text, "id: ", 4);
	for (size_t i = 0; i < count; i++, len += strlen(open)) {
		memcpy(text + len, open, strlen(open));
	}
	text[len++] = 'x';
	for (size_t i = 0; i < count; i++, len += strlen(close)) {
		memcpy(text + len, close, strlen(close));
	}
	return text;
}

static void
test_bombs(void **state)
{
	static char large[YAML_FILE_BYTES_MAX + 1];
	char *deep = nested("[", "]", 200000);
	char *maps = nested("{a: ", "}", 100);
	char *wide;

	(void)state;
	assert_int_equal(load(deep, strlen(deep)), ERR_FORMAT);
	assert_string_equal(all_remarks(), "f:1: too many levels, expected at most 32");
	assert_int_equal(load(maps, strlen(maps)), ERR_FORMAT);
	assert_string_equal(all_remarks(), "f:1: too many levels, expected at most 32");
	free(deep);
	free(maps);
	wide = calloc(1, 400000);
	assert_non_null(wide);
	memcpy(wide, "id: [", 5);
	for (size_t i = 5; i < 300000; i++) {
		wide[i] = i % 2 == 0 ? ',' : 'a';
	}
	assert_int_equal(load(wide, strlen(wide)), ERR_FORMAT);
	assert_string_equal(
	    all_remarks(), "f:1: too many values, expected at most 65536");
	free(wide);
	memset(large, 'a', sizeof(large));
	assert_int_equal(load(large, sizeof(large)), ERR_LIMIT);
	assert_string_equal(all_remarks(), "f: is too large, expected at most 1 MiB");
	memset(large, '\n', sizeof(large));
	assert_int_equal(load(large, sizeof(large) - 1), ERR_FORMAT);
}

/* More wrong than there is room to say: counted, and the list stays sorted. */
static void
test_many_wrong(void **state)
{
	char *text = calloc(1, 8192);
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 300; i++) {
		len += (size_t)snprintf(text + len, 8192 - len, "k%zu: v\n", i);
	}
	assert_int_equal(load(text, len), ERR_FORMAT);
	assert_int_equal(remarks.len, REMARKS_MAX);
	assert_int_equal(remarks.errors, 301);
	for (size_t i = 1; i < remarks.len; i++) {
		assert_true(remarks.remark[i - 1].line <= remarks.remark[i].line);
	}
	free(text);
}

/* Every prefix of a good file: an error with a remark, or a shorter good file. */
static void
test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(good); len++) {
		(void)load(good, len);
	}
}

static void
expect_open(const char *path, enum err expected, const char *text)
{
	struct yaml_file *file = NULL;

	remarks_init(&remarks);
	assert_int_equal(yaml_open(path, &file, &remarks), expected);
	assert_null(file);
	assert_string_equal(all_remarks(), text);
}

static void
test_files(void **state)
{
	static char large[YAML_FILE_BYTES_MAX + 1];
	struct yaml_file *file = NULL;

	(void)state;
	scratch_write("f", good, strlen(good));
	remarks_init(&remarks);
	assert_int_equal(yaml_open("f", &file, &remarks), ERR_OK);
	assert_string_equal(yaml_path(file), "f");
	yaml_close(file);
	yaml_close(NULL);
	expect_open("none", ERR_NOTFOUND, "none: is not there, expected a YAML file");
	expect_open("f/f", ERR_NOTFOUND, "f/f: is not there, expected a YAML file");
	expect_open(".", ERR_IO, ".: is not a regular file, expected a YAML file");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	expect_open(
	    "pipe", ERR_IO, "pipe: is not a regular file, expected a YAML file");
	memset(large, '#', sizeof(large));
	scratch_write("f", large, sizeof(large));
	expect_open("f", ERR_LIMIT, "f: is too large, expected at most 1 MiB");
	scratch_write("f", "", 0);
	expect_open("f", ERR_FORMAT, "f: is empty, expected `name: value` lines");
	assert_int_equal(unlink("pipe"), 0);
	assert_int_equal(unlink("f"), 0);
}

/* A remark cannot forge a line, is cut at a character, and an error finds room. */
static void
test_remarks(void **state)
{
	char wide[600];

	(void)state;
	remarks_init(&remarks);
	assert_string_equal(remarks_first(&remarks), "");
	remarks_add(&remarks, SEVERITY_WARNING, "f", 3, "a\nb\x1b[1m%s", "\r");
	assert_string_equal(remarks_first(&remarks), "f:3: a?b?[1m?");
	assert_true(remarks_ok(&remarks));
	for (size_t i = 0; i + 1 < sizeof(wide); i += 2) {
		memcpy(wide + i, "\xc3\xa4", 2);
	}
	wide[sizeof(wide) - 1] = '\0';
	remarks_add(&remarks, SEVERITY_WARNING, "f", 2, "%s", wide);
	const char *cut = remarks.remark[0].text;
	assert_int_equal(cut[strlen(cut) - 1] & 0xff, 0xa4);
	for (size_t i = 0; i < REMARKS_MAX; i++) {
		remarks_add(&remarks, SEVERITY_WARNING, "f", 9, "w");
	}
	remarks_add(&remarks, SEVERITY_ERROR, "f", 0, "e");
	assert_int_equal(remarks.len, REMARKS_MAX);
	assert_string_equal(remarks_first(&remarks), "f: e");
	assert_false(remarks_ok(&remarks));
	assert_int_equal(remarks.warnings, REMARKS_MAX + 2);
	assert_string_equal(remarks_severity_name(SEVERITY_ERROR), "error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_locate),
	    cmocka_unit_test(test_pairs),
	    cmocka_unit_test(test_bombs),
	    cmocka_unit_test(test_many_wrong),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_remarks),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}

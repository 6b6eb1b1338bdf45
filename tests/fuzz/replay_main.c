/* replay_main - runs a fuzz target over the files of its corpus, without libFuzzer
 *
 * So that every ordinary build replays what fuzzing has found. Arguments are files or
 * folders; an unreadable one is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_BYTES_MAX ((size_t)4 << 20)

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path, uint8_t *bytes)
{
	FILE *file = fopen(path, "rb");
	size_t len;
	int failed;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	len = fread(bytes, 1, REPLAY_BYTES_MAX, file);
	failed = ferror(file) != 0 ? 1 : 0;
	if (fclose(file) != 0 || failed != 0) {
		perror(path);
		return 1;
	}
	(void)printf("%s %zu\n", path, len);
	/* in a block of its own size, where one byte too far is noticed */
	uint8_t *exact = malloc(len > 0 ? len : 1);
	if (exact == NULL) {
		perror(path);
		return 1;
	}
	memcpy(exact, bytes, len);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

static int
replay_folder(DIR *folder, const char *path, uint8_t *bytes)
{
	const struct dirent *entry;
	int failed = 0;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((entry = readdir(folder)) != NULL) {
		char name[1024];

		if (entry->d_name[0] == '.') {
			continue;
		}
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		failed |= replay_file(name, bytes);
	}
	return failed;
}

int
main(int argc, char **argv)
{
	uint8_t *bytes = malloc(REPLAY_BYTES_MAX);
	int failed = argc < 2 || bytes == NULL ? 1 : 0;

	for (int i = 1; i < argc && bytes != NULL; i++) {
		DIR *folder = opendir(argv[i]);

		if (folder == NULL) {
			failed |= replay_file(argv[i], bytes);
			continue;
		}
		failed |= replay_folder(folder, argv[i], bytes);
		(void)closedir(folder);
	}
	free(bytes);
	return failed;
}

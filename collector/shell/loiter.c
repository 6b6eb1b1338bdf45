#include "collector/shell/loiter.h"

#include "common/shell/clock_sys.h"
#include "common/shell/log.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LOCALS = 8,
	LOOK_S = 2 /* between two looks */
};

/* Both ends: what names a connection while it lives. No padding: compared as bytes. */
struct ends {
	struct loiter_end remote;
	struct loiter_end local;
};

_Static_assert(sizeof(struct ends) == 36, "compared as bytes");

struct caller {
	struct ends ends;
	uint32_t pipe;
};

struct suspect {
	struct ends ends;
	uint64_t inode;
	struct mono first_at;
};

struct loiter {
	struct suspect *suspect; /* sorted; of the thread alone */
	size_t suspect_len;
	bool has_thread;
	pthread_t thread;
	pthread_cond_t cond;
	pthread_mutex_t mutex; /* guards what follows */
	struct loiter_end local[LOCALS];
	size_t local_len;
	bool is_over;
	struct caller *caller; /* [caller_max], the pipes */
	size_t caller_len;
	size_t caller_max;
};

struct loiter_end
loiter_end_of(unsigned version, const void *bytes, uint16_t port)
{
	struct loiter_end end = {.port = ntohs(port)};

	if (version == 4) {
		end.address[10] = 0xff;
		end.address[11] = 0xff;
		memcpy(end.address + 12, bytes, 4);
	} else {
		memcpy(end.address, bytes, 16);
	}
	return end;
}

void
loiter_arrived(struct loiter *loiter, uint32_t pipe, const struct loiter_end *remote,
    const struct loiter_end *local)
{
	(void)pthread_mutex_lock(&loiter->mutex);
	if (loiter->caller_len < loiter->caller_max) {
		loiter->caller[loiter->caller_len++] =
		    (struct caller){{*remote, *local}, pipe};
	}
	(void)pthread_mutex_unlock(&loiter->mutex);
}

void
loiter_left(struct loiter *loiter, uint32_t pipe)
{
	(void)pthread_mutex_lock(&loiter->mutex);
	for (size_t i = 0; i < loiter->caller_len; i++) {
		if (loiter->caller[i].pipe == pipe) {
			loiter->caller[i] = loiter->caller[--loiter->caller_len];
			break;
		}
	}
	(void)pthread_mutex_unlock(&loiter->mutex);
}

/* ---- looking ---- */

static int
compare_ends(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ends));
}

static bool
read_end(const struct sockaddr_storage *at, struct loiter_end *out)
{
	if (at->ss_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, at, sizeof(v4));
		*out = loiter_end_of(4, &v4.sin_addr, v4.sin_port);
		return true;
	}
	if (at->ss_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, at, sizeof(v6));
		*out = loiter_end_of(6, &v6.sin6_addr, v6.sin6_port);
		return true;
	}
	return false;
}

/* True when the file is a socket that was connected at this end. */
static bool
local_of(int fd, struct loiter_end *out)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && read_end(&at, out);
}

static bool
remote_of(int fd, struct loiter_end *out)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);

	return getpeername(fd, (struct sockaddr *)&at, &len) == 0 && read_end(&at, out);
}

struct look {
	const struct loiter *loiter;
	struct loiter_end local[LOCALS];
	size_t local_len;
	const struct ends *caller;
	size_t caller_len;
	struct suspect *suspect;
	size_t len;
	struct mono now;
	unsigned ended;
};

static bool
is_ours(const struct look *look, const struct loiter_end *end)
{
	static const unsigned char any[2][16] = {{0}, {[10] = 0xff, [11] = 0xff}};

	for (size_t i = 0; i < look->local_len; i++) {
		const struct loiter_end *local = &look->local[i];

		if (local->port == end->port &&
		    (memcmp(local->address, end->address, 16) == 0 ||
			memcmp(local->address, any[0], 16) == 0 ||
			memcmp(local->address, any[1], 16) == 0)) {
			return true;
		}
	}
	return false;
}

/* Where we listen, and what the pipes are as the look begins, sorted; NULL without memory. */
static struct ends *
copy_callers(struct loiter *loiter, struct look *look)
{
	struct ends *ends;

	(void)pthread_mutex_lock(&loiter->mutex);
	memcpy(look->local, loiter->local, sizeof(look->local));
	look->local_len = loiter->local_len;
	look->caller_len = loiter->caller_len;
	ends = malloc((loiter->caller_len + 1) * sizeof(*ends));
	for (size_t i = 0; ends != NULL && i < loiter->caller_len; i++) {
		ends[i] = loiter->caller[i].ends;
	}
	(void)pthread_mutex_unlock(&loiter->mutex);
	if (ends != NULL) {
		qsort(ends, look->caller_len, sizeof(*ends), compare_ends);
	}
	return ends;
}

static struct mono
first_seen(const struct loiter *loiter, const struct suspect *suspect)
{
	const struct suspect *before = bsearch(suspect, loiter->suspect,
	    loiter->suspect_len, sizeof(*suspect), compare_ends);

	return before != NULL && before->inode == suspect->inode ? before->first_at
								 : suspect->first_at;
}

/* `fd` is a number of ours alone. */
static void
look_at(struct look *look, int fd)
{
	struct suspect *suspect = &look->suspect[look->len];
	struct stat stat;

	memset(suspect, 0, sizeof(*suspect));
	if (!local_of(fd, &suspect->ends.local) ||
	    !is_ours(look, &suspect->ends.local) ||
	    !remote_of(fd, &suspect->ends.remote) || fstat(fd, &stat) != 0 ||
	    bsearch(&suspect->ends, look->caller, look->caller_len,
		sizeof(*look->caller), compare_ends) != NULL) {
		return; /* not accepted by us, over by now, or a pipe */
	}
	suspect->inode = stat.st_ino;
	suspect->first_at = look->now;
	suspect->first_at = first_seen(look->loiter, suspect);
	if (mono_since(look->now, suspect->first_at) >= LOITER_NS) {
		(void)shutdown(fd, SHUT_RDWR);
		look->ended++;
		return;
	}
	look->len++;
}

/* The number in /proc, or -1. */
static int
number_of(const struct dirent *entry)
{
	char *end;
	long number = strtol(entry->d_name, &end, 10);

	return end == entry->d_name || *end != '\0' ? -1 : (int)number;
}

static void
look_through(struct look *look, DIR *folder, size_t max)
{
	const struct dirent *entry;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's alone */
	while (look->len < max && (entry = readdir(folder)) != NULL) {
		struct loiter_end end;
		int fd = number_of(entry);
		int own;

		if (fd < 0 || !local_of(fd, &end) || !is_ours(look, &end)) {
			continue;
		}
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (own >= 0) {
			look_at(look, own);
			(void)close(own);
		}
	}
}

static void
look(struct loiter *loiter)
{
	struct look look = {.loiter = loiter, .now = clock_sys_now().mono};
	struct ends *caller = copy_callers(loiter, &look);
	DIR *folder = opendir("/proc/self/fd");

	look.caller = caller;
	look.suspect = calloc(loiter->caller_max, sizeof(*look.suspect));
	if (caller != NULL && folder != NULL && look.suspect != NULL) {
		look_through(&look, folder, loiter->caller_max);
		qsort(look.suspect, look.len, sizeof(*look.suspect), compare_ends);
		free(loiter->suspect);
		loiter->suspect = look.suspect;
		loiter->suspect_len = look.len;
	} else {
		free(
		    look.suspect); /* no memory, or no file: the next look may have it */
	}
	free(caller);
	if (folder != NULL) {
		(void)closedir(folder);
	}
	if (look.ended > 0) {
		log_warn("listener.ended",
		    "n=%u (connections that stopped before they said who they are)",
		    look.ended);
	}
}

static void *
look_on(void *argument)
{
	struct loiter *loiter = argument;

	(void)pthread_mutex_lock(&loiter->mutex);
	while (!loiter->is_over) {
		struct timespec until;

		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += LOOK_S;
		if (pthread_cond_timedwait(&loiter->cond, &loiter->mutex, &until) !=
		    ETIMEDOUT) {
			continue;
		}
		(void)pthread_mutex_unlock(&loiter->mutex);
		look(loiter);
		(void)pthread_mutex_lock(&loiter->mutex);
	}
	(void)pthread_mutex_unlock(&loiter->mutex);
	return NULL;
}

/* ---- life ---- */

static bool
open_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;
	bool done;

	if (pthread_condattr_init(&attributes) != 0) {
		return false;
	}
	done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	       pthread_cond_init(cond, &attributes) == 0;
	(void)pthread_condattr_destroy(&attributes);
	return done;
}

static bool
open_locks(struct loiter *loiter)
{
	if (!open_cond(&loiter->cond)) {
		return false;
	}
	if (pthread_mutex_init(&loiter->mutex, NULL) != 0) {
		(void)pthread_cond_destroy(&loiter->cond);
		return false;
	}
	return true;
}

static void
close_all(struct loiter *loiter)
{
	(void)pthread_mutex_destroy(&loiter->mutex);
	(void)pthread_cond_destroy(&loiter->cond);
	free(loiter->caller);
	free(loiter->suspect);
	free(loiter);
}

enum err
loiter_new(uint32_t max, struct loiter **out)
{
	struct loiter *loiter = calloc(1, sizeof(*loiter));

	if (loiter == NULL) {
		return ERR_NOMEM;
	}
	loiter->caller_max = max;
	loiter->caller = calloc(max, sizeof(*loiter->caller));
	loiter->suspect = calloc(1, sizeof(*loiter->suspect));
	if (loiter->caller == NULL || loiter->suspect == NULL || !open_locks(loiter)) {
		free(loiter->caller);
		free(loiter->suspect);
		free(loiter);
		return ERR_NOMEM;
	}
	*out = loiter;
	return ERR_OK;
}

enum err
loiter_watch(struct loiter *loiter, const struct loiter_end *local)
{
	enum err err = ERR_LIMIT;

	(void)pthread_mutex_lock(&loiter->mutex);
	if (loiter->local_len < LOCALS) {
		loiter->local[loiter->local_len++] = *local;
		err = ERR_OK;
	}
	if (err == ERR_OK && !loiter->has_thread) {
		loiter->has_thread =
		    pthread_create(&loiter->thread, NULL, look_on, loiter) == 0;
		err = loiter->has_thread ? ERR_OK : ERR_NOMEM;
	}
	(void)pthread_mutex_unlock(&loiter->mutex);
	return err;
}

void
loiter_free(struct loiter *loiter)
{
	if (loiter == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&loiter->mutex);
	loiter->is_over = true;
	(void)pthread_cond_signal(&loiter->cond);
	(void)pthread_mutex_unlock(&loiter->mutex);
	if (loiter->has_thread) {
		(void)pthread_join(loiter->thread, NULL);
	}
	close_all(loiter);
}

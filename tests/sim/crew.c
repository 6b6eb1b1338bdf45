#include "tests/sim/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKERS_MAX = 64
};

/* The configuration of the scenario that was played last, for its next seed. */
static struct {
	const struct crew_scenario *scenario;
	enum plant_policy policy;
	struct plant plant;
} kept;

static void
drop_kept(void)
{
	if (kept.scenario != NULL) {
		plant_close(&kept.plant);
		kept.scenario = NULL;
	}
}

static bool
play_one(const struct crew_job *job, struct score *out)
{
	struct play_order order = {.seed = job->seed,
	    .is_mismatch = job->is_mismatch,
	    .is_terse = job->is_terse,
	    .transcript = job->transcript};
	struct play *play;
	char error[SCEN_ERROR];

	if (kept.scenario != job->scenario || kept.policy != job->policy) {
		drop_kept();
		if (!plant_open(
			&kept.plant, &job->scenario->scen, job->policy, error)) {
			(void)fprintf(stderr, "parallax-sim: %s: %s\n",
			    job->scenario->name, error);
			return false;
		}
		kept.scenario = job->scenario;
		kept.policy = job->policy;
	}
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->scenario, sizeof(out->scenario), "%s", job->scenario->name);
	out->seed = job->seed;
	out->policy = job->policy;
	out->is_mismatch = job->is_mismatch;
	play = play_run(&kept.plant, &order);
	score_play(play, job->scenario->bound_s, out);
	play_free(play);
	return true;
}

static bool
write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR) {
			return false;
		}
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool
read_all(int fd, void *data, size_t len)
{
	char *at = data;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n == 0 || (n < 0 && errno != EINTR)) {
			return false;
		}
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static void __attribute__((noreturn))
work(const struct crew_job *job, size_t len, unsigned first, unsigned step, int fd)
{
	bool is_good = true;

	for (size_t i = first; i < len && is_good; i += step) {
		struct score score;

		is_good =
		    play_one(&job[i], &score) && write_all(fd, &score, sizeof(score));
	}
	drop_kept();
	_exit(is_good ? 0 : 1);
}

static bool
play_here(const struct crew_job *job, size_t len,
    void (*take)(void *context, const struct score *score), void *context)
{
	bool is_good = true;

	for (size_t i = 0; i < len && is_good; i++) {
		struct score score;

		is_good = play_one(&job[i], &score);
		if (is_good) {
			take(context, &score);
		}
	}
	drop_kept();
	return is_good;
}

/* Starts them; returns how many there are. */
static unsigned
hire(const struct crew_job *job, size_t len, unsigned workers, int *fd, pid_t *pid)
{
	for (unsigned i = 0; i < workers; i++) {
		int ends[2];

		if (pipe(ends) != 0) {
			return i;
		}
		(void)fflush(NULL);
		pid[i] = fork();
		if (pid[i] == 0) {
			(void)close(ends[0]);
			work(job, len, i, workers, ends[1]);
		}
		(void)close(ends[1]);
		fd[i] = ends[0];
		if (pid[i] < 0) {
			(void)close(ends[0]);
			return i;
		}
	}
	return workers;
}

bool
crew_play(const struct crew_job *job, size_t len, unsigned workers,
    void (*take)(void *context, const struct score *score), void *context)
{
	int fd[WORKERS_MAX];
	pid_t pid[WORKERS_MAX];
	unsigned hired;
	bool is_good;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	if (workers <= 1 || len < 2) {
		return play_here(job, len, take, context);
	}
	hired = hire(job, len, workers, fd, pid);
	is_good = hired == workers;
	for (size_t i = 0; i < len && is_good; i++) {
		struct score score;

		is_good = read_all(fd[i % workers], &score, sizeof(score));
		if (is_good) {
			take(context, &score);
		}
	}
	for (unsigned i = 0; i < hired; i++) {
		int status;

		(void)close(fd[i]);
		(void)waitpid(pid[i], &status, 0);
	}
	if (!is_good) {
		(void)fprintf(stderr, "parallax-sim: a worker ended too early\n");
	}
	return is_good;
}

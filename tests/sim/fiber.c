#include "tests/sim/fiber.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#ifdef HAS_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

enum {
	STACK_BYTES = 4 << 20 /* touched as far as it is used */
};

struct fiber {
	ucontext_t inside;
	ucontext_t outside;
	jmp_buf base; /* where a killed one ends */
	void (*run)(void *argument);
	void *argument;
	void *stack;
	bool is_killed;
	bool has_ended;
	void *shadow_inside; /* AddressSanitizer's */
	void *shadow_outside;
	const void *outside_bottom;
	size_t outside_bytes;
};

static struct fiber *running;

#ifdef HAS_ASAN
static void
leave_begins(void **shadow, const void *bottom, size_t bytes)
{
	__sanitizer_start_switch_fiber(shadow, bottom, bytes);
}

static void
leave_ends(void *shadow, const void **bottom, size_t *bytes)
{
	__sanitizer_finish_switch_fiber(shadow, bottom, bytes);
}

/* What a dead process had is lost, as it is meant to be. */
static void
ignore_leaks(bool yes)
{
	if (yes) {
		__lsan_disable();
	} else {
		__lsan_enable();
	}
}
#else
static void
leave_begins(void **shadow, const void *bottom, size_t bytes)
{
	(void)shadow;
	(void)bottom;
	(void)bytes;
}

static void
leave_ends(void *shadow, const void **bottom, size_t *bytes)
{
	(void)shadow;
	(void)bottom;
	(void)bytes;
}

static void
ignore_leaks(bool yes)
{
	(void)yes;
}
#endif

static void
go_outside(struct fiber *fiber, bool for_good)
{
	leave_begins(for_good ? NULL : &fiber->shadow_inside, fiber->outside_bottom,
	    fiber->outside_bytes);
	if (swapcontext(&fiber->inside, &fiber->outside) != 0) {
		abort();
	}
	leave_ends(fiber->shadow_inside, &fiber->outside_bottom, &fiber->outside_bytes);
}

static void
begin(void)
{
	struct fiber *fiber = running;

	leave_ends(NULL, &fiber->outside_bottom, &fiber->outside_bytes);
	if (setjmp(fiber->base) ==
	    0) { /* NOLINT(cert-err52-c): a death has no return */
		fiber->run(fiber->argument);
	}
	fiber->has_ended = true;
	go_outside(fiber, true);
	abort(); /* nobody resumes what has ended */
}

struct fiber *
fiber_new(void (*run)(void *argument), void *argument)
{
	struct fiber *fiber = calloc(1, sizeof(*fiber));

	if (fiber == NULL) {
		abort();
	}
	fiber->run = run;
	fiber->argument = argument;
	fiber->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fiber->stack == MAP_FAILED || getcontext(&fiber->inside) != 0) {
		abort();
	}
	fiber->inside.uc_stack.ss_sp = fiber->stack;
	fiber->inside.uc_stack.ss_size = STACK_BYTES;
	makecontext(&fiber->inside, begin, 0);
	return fiber;
}

bool
fiber_resume(struct fiber *fiber)
{
	running = fiber;
	ignore_leaks(true);
	leave_begins(&fiber->shadow_outside, fiber->stack, STACK_BYTES);
	if (swapcontext(&fiber->outside, &fiber->inside) != 0) {
		abort();
	}
	leave_ends(fiber->shadow_outside, NULL, NULL);
	ignore_leaks(false);
	running = NULL;
	return fiber->has_ended;
}

void
fiber_wait(void)
{
	struct fiber *fiber = running;

	go_outside(fiber, false);
	if (fiber->is_killed) {
		longjmp(fiber->base, 1); /* NOLINT(cert-err52-c) */
	}
}

void
fiber_kill(struct fiber *fiber)
{
	fiber->is_killed = true;
	if (running == fiber) {
		longjmp(fiber->base, 1); /* NOLINT(cert-err52-c) */
	}
	if (!fiber->has_ended && !fiber_resume(fiber)) {
		abort();
	}
}

void
fiber_free(struct fiber *fiber)
{
	(void)munmap(fiber->stack, STACK_BYTES);
	free(fiber);
}

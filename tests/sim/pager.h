/* pager - whoever is told of incidents
 * Room: tests/sim. Takes the place of collector/shell/notify.c, and implements notify.h.
 *
 * A message may arrive and its answer be lost; it may be refused, or lost; after the
 * sender's death it may arrive all the same. What arrives is judged at once: never two
 * different messages that say that the same thing begins. */
#ifndef TESTS_SIM_PAGER_H
#define TESTS_SIM_PAGER_H

#include <stdbool.h>
#include <stdint.h>

void pager_begin(void);
void pager_end(void);

/* How many of a hundred attempts go wrong. */
void pager_set_fault(unsigned percent);

/* A collector begins: what the one before it was told may be forgotten. */
void pager_sender_began(void);

/* The machine has on its disk that the receiver has this message. */
void pager_settled(uint64_t row);

/* At the end: whoever was told of an incident that is over knows that it is. */
void pager_check_end(bool (*is_open)(uint64_t incident));

/* Attempts, messages that arrived, repeats among them. */
struct pager_counts {
	uint64_t attempts;
	uint64_t arrived;
	uint64_t repeated;
};
struct pager_counts pager_counts(void);

#endif
